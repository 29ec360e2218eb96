import { type ResourceVector } from "../manifest/resources.ts";
import { type RefusalCode } from "./refusals.ts";

/**
 * What a node lacks for an order; none when it fits.
 *
 * @param acceptedGpuModels Indices of the models that the order takes; undefined for any.
 */
export function findShortages(
  wanted: ResourceVector,
  free: ResourceVector,
  acceptedGpuModels?: readonly number[],
): RefusalCode[] {
  const codes: RefusalCode[] = [];
  if (wanted.milliCpu > free.milliCpu) codes.push("capacity.cpu");
  if (wanted.memoryMiB > free.memoryMiB) codes.push("capacity.memory");
  if (wanted.storageGiB > free.storageGiB) codes.push("capacity.storage");
  if (wanted.gpuUnits > free.gpuUnits) codes.push("capacity.gpu");
  const isOtherModel = acceptedGpuModels !== undefined && !acceptedGpuModels.includes(free.gpuModel);
  if (wanted.gpuUnits > 0 && isOtherModel) codes.push("capacity.gpu_model");
  return codes;
}
