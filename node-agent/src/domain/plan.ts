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
import { planReturn, planRoll, type Roll, strangersTo } from "./roll-update.ts";
import { isCrowded, isCrowdedBy } from "./update-room.ts";

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
  const { desired } = running;
  const update = updateOf(facts, head, desired);
  const roll = rollOf(facts, desired, update);
  actions.push(...planRunning(facts, desired, { roll, isUpdating: update !== undefined }));
  actions.push(...planResizes(facts, limitedBy(desired, update)));
  actions.push(...planSuperseded(facts, [...desired, ...(update?.fresh ?? [])]));
  return update === undefined ? actions : [...actions, ...planUpdate(facts, update, roll)];
}

/** What the running version needs; what an update has stopped, or left so, is not among it. */
function planRunning(
  facts: LeaseFacts,
  running: readonly DesiredContainer[],
  { roll, isUpdating }: { readonly roll: Roll | undefined; readonly isUpdating: boolean },
): Action[] {
  const { steps, parked } = roll ?? { steps: [], parked: [] };
  const others = running.filter((entry) => !parked.includes(entry));
  return [...(isUpdating ? [] : steps), ...planContainers(facts, others)];
}

/** What is done where both versions have no room side by side; undefined where they have, or nothing is stopped for it. */
function rollOf(
  facts: LeaseFacts,
  running: readonly DesiredContainer[],
  update: Update | undefined,
): Roll | undefined {
  const { room } = facts;
  if (room?.otherwise !== "stop-first") return undefined;
  if (update === undefined)
    return isCrowdedBy(room, running, strangersTo(facts, running)) ? planReturn(facts, running) : undefined;
  if (!update.isCrowded) return undefined;
  const isGivenUp = reasonToDeclineUpdate(facts, update) !== undefined;
  return isGivenUp ? planReturn(facts, running) : planRoll(facts, running, update.fresh);
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
  /** There is no room for it beside what runs. */
  readonly isCrowded: boolean;
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
    isCrowded: isCrowded(facts.room, running, next.desired),
  };
}

/** Containers whose limits the running version decides: those that an update takes over are its matter. */
function limitedBy(running: readonly DesiredContainer[], update: Update | undefined): DesiredContainer[] {
  return running.filter(({ digest }) => update?.kept.some((entry) => entry.digest === digest) !== true);
}

/**
 * What is new comes first, where there is room; what runs is changed when nothing else can fail any more. What was stopped
 * for an update runs again before the update is declined: a chain that is away does not keep it down.
 */
function planUpdate(facts: LeaseFacts, update: Update, roll: Roll | undefined): readonly Action[] {
  const { version, manifestHash, fresh, kept } = update;
  const reason = reasonToDeclineUpdate(facts, update);
  if (reason !== undefined) return [...(roll?.steps ?? []), { type: "decline-update", version, reason }];
  const steps = roll?.steps ?? planContainers(facts, fresh);
  if (steps.length > 0) return steps;
  const resizes = planResizes(facts, kept);
  return resizes.length > 0 ? resizes : [{ type: "confirm-update", version, manifestHash }];
}

/** Declined in time, the tenant learns why; an update that expires says nothing. */
function reasonToDeclineUpdate(facts: LeaseFacts, update: Update): CloseReason | undefined {
  const { failure, fresh, left } = update;
  if (failure?.final === true) return failure.reason;
  if (isTurnedAway(facts, update)) return "node.no_capacity";
  if (hasFailedStarting(facts, fresh)) return "node.update_failed";
  if (left > DECLINE_MARGIN_SECONDS || areReady(facts, fresh)) return undefined;
  return failure?.reason ?? "node.update_failed";
}

/** What runs beside the old version already is not given up for a lease that came meanwhile. */
function isTurnedAway(facts: LeaseFacts, { isCrowded: isShort, fresh }: Update): boolean {
  if (!isShort || facts.room?.otherwise !== "decline") return false;
  return fresh.some((entry) => findOf(facts, entry)?.state !== "running");
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
