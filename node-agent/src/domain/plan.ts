import { type CloseReason } from "@fizz/protocol/reasons";
import { type Hex } from "viem";
import { MAX_START_ATTEMPTS } from "./back-off.ts";
import { type LeaseRecord, type LeaseViews } from "./lease-record.ts";
import { type ObservedContainer } from "./observed.ts";
import { type RestartRecord } from "./stored-lease.ts";
import { type ContainerSpec } from "./workload.ts";

/** A container counts as running when it has been up for this time, in milliseconds. */
export const SETTLE_MS = 1_000;
/** The node gives up this long before the start deadline, so that the tenant is refunded at once, in seconds. */
const DECLINE_MARGIN_SECONDS = 15;
/** No confirmation is sent this close to the deadline: it could land after it. In seconds. */
const UPDATE_MARGIN_SECONDS = 6;

/** A spec with its digest. */
export interface DesiredContainer {
  readonly spec: ContainerSpec;
  readonly digest: string;
}

/** Why a manifest version cannot be brought up. */
export interface BringUpFailure {
  readonly reason: CloseReason;
  /** Trying again cannot help. */
  readonly final: boolean;
}

/** One manifest version that the node holds. */
export interface HeldVersion {
  readonly version: number;
  readonly manifestHash: Hex;
  /** Undefined while the public ports are not known. */
  readonly desired: readonly DesiredContainer[] | undefined;
  readonly failure: BringUpFailure | undefined;
}

/** Everything that decides what happens to one lease next. */
export interface LeaseFacts extends LeaseViews {
  /** How long neither view of the chain has had it, in milliseconds; 0 while one has. */
  readonly missingMs: number;
  readonly graceMs: number;
  /** Unix seconds of the head block. */
  readonly chainTime: number;
  /** Unix milliseconds of this machine. */
  readonly now: number;
  readonly held: readonly HeldVersion[];
  readonly containers: readonly ObservedContainer[];
  readonly restarts: Readonly<Record<string, RestartRecord>>;
  /** Whether the gateway of this session knows the lease's doors; undefined while there is no session. */
  readonly doorsFresh: boolean | undefined;
}

export type Action =
  | { readonly type: "open-doors" }
  | { readonly type: "create"; readonly desired: DesiredContainer }
  | { readonly type: "start"; readonly container: ObservedContainer }
  | { readonly type: "restart"; readonly container: ObservedContainer }
  | { readonly type: "note-exit"; readonly container: ObservedContainer }
  | { readonly type: "stop"; readonly container: ObservedContainer }
  | { readonly type: "renew"; readonly container: ObservedContainer }
  | { readonly type: "evict"; readonly container: ObservedContainer; readonly limitBytes: bigint }
  | { readonly type: "remove"; readonly container: ObservedContainer }
  | { readonly type: "confirm-start" }
  | { readonly type: "decline"; readonly reason: CloseReason }
  | { readonly type: "confirm-update"; readonly version: number; readonly manifestHash: Hex }
  | { readonly type: "decline-update"; readonly version: number; readonly reason: CloseReason }
  | { readonly type: "close-exhausted" }
  | { readonly type: "tear-down"; readonly why: "closed" | "vanished" }
  | { readonly type: "wait"; readonly ms: number };

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
  const steps = [...planContainers(facts, running.desired), ...planSuperseded(facts, running.desired)];
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
  actions.push(...planContainers(facts, running.desired));
  const update = planUpdate(facts, head, running.desired);
  if (update !== undefined) return [...actions, ...update];
  return [...actions, ...planSuperseded(facts, running.desired)];
}

/** Undefined when no update is under way. */
function planUpdate(
  facts: LeaseFacts,
  head: LeaseRecord,
  running: readonly DesiredContainer[],
): Action[] | undefined {
  const { pending } = head;
  if (pending === undefined || pending.expiresAt - facts.chainTime <= UPDATE_MARGIN_SECONDS) return undefined;
  const next = facts.held.find(({ manifestHash }) => manifestHash === pending.manifestHash);
  if (next?.desired === undefined) return undefined;
  const { version, manifestHash } = pending;
  const fresh = next.desired.filter(({ digest }) => !running.some((known) => known.digest === digest));
  const reason = reasonToDeclineUpdate(facts, next.failure, fresh);
  if (reason !== undefined) return [{ type: "decline-update", version, reason }];
  const steps = planContainers(facts, fresh);
  return steps.length > 0 ? steps : [{ type: "confirm-update", version, manifestHash }];
}

function reasonToDeclineUpdate(
  facts: LeaseFacts,
  failure: BringUpFailure | undefined,
  fresh: readonly DesiredContainer[],
): CloseReason | undefined {
  if (failure?.final === true) return failure.reason;
  return hasFailedStarting(facts, fresh) ? "node.update_failed" : undefined;
}

/**
 * Containers of another version: stopped once the chain's head says that the new one runs, removed once the
 * confirmed view says so too.
 */
function planSuperseded(facts: LeaseFacts, running: readonly DesiredContainer[]): Action[] {
  const settled = facts.confirmed?.manifestHash === facts.head?.manifestHash;
  const actions: Action[] = [];
  for (const container of facts.containers) {
    if (running.some(({ digest }) => digest === container.digest)) continue;
    if (settled) actions.push({ type: "remove", container });
    else if (container.state === "running") actions.push({ type: "stop", container });
  }
  return actions;
}

function planDoors({ doorsFresh }: LeaseFacts): Action[] {
  return doorsFresh === false ? [{ type: "open-doors" }] : [];
}

/** Empty when all of them run. */
function planContainers(facts: LeaseFacts, desired: readonly DesiredContainer[]): Action[] {
  const actions: Action[] = [];
  let wait = Number.POSITIVE_INFINITY;
  for (const entry of desired) {
    const step = planContainer(facts, entry);
    if (step?.type === "wait") wait = Math.min(wait, step.ms);
    else if (step !== undefined) actions.push(step);
  }
  if (actions.length > 0) return actions;
  return wait === Number.POSITIVE_INFINITY ? [] : [{ type: "wait", ms: wait }];
}

function planContainer(facts: LeaseFacts, desired: DesiredContainer): Action | undefined {
  const container = facts.containers.find(({ digest }) => digest === desired.digest);
  if (container === undefined || container.sandbox === "alone") return { type: "create", desired };
  // Only one that runs can be stale.
  if (container.sandbox !== "whole") return { type: "renew", container };
  const limitBytes = desired.spec.limits.storageBytes;
  if (container.state === "running" && BigInt(container.diskBytes ?? 0) > limitBytes)
    return { type: "evict", container, limitBytes };
  return planConfined(facts, container);
}

function planConfined(facts: LeaseFacts, container: ObservedContainer): Action | undefined {
  switch (container.state) {
    case "created":
      return waitFor(facts, container) ?? { type: "start", container };
    case "running": {
      const upFor = facts.now - (container.startedAt ?? facts.now);
      return upFor >= SETTLE_MS ? undefined : { type: "wait", ms: SETTLE_MS - upFor };
    }
    case "exited":
      if (!isCounted(facts, container)) return { type: "note-exit", container };
      return waitFor(facts, container) ?? { type: "restart", container };
  }
}

/** The rest of the back-off; undefined when it is over. */
function waitFor(facts: LeaseFacts, container: ObservedContainer): Action | undefined {
  const ms = (facts.restarts[container.digest]?.nextAt ?? 0) - facts.now;
  return ms > 0 ? { type: "wait", ms } : undefined;
}

/** Whether the end of this run is in the restart record. */
function isCounted(facts: LeaseFacts, container: ObservedContainer): boolean {
  return facts.restarts[container.digest]?.lastExitAt === (container.finishedAt ?? 0);
}

function areReady(facts: LeaseFacts, desired: readonly DesiredContainer[] | undefined): boolean {
  return desired !== undefined && planContainers(facts, desired).length === 0;
}

/** A deployment that was never confirmed does not crash for ever. */
function hasFailedStarting(facts: LeaseFacts, desired: readonly DesiredContainer[]): boolean {
  return desired.some(({ digest }) => {
    const container = facts.containers.find((candidate) => candidate.digest === digest);
    if (container === undefined || container.state === "running" || !isCounted(facts, container))
      return false;
    return (facts.restarts[digest]?.count ?? 0) >= MAX_START_ATTEMPTS;
  });
}
