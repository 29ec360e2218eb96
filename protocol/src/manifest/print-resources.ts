import { type GpuRequest, type ProfileResources, type Volume } from "./types.ts";

const SUFFIXES: readonly (readonly [string, bigint])[] = ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"].map(
  (suffix, index) => [suffix, 1_024n ** BigInt(6 - index)],
);

/** Resources of one replica as they are written. */
export function printResources({
  milliCpu,
  arm64Models,
  memoryBytes,
  volumes,
  gpu,
}: ProfileResources): unknown {
  return {
    cpu: {
      units: `${milliCpu}m`,
      attributes:
        arm64Models === null ? undefined : { arch: { arm64: arm64Models.map((model) => ({ model })) } },
    },
    memory: { size: printSize(memoryBytes) },
    storage: volumes.map(printVolume),
    gpu: gpu === null ? undefined : printGpu(gpu),
  };
}

/** Bytes in the largest binary unit that is exact; otherwise in thousands, whose decimals are exact. */
export function printSize(bytes: bigint): string {
  const exact = SUFFIXES.find(([, factor]) => bytes > 0n && bytes % factor === 0n);
  if (exact !== undefined) return `${bytes / exact[1]}${exact[0]}`;
  const fraction = (bytes % 1_000n).toString().padStart(3, "0").replace(/0+$/, "");
  return `${bytes / 1_000n}${fraction === "" ? "" : `.${fraction}`}k`;
}

function printVolume(volume: Volume): unknown {
  const attributes =
    volume.class === "ephemeral" ? undefined : { persistent: volume.persistent, class: volume.class };
  return { name: volume.name, size: printSize(volume.sizeBytes), attributes };
}

function printGpu({ units, models, requiredVram }: GpuRequest): unknown {
  const nvidia = models.map(({ model, ramBytes, interface: form }) => ({
    model,
    ram: ramBytes === null ? undefined : printSize(ramBytes),
    interface: form ?? undefined,
  }));
  const attributes = {
    vendor: nvidia.length === 0 ? undefined : { nvidia },
    req_vram: requiredVram === null ? undefined : `${requiredVram.comparison}${requiredVram.percent}`,
  };
  return { units, attributes: nvidia.length === 0 && requiredVram === null ? undefined : attributes };
}
