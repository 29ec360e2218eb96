import { type ObservedContainer } from "./observed.ts";
import { type DesiredContainer, type UpdateRoom } from "./plan-facts.ts";

/** Of all containers of the node, and then of those of one lease: what an update of it may take beside the others. */
export type RoomOf = (all: readonly ObservedContainer[]) => (own: readonly ObservedContainer[]) => UpdateRoom;

/** What containers have of what leases share. */
export interface Taken {
  readonly memoryBytes: bigint;
  readonly gpuUnits: number;
}

/** What containers take; those that have ended take nothing. */
export function takenBy(containers: readonly ObservedContainer[]): Taken {
  const taking = containers.filter(({ state }) => state !== "exited");
  return {
    memoryBytes: taking.reduce((sum, container) => sum + (container.limits?.memoryBytes ?? 0n), 0n),
    gpuUnits: taking.reduce((sum, container) => sum + (container.gpus?.length ?? 0), 0),
  };
}

/**
 * What other leases leave to one.
 *
 * @param limits What all leases together may take.
 * @param all What they take together, with the one.
 * @param own What the one takes of that.
 */
export function roomBeside(limits: UpdateRoom, all: Taken, own: Taken): UpdateRoom {
  const { memoryBytes, gpuUnits, otherwise } = limits;
  return {
    memoryBytes: memoryBytes === undefined ? undefined : memoryBytes - all.memoryBytes + own.memoryBytes,
    gpuUnits: gpuUnits === undefined ? undefined : gpuUnits - all.gpuUnits + own.gpuUnits,
    otherwise,
  };
}

/**
 * Whether both versions do not fit side by side. By what they are to have, not by what they have now: the answer stays the
 * same while one takes the other's place.
 */
export function isCrowded(
  room: UpdateRoom | undefined,
  running: readonly DesiredContainer[],
  next: readonly DesiredContainer[],
): boolean {
  const kept = new Set(next.map(({ digest }) => digest));
  const both = [...next, ...running.filter(({ digest }) => !kept.has(digest))].map(({ spec }) => spec.limits);
  return isMore(room, {
    memoryBytes: both.reduce((sum, limits) => sum + limits.memoryBytes, 0n),
    gpuUnits: both.reduce((sum, limits) => sum + limits.gpuUnits, 0),
  });
}

/** The same of containers that are there already, of whatever became of them. */
export function isCrowdedBy(
  room: UpdateRoom | undefined,
  running: readonly DesiredContainer[],
  others: readonly ObservedContainer[],
): boolean {
  const own = running.map(({ spec }) => spec.limits);
  const memory = own.reduce((sum, limits) => sum + limits.memoryBytes, 0n);
  const gpus = own.reduce((sum, limits) => sum + limits.gpuUnits, 0);
  return isMore(room, {
    memoryBytes: others.reduce((sum, { limits }) => sum + (limits?.memoryBytes ?? 0n), memory),
    gpuUnits: others.reduce((sum, { gpus: cards }) => sum + (cards?.length ?? 0), gpus),
  });
}

function isMore(
  room: UpdateRoom | undefined,
  need: { readonly memoryBytes: bigint; readonly gpuUnits: number },
): boolean {
  if (room === undefined) return false;
  const { memoryBytes = need.memoryBytes, gpuUnits = need.gpuUnits } = room;
  return need.memoryBytes > memoryBytes || need.gpuUnits > gpuUnits;
}
