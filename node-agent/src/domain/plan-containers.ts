import { MAX_START_ATTEMPTS } from "./back-off.ts";
import { type ObservedContainer } from "./observed.ts";
import { type Action, type DesiredContainer, type LeaseFacts, SETTLE_MS } from "./plan-facts.ts";
import { heldServices } from "./start-order.ts";

/** A change of health wakes the plan; this is for one that got lost. */
const HEALTH_WAIT_MS = 10_000;

/** Whether a container was made from a spec, by this version of the agent or by one before. */
export function isOf({ digest }: ObservedContainer, desired: DesiredContainer): boolean {
  return digest === desired.digest || digest === desired.formerDigest;
}

export function findOf(
  { containers }: Pick<LeaseFacts, "containers">,
  desired: DesiredContainer,
): ObservedContainer | undefined {
  return containers.find((container) => isOf(container, desired));
}

/** Steps that bring containers up; empty when all of them run. */
export function planContainers(facts: LeaseFacts, desired: readonly DesiredContainer[]): Action[] {
  const actions: Action[] = [];
  let wait = Number.POSITIVE_INFINITY;
  for (const step of inOrder(facts, desired)) {
    if (step?.type === "wait") wait = Math.min(wait, step.ms);
    else if (step !== undefined) actions.push(step);
  }
  if (actions.length > 0) return actions;
  return wait === Number.POSITIVE_INFINITY ? [] : [{ type: "wait", ms: wait }];
}

/** Containers that are there and have other limits than they should. */
export function planResizes(facts: LeaseFacts, desired: readonly DesiredContainer[]): Action[] {
  return desired.flatMap((entry) => {
    const container = findOf(facts, entry);
    const { milliCpu, memoryBytes } = entry.spec.limits;
    const has = container?.limits ?? undefined;
    if (container === undefined || has === undefined) return [];
    if (has.milliCpu === milliCpu && has.memoryBytes === memoryBytes) return [];
    const { version } = entry.spec;
    return [{ type: "resize", container, limits: { milliCpu, memoryBytes }, version }];
  });
}

/** Next steps of all of them; who depends on what is not up waits instead of starting. */
function inOrder(facts: LeaseFacts, desired: readonly DesiredContainer[]): (Action | undefined)[] {
  const planned = desired.map((entry) => ({ spec: entry.spec, step: planContainer(facts, entry) }));
  const held = heldServices(planned.map(({ spec, step }) => ({ spec, isUp: step === undefined })));
  return planned.map(({ spec, step }) => {
    const isStart = step?.type === "start" || step?.type === "restart";
    return isStart && held.has(spec.service) ? { type: "wait", ms: SETTLE_MS } : step;
  });
}

function planContainer(facts: LeaseFacts, desired: DesiredContainer): Action | undefined {
  const container = findOf(facts, desired);
  if (container === undefined || container.sandbox === "alone") return { type: "create", desired };
  // Only one that runs can be stale.
  if (container.sandbox !== "whole") return { type: "renew", container };
  const limitBytes = desired.spec.limits.storageBytes;
  if (container.state === "running" && BigInt(container.diskBytes ?? 0) > limitBytes)
    return { type: "evict", container, limitBytes };
  return planConfined(facts, container, desired);
}

function planConfined(
  facts: LeaseFacts,
  container: ObservedContainer,
  desired: DesiredContainer,
): Action | undefined {
  switch (container.state) {
    case "created":
      return waitFor(facts, container) ?? { type: "start", container };
    case "running":
      return planRunning(facts, container, desired);
    case "exited":
      if (!isCounted(facts, container)) return { type: "note-exit", container };
      return waitFor(facts, container) ?? { type: "restart", container };
  }
}

/** One that is not healthy is stopped; what follows is what follows an exit. */
function planRunning(
  facts: LeaseFacts,
  container: ObservedContainer,
  { spec }: DesiredContainer,
): Action | undefined {
  const upFor = facts.now - (container.startedAt ?? facts.now);
  const isListening = facts.listening?.has(container.id) === true;
  if (upFor < SETTLE_MS && !isListening) return { type: "wait", ms: SETTLE_MS - upFor };
  const health = facts.health?.[container.id];
  if (spec.health === undefined || health === "healthy") return undefined;
  return health === "unhealthy" ? { type: "stop", container } : { type: "wait", ms: HEALTH_WAIT_MS };
}

/** The rest of the back-off; undefined when it is over. */
function waitFor(facts: LeaseFacts, container: ObservedContainer): Action | undefined {
  const ms = (facts.restarts[container.digest]?.nextAt ?? 0) - facts.now;
  return ms > 0 ? { type: "wait", ms } : undefined;
}

/** Whether the end of this run is in the restart record. */
export function isCounted(facts: LeaseFacts, container: ObservedContainer): boolean {
  return facts.restarts[container.digest]?.lastExitAt === (container.finishedAt ?? 0);
}

export function areReady(facts: LeaseFacts, desired: readonly DesiredContainer[] | undefined): boolean {
  return desired !== undefined && planContainers(facts, desired).length === 0;
}

/** A deployment that was never confirmed does not crash for ever. */
export function hasFailedStarting(facts: LeaseFacts, desired: readonly DesiredContainer[]): boolean {
  return desired.some((entry) => {
    const container = findOf(facts, entry);
    if (container === undefined || container.state === "running" || !isCounted(facts, container))
      return false;
    return (facts.restarts[container.digest]?.count ?? 0) >= MAX_START_ATTEMPTS;
  });
}
