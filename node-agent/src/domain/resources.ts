import { type ResourceVector } from "@fizz/protocol/manifest";

/** Of a memory limit that is lowered while a container runs, the part that stays free: it may need some at once. */
const FREE_PART = 16n;

/** Whether a container that holds `usedBytes` can go on with `limitBytes` of memory. */
export function fitsIn(usedBytes: number, limitBytes: bigint): boolean {
  return BigInt(usedBytes) <= limitBytes - limitBytes / FREE_PART;
}

/** What a node with so many working GPUs can lease of what it registered. @param gpus Undefined: as many as it registered. */
export function workingOf(total: ResourceVector, gpus: number | undefined): ResourceVector {
  return gpus === undefined ? total : { ...total, gpuUnits: Math.min(total.gpuUnits, gpus) };
}

/** What is left of `total` when `used` is reserved; never below zero. The GPU model stays the node's. */
export function freeOf(total: ResourceVector, used: ResourceVector): ResourceVector {
  const left = (all: number, taken: number): number => Math.max(0, all - taken);
  return {
    milliCpu: left(total.milliCpu, used.milliCpu),
    memoryMiB: left(total.memoryMiB, used.memoryMiB),
    storageGiB: left(total.storageGiB, used.storageGiB),
    gpuUnits: left(total.gpuUnits, used.gpuUnits),
    gpuModel: total.gpuModel,
  };
}
