import { type ObservedContainer } from "./observed.ts";
import { findOf, isCounted, isOf, planContainers } from "./plan-containers.ts";
import { type Action, type DesiredContainer, type LeaseFacts } from "./plan-facts.ts";

/** Steps, and the containers of the running version that are not to run meanwhile, or are dealt with by the steps. */
export interface Roll {
  readonly steps: readonly Action[];
  readonly parked: readonly DesiredContainer[];
}

/**
 * Puts new containers in the place of old ones where there is no room for both: all are made first, as making them may fail
 * and takes no room; then one replica after the other is stopped, kept, and followed by its new one.
 *
 * @param fresh Containers of the new version, in the order in which they start.
 */
export function planRoll(
  facts: LeaseFacts,
  running: readonly DesiredContainer[],
  fresh: readonly DesiredContainer[],
): Roll {
  const unmade = fresh.filter((entry) => {
    const container = findOf(facts, entry);
    return container === undefined || container.sandbox === "alone";
  });
  const turn =
    unmade.length > 0 ? undefined : fresh.find((entry) => planContainers(facts, [entry]).length > 0);
  const begun = fresh.filter((entry) => entry === turn || hasBegun(facts, findOf(facts, entry)));
  const parked = running.filter((old) => begun.some((entry) => isSamePlace(entry.spec, old.spec)));
  if (unmade.length > 0) return { parked, steps: planContainers(facts, unmade) };
  const steps = parked.flatMap((old): Action[] => {
    const container = findOf(facts, old);
    return container?.state === "running" ? [{ type: "park", container }] : [];
  });
  if (steps.length > 0 || turn === undefined) return { parked, steps };
  return { parked, steps: planContainers(facts, [turn]) };
}

/**
 * Starts again what was stopped for an update that is not to be: what was made for it is stopped first.
 *
 * @param running Containers of the version that runs.
 */
export function planReturn(facts: LeaseFacts, running: readonly DesiredContainer[]): Roll {
  const others = strangersTo(facts, running);
  const parked = running.filter((entry) => {
    const container = findOf(facts, entry);
    return container !== undefined && isParked(facts, container, others);
  });
  if (parked.length === 0) return { parked, steps: [] };
  const stops = others.flatMap((container): Action[] =>
    container.state === "running" ? [{ type: "stop", container }] : [],
  );
  const starts = parked.flatMap((entry): Action[] => {
    const container = findOf(facts, entry);
    return container === undefined ? [] : [{ type: "return", container }];
  });
  return { parked, steps: [...stops, ...starts] };
}

/** Containers that are of no use to the running version. */
export function strangersTo(
  { containers }: Pick<LeaseFacts, "containers">,
  running: readonly DesiredContainer[],
): ObservedContainer[] {
  return containers.filter((container) => !running.some((entry) => isOf(container, entry)));
}

/** It was not left by an end of its own: what was to follow it has been begun, and no exit of it was told. */
function isParked(
  facts: LeaseFacts,
  container: ObservedContainer,
  others: readonly ObservedContainer[],
): boolean {
  if (container.state !== "exited" || container.sandbox !== "whole" || isCounted(facts, container))
    return false;
  return others.some(
    (other) => isSamePlace(other, container) && other.version > container.version && hasBegun(facts, other),
  );
}

function hasBegun(facts: LeaseFacts, container: ObservedContainer | undefined): boolean {
  if (container === undefined || container.sandbox === "alone") return false;
  return container.state !== "created" || (facts.restarts[container.digest]?.count ?? 0) > 0;
}

interface Place {
  readonly service: string;
  readonly replica: number;
}

export function isSamePlace(left: Place, right: Place): boolean {
  return left.service === right.service && left.replica === right.replica;
}
