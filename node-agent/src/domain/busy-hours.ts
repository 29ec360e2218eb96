import { reason, type Reason } from "@fizz/protocol/scores";
import { type BusyTime } from "./calendar.ts";
import { type LeaseRecord } from "./lease-record.ts";

const MS = 1_000;
/** A notice is given this much earlier than it must be: blocks take their time. In seconds. */
const NOTICE_MARGIN_SECONDS = 60;

export interface BusyRules {
  /** Present or next; undefined when there is none. */
  readonly busy: BusyTime | undefined;
  /** Whether the node takes its machine back when the owner needs it. */
  readonly reclaims: boolean;
  readonly startWindowSeconds: number;
  readonly noticeSeconds: number;
}

/**
 * Why an order is not taken because of the owner's own hours: while they last, and when the lease would run into them
 * and could not be ended in time by a notice.
 *
 * @param now Unix milliseconds.
 */
export function busyRefusal(
  { durationSeconds, isUpdate }: { readonly durationSeconds: number; readonly isUpdate: boolean },
  { busy, reclaims, startWindowSeconds, noticeSeconds }: BusyRules,
  now: number,
): Reason | undefined {
  if (busy === undefined || isUpdate) return undefined;
  const showTime = (time: number): string => new Date(time).toISOString().replace(":00.000Z", "Z");
  const left = Math.floor((busy.from - now) / MS);
  const compared = (needs: number) => ({ needs, has: Math.max(0, left), unit: "seconds" });
  if (left <= 0)
    return reason(
      "node.busy_hours",
      `the owner needs the machine until ${showTime(busy.to)}`,
      compared(durationSeconds),
    );
  const whole = startWindowSeconds + durationSeconds;
  if (whole <= left) return undefined;
  const notice = startWindowSeconds + noticeSeconds + NOTICE_MARGIN_SECONDS;
  if (reclaims && notice <= left) return undefined;
  const needs = reclaims ? Math.min(whole, notice) : whole;
  const message = `the owner needs the machine from ${showTime(busy.from)}: there are ${left} s, the lease needs ${needs}`;
  return reason("node.busy_hours", message, compared(needs));
}

export type ReclaimStep =
  | { readonly type: "notice"; readonly lease: LeaseRecord }
  | { readonly type: "close"; readonly lease: LeaseRecord };

/**
 * Which leases get notice, so that it is over when the owner needs the machine, and which have had theirs.
 *
 * @param now Unix milliseconds of this machine.
 * @param chainTime Unix seconds of the head block.
 */
export function reclaimSteps(
  leases: readonly LeaseRecord[],
  busy: BusyTime | undefined,
  { now, chainTime }: { readonly now: number; readonly chainTime: number },
): ReclaimStep[] {
  return leases.flatMap((lease): ReclaimStep[] => {
    if (lease.state === "reclaiming")
      return lease.deadline > 0 && chainTime >= lease.deadline ? [{ type: "close", lease }] : [];
    if (lease.state !== "active" || busy === undefined) return [];
    const isDue = now >= busy.from - (lease.noticeSeconds + NOTICE_MARGIN_SECONDS) * MS;
    return isDue && lease.paidUntil * MS > Math.max(busy.from, now) ? [{ type: "notice", lease }] : [];
  });
}
