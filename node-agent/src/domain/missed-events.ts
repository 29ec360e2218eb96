import { type LeaseEvent, type LeaseEventCode } from "@fizz/protocol/messages";
import { type LeaseRecord } from "./lease-record.ts";
import { type ObservedContainer } from "./observed.ts";

/** An outcome that a crash, or an answer that got lost, kept out of the journal. */
export interface MissedEvent {
  readonly code: Extract<
    LeaseEventCode,
    "container.created" | "container.started" | "lease.confirmed" | "deployment.started" | "update.applied"
  >;
  /** Set for what concerns one container. */
  readonly container?: ObservedContainer;
}

/**
 * What has happened, by the facts, and was never told: a step is told before it is tried and again when it is done, and
 * an agent may end in between. Events that a full journal has dropped count as told.
 *
 * @param events Of one lease, oldest first, as the journal keeps them.
 */
export function missedEvents(
  events: readonly LeaseEvent[],
  facts: { readonly head: LeaseRecord | undefined; readonly containers: readonly ObservedContainer[] },
): MissedEvent[] {
  const { head, containers } = facts;
  const missed: MissedEvent[] = containers.flatMap((container) => missedOf(events, container));
  if (head?.state !== "active" && head?.state !== "reclaiming") return missed;
  const isConfirmed = openAttempt(events, "network.applied", ["lease.confirmed"]) === undefined;
  if (!isConfirmed) missed.push({ code: "lease.confirmed" });
  if (!isConfirmed || openAttempt(events, "lease.confirmed", ["deployment.started"]) !== undefined)
    missed.push({ code: "deployment.started" });
  if (isUpdated(events, head.version)) missed.push({ code: "update.applied" });
  return missed;
}

/** One of another version may have the same place, and has been up since before the attempt. */
function missedOf(events: readonly LeaseEvent[], container: ObservedContainer): MissedEvent[] {
  const { service, replica, startedAt, sandbox } = container;
  if (sandbox === "alone") return [];
  const own = events.filter((event) => event.service === service && event.replica === replica);
  const made = openAttempt(own, "container.creating", ["container.created"]);
  const started = openAttempt(own, "container.starting", ["container.started", "container.failed"]);
  const missed: MissedEvent[] = [];
  if (made !== undefined && (startedAt ?? made.at) >= made.at)
    missed.push({ code: "container.created", container });
  if (started !== undefined && startedAt !== null && startedAt >= started.at)
    missed.push({ code: "container.started", container });
  return missed;
}

/** The last attempt, while none of its outcomes is told. */
function openAttempt(
  events: readonly LeaseEvent[],
  attempt: LeaseEventCode,
  outcomes: readonly LeaseEventCode[],
): LeaseEvent | undefined {
  const ends: readonly string[] = outcomes;
  const last = events.findLast(({ code }) => code === attempt || ends.includes(code));
  return last?.code === attempt ? last : undefined;
}

function isUpdated(events: readonly LeaseEvent[], version: number): boolean {
  const has = (code: LeaseEventCode): boolean =>
    events.some((event) => event.code === code && event.data?.["version"] === version);
  return has("update.requested") && !has("update.applied");
}
