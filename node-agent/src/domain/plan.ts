import { type CloseReason } from "@fizz/protocol/reasons";
import { type Hex } from "viem";
import { type LeaseRecord } from "./lease-record.ts";
import { type ObservedContainer } from "./observed.ts";
import { areReady, findOf, hasFailedStarting, isOf, planContainers, planResizes } from "./plan-containers.ts";
import {
  type Action,
  type BringUpFailure,
  type DesiredContainer,
  DRAIN_MS,
  type HeldVersion,
  type LeaseFacts,
} from "./plan-facts.ts";

/** The node gives up this long before the start deadline, so that the tenant is refunded at once, in seconds. */
const DECLINE_MARGIN_SECONDS = 15;
/** No confirmation is sent this close to the deadline: it could land after it. In seconds. */
const UPDATE_MARGIN_SECONDS = 6;

/**
 * What to do next about one lease, in order. Nothing here remembers: the same facts give the same actions, so a
 * crash at any point is followed by the right step.
 */
export function planLease(facts: LeaseFacts): Action[] {
  const { head, confirmed } = facts;
  if (confirmed?.state === "closed" && (head === undefined || head.state === "closed"))
    return [{ type: "tear-down", why: "closed" }];
  if (head === undefined) return planMissing(facts);
  switch (head.state) {
    case "closed":
      return [];
    case "open":
      return planOpen(facts, head);
    case "active":
    case "reclaiming":
      return planActive(facts, head);
  }
}

/** Not on the chain now: perhaps a reorg, perhaps a stale RPC. Only a long absence at depth ends it. */
function planMissing({ confirmed, missingMs, graceMs }: LeaseFacts): Action[] {
  if (confirmed !== undefined || missingMs < graceMs) return [];
  return [{ type: "tear-down", why: "vanished" }];
}

function planOpen(facts: LeaseFacts, head: LeaseRecord): Action[] {
  const running = facts.held.find(({ manifestHash }) => manifestHash === head.manifestHash);
  const left = head.deadline - facts.chainTime;
  if (running === undefined || left <= 0) return [];
  const reason = reasonToDecline(facts, running, left);
  if (reason !== undefined) return [{ type: "decline", reason }];
  const doors = planDoors(facts);
  if (running.desired === undefined || doors.length > 0) return doors;
  const steps = [
    ...planContainers(facts, running.desired),
    ...planResizes(facts, running.desired),
    ...planSuperseded(facts, running.desired),
  ];
  return steps.length > 0 ? steps : [{ type: "confirm-start" }];
}

/** Undefined while there is hope. @param left Seconds until the start deadline. */
function reasonToDecline(
  facts: LeaseFacts,
  { desired, failure }: HeldVersion,
  left: number,
): CloseReason | undefined {
  if (failure?.final === true) return failure.reason;
  if (desired !== undefined && hasFailedStarting(facts, desired)) return "node.start_failed";
  if (left > DECLINE_MARGIN_SECONDS || areReady(facts, desired)) return undefined;
  return failure?.reason ?? "node.start_failed";
}

function planActive(facts: LeaseFacts, head: LeaseRecord): Action[] {
  const actions: Action[] = [];
  if (head.paidUntil > 0 && facts.chainTime >= head.paidUntil) actions.push({ type: "close-exhausted" });
  actions.push(...planDoors(facts));
  const running = facts.held.find(({ manifestHash }) => manifestHash === head.manifestHash);
  if (running?.desired === undefined) return actions;
  const update = updateOf(facts, head, running.desired);
  actions.push(...planContainers(facts, running.desired));
  actions.push(...planResizes(facts, limitedBy(running.desired, update)));
  actions.push(...planSuperseded(facts, [...running.desired, ...(update?.fresh ?? [])]));
  return update === undefined ? actions : [...actions, ...planUpdate(facts, update)];
}

/** An update under way. */
interface Update {
  readonly version: number;
  readonly manifestHash: Hex;
  readonly failure: BringUpFailure | undefined;
  /** Seconds until it expires. */
  readonly left: number;
  /** Containers that are made for it. */
  readonly fresh: readonly DesiredContainer[];
  /** Containers that it takes over as they run, with limits of its own. */
  readonly kept: readonly DesiredContainer[];
}

/** Undefined when no update is under way. */
function updateOf(
  facts: LeaseFacts,
  { pending }: LeaseRecord,
  running: readonly DesiredContainer[],
): Update | undefined {
  const left = pending === undefined ? 0 : pending.expiresAt - facts.chainTime;
  if (pending === undefined || left <= UPDATE_MARGIN_SECONDS) return undefined;
  const next = facts.held.find(({ manifestHash }) => manifestHash === pending.manifestHash);
  if (next?.desired === undefined) return undefined;
  const isKept = (entry: DesiredContainer): boolean => {
    const known = running.find(({ digest }) => digest === entry.digest);
    const container = known === undefined ? undefined : findOf(facts, known);
    // One that an earlier agent made can be told by its old limits only.
    return known !== undefined && (container === undefined || isOf(container, entry));
  };
  const { version, manifestHash } = pending;
  return {
    ...{ version, manifestHash, failure: next.failure, left },
    fresh: next.desired.filter((entry) => !isKept(entry)),
    kept: next.desired.filter(isKept),
  };
}

/** Containers whose limits the running version decides: those that an update takes over are its matter. */
function limitedBy(running: readonly DesiredContainer[], update: Update | undefined): DesiredContainer[] {
  return running.filter(({ digest }) => update?.kept.some((entry) => entry.digest === digest) !== true);
}

/** What is new comes first; what runs is changed when nothing else can fail any more. */
function planUpdate(facts: LeaseFacts, update: Update): Action[] {
  const { version, manifestHash, fresh, kept } = update;
  const reason = reasonToDeclineUpdate(facts, update);
  if (reason !== undefined) return [{ type: "decline-update", version, reason }];
  const steps = planContainers(facts, fresh);
  if (steps.length > 0) return steps;
  const resizes = planResizes(facts, kept);
  return resizes.length > 0 ? resizes : [{ type: "confirm-update", version, manifestHash }];
}

/** Declined in time, the tenant learns why; an update that expires says nothing. */
function reasonToDeclineUpdate(facts: LeaseFacts, { failure, fresh, left }: Update): CloseReason | undefined {
  if (failure?.final === true) return failure.reason;
  if (hasFailedStarting(facts, fresh)) return "node.update_failed";
  if (left > DECLINE_MARGIN_SECONDS || areReady(facts, fresh)) return undefined;
  return failure?.reason ?? "node.update_failed";
}

/**
 * Containers of versions that are over: stopped once the chain's head says that the new one runs and their callers
 * have finished, removed once the confirmed view says so too.
 */
function planSuperseded(facts: LeaseFacts, wanted: readonly DesiredContainer[]): Action[] {
  const settled = facts.confirmed?.manifestHash === facts.head?.manifestHash;
  const actions: Action[] = [];
  for (const container of facts.containers) {
    if (wanted.some((desired) => isOf(container, desired))) continue;
    const drainMs = container.state === "running" ? drainOf(facts, container) : 0;
    if (drainMs > 0) actions.push({ type: "wait", ms: drainMs });
    else if (settled) actions.push({ type: "remove", container });
    else if (container.state === "running") actions.push({ type: "stop", container });
  }
  return actions;
}

/** Milliseconds for which callers of a container may still finish. */
function drainOf({ now, leaving, doorsFresh }: LeaseFacts, { id }: ObservedContainer): number {
  const { since = now, connections = 0 } = leaving?.[id] ?? {};
  // A gateway that was not told yet sends more.
  return connections === 0 && doorsFresh !== false ? 0 : Math.max(0, since + DRAIN_MS - now);
}

function planDoors({ doorsFresh }: LeaseFacts): Action[] {
  return doorsFresh === false ? [{ type: "open-doors" }] : [];
}
