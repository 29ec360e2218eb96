import { gpuModelOf } from "../tiers/index.ts";
import { type ResourceVector } from "./resources.ts";

const MILLI = 1_000;

/** Resources in a few words: `1.5 CPU, 2048 MiB, 90 GiB disk, 1 × NVIDIA A100`. GPUs are named where there are some. */
export function resourcesText({
  milliCpu,
  memoryMiB,
  storageGiB,
  gpuUnits,
  gpuModel,
}: ResourceVector): string {
  const gpus = gpuUnits > 0 ? `, ${gpuUnits} × ${gpuModelOf(gpuModel)?.title ?? "GPU"}` : "";
  return `${milliCpu / MILLI} CPU, ${memoryMiB} MiB, ${storageGiB} GiB disk${gpus}`;
}
