import { type ObservedContainer } from "./observed.ts";
import { type DesiredContainer, type UpdateRoom } from "./plan-facts.ts";

/** What other leases leave. @param limits What all leases together may take. @param others Their containers; those that have ended take nothing. */
export function roomBeside(limits: UpdateRoom, others: readonly ObservedContainer[]): UpdateRoom {
  const taking = others.filter(({ state }) => state !== "exited");
  const memory = taking.reduce((sum, container) => sum + (container.limits?.memoryBytes ?? 0n), 0n);
  const gpus = taking.reduce((sum, container) => sum + (container.gpus?.length ?? 0), 0);
  const { memoryBytes, gpuUnits, otherwise } = limits;
  return {
    memoryBytes: memoryBytes === undefined ? undefined : memoryBytes - memory,
    gpuUnits: gpuUnits === undefined ? undefined : gpuUnits - gpus,
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
