import { ProtocolError } from "../errors/index.ts";
import { findGpuModel } from "../tiers/index.ts";
import { type OpenPart, type OpenService } from "./open-part.ts";

/** As contracts/types/Resources.sol, unpacked. */
export interface ResourceVector {
  readonly milliCpu: number;
  /** Rounded up. */
  readonly memoryMiB: number;
  /** Rounded up. */
  readonly storageGiB: number;
  readonly gpuUnits: number;
  /** Index of protocol/tiers; 0 for no GPU, or for any model. */
  readonly gpuModel: number;
}

/** Exact sums, before anything is rounded. */
export interface ResourceSums {
  readonly milliCpu: number;
  readonly memoryBytes: bigint;
  readonly storageBytes: bigint;
  readonly gpuUnits: number;
}

const MIB = 1_024n ** 2n;
const GIB = 1_024n ** 3n;
const MAX_UINT32 = 2 ** 32 - 1;
const MAX_UINT16 = 2 ** 16 - 1;

/** What one replica takes. Shared memory counts as memory, every other volume as storage. */
export function replicaSums(service: OpenService): ResourceSums {
  const { milliCpu, memoryBytes, volumes, gpu } = service.resources;
  let memory = BigInt(memoryBytes);
  let storage = 0n;
  for (const volume of volumes) {
    if (volume.class === "ram") memory += BigInt(volume.sizeBytes);
    else storage += BigInt(volume.sizeBytes);
  }
  return { milliCpu, memoryBytes: memory, storageBytes: storage, gpuUnits: gpu?.units ?? 0 };
}

/** What all replicas of all services take. */
export function totalSums(openPart: OpenPart): ResourceSums {
  let total: ResourceSums = { milliCpu: 0, memoryBytes: 0n, storageBytes: 0n, gpuUnits: 0 };
  for (const service of openPart.services) {
    const one = replicaSums(service);
    const count = BigInt(service.count);
    total = {
      milliCpu: total.milliCpu + one.milliCpu * service.count,
      memoryBytes: total.memoryBytes + one.memoryBytes * count,
      storageBytes: total.storageBytes + one.storageBytes * count,
      gpuUnits: total.gpuUnits + one.gpuUnits * service.count,
    };
  }
  return total;
}

/**
 * What a lease of this manifest reserves.
 *
 * @param gpuModel Index of the model that the node has. Left out, it is the only accepted model, or 0 when there are several.
 */
export function resourcesOf(openPart: OpenPart, gpuModel?: number): ResourceVector {
  const sums = totalSums(openPart);
  const accepted = acceptedGpuModels(openPart);
  const only = accepted?.length === 1 ? (accepted[0] ?? 0) : 0;
  return {
    milliCpu: sums.milliCpu,
    memoryMiB: Number((sums.memoryBytes + MIB - 1n) / MIB),
    storageGiB: Number((sums.storageBytes + GIB - 1n) / GIB),
    gpuUnits: sums.gpuUnits,
    gpuModel: sums.gpuUnits === 0 ? 0 : (gpuModel ?? only),
  };
}

/** Indices of the GPU models that suit every service that wants a GPU; undefined for any model. */
export function acceptedGpuModels(openPart: OpenPart): readonly number[] | undefined {
  let accepted: number[] | undefined;
  for (const service of openPart.services) {
    const models = service.resources.gpu?.models ?? [];
    if (models.length === 0) continue;
    const indices = models.flatMap((entry) => findGpuModel(entry.model)?.index ?? []);
    accepted = [
      ...new Set(accepted === undefined ? indices : accepted.filter((index) => indices.includes(index))),
    ];
  }
  return accepted?.sort((left, right) => left - right);
}

/**
 * One word, as the contracts keep it.
 *
 * @throws ProtocolError INPUT_INVALID when a figure does not fit its field.
 */
export function packResources(vector: ResourceVector): bigint {
  return (
    field("milliCpu", vector.milliCpu, MAX_UINT32) |
    (field("memoryMiB", vector.memoryMiB, MAX_UINT32) << 32n) |
    (field("storageGiB", vector.storageGiB, MAX_UINT32) << 64n) |
    (field("gpuUnits", vector.gpuUnits, MAX_UINT16) << 96n) |
    (field("gpuModel", vector.gpuModel, MAX_UINT16) << 112n)
  );
}

/** The figures of a word of the contracts; bits above 128 are not looked at. */
export function unpackResources(word: bigint): ResourceVector {
  const bits = (shift: bigint, mask: number): number => Number((word >> shift) & BigInt(mask));
  return {
    milliCpu: bits(0n, MAX_UINT32),
    memoryMiB: bits(32n, MAX_UINT32),
    storageGiB: bits(64n, MAX_UINT32),
    gpuUnits: bits(96n, MAX_UINT16),
    gpuModel: bits(112n, MAX_UINT16),
  };
}

/** Whether every figure fits its field. */
export function isPackable(vector: ResourceVector): boolean {
  const wide = [vector.milliCpu, vector.memoryMiB, vector.storageGiB];
  const narrow = [vector.gpuUnits, vector.gpuModel];
  return wide.every((value) => value <= MAX_UINT32) && narrow.every((value) => value <= MAX_UINT16);
}

function field(name: string, value: number, max: number): bigint {
  if (Number.isInteger(value) && value >= 0 && value <= max) return BigInt(value);
  throw new ProtocolError("INPUT_INVALID", `${name} is ${value}; a whole number from 0 to ${max} fits.`);
}
