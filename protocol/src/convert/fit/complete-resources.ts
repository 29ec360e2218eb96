import { type DraftGpu, type DraftService } from "../draft.ts";
import { showBytes, showCpu } from "../sizes.ts";

const MIB = 1_024n ** 2n;
const GIB = 1_024n ** 3n;

/** What a replica gets where the source does not say. */
const DEFAULTS = { milliCpu: 1_000, memoryBytes: GIB, storageBytes: 4n * GIB };
/** The same for a replica with a GPU. */
const GPU_DEFAULTS = { milliCpu: 4_000, memoryBytes: 16n * GIB, storageBytes: 40n * GIB };
/** Size of a volume where the source does not say. */
const DEFAULT_VOLUME_BYTES = 10n * GIB;
/** Size of shared memory where the source does not say. */
const DEFAULT_SHARED_BYTES = 64n * MIB;

/** A service whose every size is known. */
export interface CompleteService extends Omit<DraftService, "resources" | "volumes"> {
  readonly resources: CompleteResources;
  readonly volumes: readonly CompleteVolume[];
  /** Names of the resources that are guesses. */
  readonly guessed: readonly string[];
}

export interface CompleteResources {
  readonly milliCpu: number;
  readonly memoryBytes: bigint;
  readonly storageBytes: bigint;
  readonly gpu: DraftGpu | null;
}

export type CompleteVolume = DraftService["volumes"][number] & {
  readonly sizeBytes: bigint;
  readonly guessed: boolean;
};

/** Fills in what the source does not say. */
export function completeResources(service: DraftService): CompleteService {
  const { milliCpu, memoryBytes, storageBytes, gpu } = service.resources;
  const standard = gpu === null ? DEFAULTS : GPU_DEFAULTS;
  const guesses = { cpu: milliCpu, memory: memoryBytes, storage: storageBytes };
  return {
    ...service,
    resources: {
      milliCpu: milliCpu ?? standard.milliCpu,
      memoryBytes: memoryBytes ?? standard.memoryBytes,
      storageBytes: storageBytes ?? standard.storageBytes,
      gpu,
    },
    guessed: Object.entries(guesses).flatMap(([name, value]) => (value === null ? [name] : [])),
    volumes: service.volumes.map((volume) => ({
      ...volume,
      sizeBytes: volume.sizeBytes ?? (volume.class === "ram" ? DEFAULT_SHARED_BYTES : DEFAULT_VOLUME_BYTES),
      guessed: volume.sizeBytes === null,
    })),
  };
}

/** Says which sizes are guesses. */
export function reportGuesses(service: CompleteService): void {
  const { milliCpu, memoryBytes, storageBytes } = service.resources;
  const shown: Readonly<Record<string, string>> = {
    cpu: showCpu(milliCpu),
    memory: showBytes(memoryBytes),
    storage: showBytes(storageBytes),
  };
  if (service.guessed.length > 0)
    service.spot.note("CONVERT_DEFAULT_RESOURCES", {
      found: `no ${service.guessed.join(", ")}`,
      done: service.guessed.map((name) => `${name} ${shown[name] ?? ""}`).join(", "),
      message: "The source does not say what one replica needs. Measure it, and correct these figures.",
    });
  for (const volume of service.volumes)
    if (volume.guessed)
      volume.spot.note("CONVERT_DEFAULT_SIZE", {
        found: `no size of ${volume.path}`,
        done: showBytes(volume.sizeBytes),
        message: `The source does not say how large volume "${volume.name}" is.`,
      });
}
