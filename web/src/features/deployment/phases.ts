import type { DeploymentStatus, LeaseEvent } from "@fizz/protocol/messages";
import { count } from "../../format/format.ts";
import type { LeaseHistory } from "../lease/read-lease-history.ts";
import type { LeaseRecord } from "../lease/lease-record.ts";
import type { LeaseView } from "../lease/read-lease.ts";

export type PhaseId = "transaction" | "lease" | "manifest" | "image" | "container" | "confirmed" | "serving";
export type PhaseState = "waiting" | "running" | "done" | "failed" | "skipped";

/** One step on the way from a wallet's click to a service that answers. */
export interface Phase {
  readonly id: PhaseId;
  readonly title: string;
  readonly state: PhaseState;
  /** Unix milliseconds at which it was done, or failed; undefined when nobody here knows. */
  readonly at: number | undefined;
  readonly detail: string | undefined;
  /** Percent, while something is pulled. */
  readonly percent: number | undefined;
}

export interface PhaseInput {
  readonly record: LeaseRecord | undefined;
  readonly lease: LeaseView | undefined;
  readonly history: LeaseHistory | undefined;
  readonly events: readonly LeaseEvent[];
  readonly status: DeploymentStatus | undefined;
}

interface Finding {
  readonly state: "running" | "done" | "failed" | undefined;
  readonly at?: number | undefined;
  readonly detail?: string | undefined;
  readonly percent?: number | undefined;
}

const titles: Readonly<Record<PhaseId, string>> = {
  transaction: "Transaction sent",
  lease: "Lease on chain",
  manifest: "Manifest accepted",
  image: "Image on the node",
  container: "Containers started",
  confirmed: "Confirmed on chain",
  serving: "Serving",
};
const order = Object.keys(titles) as readonly PhaseId[];

/**
 * Where a deployment is. Chain, node and this browser each know a part; what a later phase proves about an earlier
 * one counts, so that another browser sees the same phases without the times that only this one knows.
 */
export function phasesOf(input: PhaseInput): Phase[] {
  const findings: Readonly<Record<PhaseId, Finding>> = {
    transaction: transactionOf(input),
    lease: { state: input.lease === undefined ? undefined : "done", at: input.history?.openedAt },
    manifest: manifestOf(input),
    image: imageOf(input),
    container: containerOf(input),
    confirmed: confirmedOf(input),
    serving: servingOf(input),
  };
  // Whatever a later phase has come to proves those before it.
  const latest = order.findLastIndex((id) => findings[id].state !== undefined);
  const isOver = input.lease?.state === "closed";
  const settled = order.map((id, index) => settle(findings[id], index < latest));
  const current = settled.findIndex((state) => state !== "done");
  return order.map((id, index) => {
    const state = settled[index] ?? (isOver ? "skipped" : index === current ? "running" : "waiting");
    const { at, detail, percent } = findings[id];
    return { id, title: titles[id], state, at, detail, percent: state === "running" ? percent : undefined };
  });
}

/** What a phase has come to; undefined while it is still to come. */
function settle({ state }: Finding, isProven: boolean): "done" | "failed" | undefined {
  if (state === "done" || state === "failed") return state;
  return isProven ? "done" : undefined;
}

/** Whether everything that was asked for runs. */
export function isServing(phases: readonly Phase[]): boolean {
  return phases.at(-1)?.state === "done";
}

function transactionOf({ record, lease, history }: PhaseInput): Finding {
  const at = record?.submittedAt ?? history?.openedAt;
  return { state: lease !== undefined || record?.transactionHash !== undefined ? "done" : undefined, at };
}

function manifestOf({ record, events }: PhaseInput): Finding {
  const refused = lastOf(events, ["manifest.refused"]);
  const accepted = firstOf(events, ["manifest.accepted"]);
  if (accepted !== undefined) return { state: "done", at: accepted.at };
  if (refused !== undefined) return { state: "failed", at: refused.at, detail: refused.message };
  return { state: record?.deliveredAt === undefined ? undefined : "done", at: record?.deliveredAt };
}

function imageOf({ events }: PhaseInput): Finding {
  const last = lastOf(events, [
    "image.pull.started",
    "image.pull.progress",
    "image.pulled",
    "image.pull.failed",
  ]);
  if (last === undefined) return { state: undefined };
  const { at, message } = last;
  if (last.code === "image.pulled") return { state: "done", at };
  if (last.code === "image.pull.failed") return { state: "failed", at, detail: message };
  return { state: "running", detail: message, percent: percentOf(last) };
}

function containerOf({ events }: PhaseInput): Finding {
  const codes = [
    "container.creating",
    "container.created",
    "container.starting",
    "container.started",
    "container.failed",
  ];
  const last = lastOf(events, codes);
  if (last === undefined) return { state: undefined };
  if (last.code === "container.started") return { state: "done", at: last.at };
  if (last.code === "container.failed") return { state: "failed", at: last.at, detail: last.message };
  return { state: "running", detail: last.message };
}

function confirmedOf({ lease, history }: PhaseInput): Finding {
  const isStarted =
    history?.startedAt !== undefined || lease?.state === "active" || lease?.state === "reclaiming";
  return { state: isStarted ? "done" : undefined, at: history?.startedAt };
}

function servingOf({ lease, status, events }: PhaseInput): Finding {
  if (status === undefined || lease === undefined || lease.state === "closed") return { state: undefined };
  const { ready, total } = status.replicas;
  const detail = `${ready} of ${count(total, "replica")} ready`;
  if (total === 0 || ready < total) return { state: undefined, detail };
  return { state: "done", at: lastOf(events, ["deployment.started", "doors.opened"])?.at, detail };
}

function firstOf(events: readonly LeaseEvent[], codes: readonly string[]): LeaseEvent | undefined {
  return events.find(({ code }) => codes.includes(code));
}

function lastOf(events: readonly LeaseEvent[], codes: readonly string[]): LeaseEvent | undefined {
  return events.findLast(({ code }) => codes.includes(code));
}

/** Either the percentage itself, or what is there of the whole. */
function percentOf({ data }: LeaseEvent): number | undefined {
  const { percent, current, total } = data ?? {};
  const value =
    typeof percent === "number"
      ? percent
      : typeof current === "number" && typeof total === "number" && total > 0
        ? (current / total) * 100
        : undefined;
  return value === undefined || !Number.isFinite(value)
    ? undefined
    : Math.min(100, Math.max(0, Math.round(value)));
}
