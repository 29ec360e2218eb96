import { type ObservedContainer } from "./observed.ts";
import { isOf } from "./plan-containers.ts";
import { isSamePlace } from "./roll-update.ts";
import { isCrowded } from "./update-room.ts";
import { type HeldVersion, type LeaseFacts } from "./plan-facts.ts";

/** The containers of one lease, by what the chain's head makes of them. Ids. */
export interface ContainerRoles {
  /** Of the version that runs: new connections go to them. */
  readonly current: ReadonlySet<string>;
  /** Of versions that are over: they keep the connections that they have. */
  readonly leaving: ReadonlySet<string>;
  /** Of a version that waits for its confirmation, in the place of one that was stopped for it: there is nobody else. */
  readonly standIns: ReadonlySet<string>;
}

/**
 * Containers of a version that waits for its confirmation have no role yet where the old ones run: nobody is sent to them.
 *
 * @returns undefined while the version that runs is not known.
 */
export function rolesOf({
  containers,
  head,
  held,
  room,
}: Pick<LeaseFacts, "head" | "held" | "containers" | "room">): ContainerRoles | undefined {
  const desiredOf = (hash: string | undefined): HeldVersion["desired"] =>
    held.find(({ manifestHash }) => manifestHash === hash)?.desired;
  const running = desiredOf(head?.manifestHash);
  const next = desiredOf(head?.pending?.manifestHash) ?? [];
  if (running === undefined) return undefined;
  const isIn = (container: ObservedContainer, desired: NonNullable<HeldVersion["desired"]>): boolean =>
    desired.some((entry) => isOf(container, entry));
  const current = containers.filter((container) => isIn(container, running));
  const others = containers.filter((container) => !isIn(container, running) && !isIn(container, next));
  const ids = (list: readonly ObservedContainer[]): ReadonlySet<string> => new Set(list.map(({ id }) => id));
  const isRolled = room?.otherwise === "stop-first" && isCrowded(room, running, next);
  const standIns = containers.filter(
    (container) =>
      isRolled &&
      isIn(container, next) &&
      !isIn(container, running) &&
      !current.some((old) => old.state === "running" && isSamePlace(old, container)),
  );
  return { current: ids(current), leaving: ids(others), standIns: ids(standIns) };
}
