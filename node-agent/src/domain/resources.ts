import { type ResourceVector } from "@fizz/protocol/manifest";

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
