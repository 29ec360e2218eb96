import { type ResourceVector } from "@fizz/protocol/manifest";
import { type RefusalCode } from "@fizz/protocol/scores";

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

export interface Shortage {
  readonly reason: RefusalCode;
  readonly message: string;
}

/** In which dimensions `wanted` does not fit into `free`; empty when it fits. */
export function shortagesOf(wanted: ResourceVector, free: ResourceVector): Shortage[] {
  const shortages: Shortage[] = [];
  const check = (
    name: string,
    reason: RefusalCode,
    [wish, left, unit]: readonly [number, number, string],
  ): void => {
    if (wish > left) shortages.push({ reason, message: `${name} ${wish}${unit} of ${left}${unit} free` });
  };
  check("cpu", "capacity.cpu", [wanted.milliCpu, free.milliCpu, "m"]);
  check("memory", "capacity.memory", [wanted.memoryMiB, free.memoryMiB, " MiB"]);
  check("storage", "capacity.storage", [wanted.storageGiB, free.storageGiB, " GiB"]);
  check("gpu", "capacity.gpu", [wanted.gpuUnits, free.gpuUnits, ""]);
  return shortages;
}
