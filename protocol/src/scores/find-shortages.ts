import { type ResourceVector } from "../manifest/resources.ts";
import { gpuModelOf } from "../tiers/index.ts";
import { reason, type Reason, showCpu, showMemory, showNames } from "./reason.ts";

/**
 * Everything that a node lacks for an order; none when it fits.
 *
 * @param acceptedGpuModels Indices of the models that the order takes; undefined for any.
 */
export function findShortages(
  wanted: ResourceVector,
  free: ResourceVector,
  acceptedGpuModels?: readonly number[],
): Reason[] {
  const reasons: Reason[] = [];
  if (wanted.milliCpu > free.milliCpu)
    reasons.push(
      reason("capacity.cpu", `needs ${showCpu(wanted.milliCpu)}, has ${showCpu(free.milliCpu)} free`, {
        needs: wanted.milliCpu,
        has: free.milliCpu,
        unit: "milliCpu",
      }),
    );
  if (wanted.memoryMiB > free.memoryMiB)
    reasons.push(
      reason(
        "capacity.memory",
        `needs ${showMemory(wanted.memoryMiB)} of memory, has ${showMemory(free.memoryMiB)} free`,
        { needs: wanted.memoryMiB, has: free.memoryMiB, unit: "MiB" },
      ),
    );
  if (wanted.storageGiB > free.storageGiB)
    reasons.push(
      reason(
        "capacity.storage",
        `needs ${wanted.storageGiB} GiB of storage, has ${free.storageGiB} GiB free`,
        { needs: wanted.storageGiB, has: free.storageGiB, unit: "GiB" },
      ),
    );
  if (wanted.gpuUnits > free.gpuUnits)
    reasons.push(
      reason(
        "capacity.gpu",
        `needs ${wanted.gpuUnits} × ${gpuNameOf(free, acceptedGpuModels)}, has ${free.gpuUnits} free`,
        {
          needs: wanted.gpuUnits,
          has: free.gpuUnits,
          unit: "GPU",
        },
      ),
    );
  return [...reasons, ...otherModel(wanted, free, acceptedGpuModels)];
}

function otherModel(wanted: ResourceVector, free: ResourceVector, accepted?: readonly number[]): Reason[] {
  if (wanted.gpuUnits === 0 || accepted === undefined || accepted.includes(free.gpuModel)) return [];
  const needs = accepted.map(nameOf);
  const has = nameOf(free.gpuModel);
  const message = `needs the GPU ${showNames(needs)}, has ${has}`;
  return [reason("capacity.gpu_model", message, { needs: needs.join(";"), has, unit: "GPU model" })];
}

/** A model that the order does not take is no help to name. */
function gpuNameOf({ gpuModel }: ResourceVector, accepted?: readonly number[]): string {
  const isTaken = accepted === undefined || accepted.includes(gpuModel);
  return (isTaken ? gpuModelOf(gpuModel)?.model : undefined) ?? "GPU";
}

function nameOf(index: number): string {
  return gpuModelOf(index)?.model ?? "none";
}
