import { MAX_MILLI_CPU, MAX_SIZE_BYTES, MIN_MEMORY_BYTES } from "../../manifest/limits.ts";
import { parseCpu, parseSize } from "../../manifest/quantities.ts";
import { type StorageClass } from "../../manifest/types.ts";
import { type DraftResources } from "../draft.ts";
import { type Spot } from "../spot.ts";
import { readGpu } from "./read-gpu.ts";

/** A volume of a compute profile; a service may mount it. */
export interface ProfileVolume {
  readonly spot: Spot;
  readonly name: string;
  readonly sizeBytes: bigint | null;
  readonly class: StorageClass;
}

export interface Profile {
  readonly resources: DraftResources;
  readonly volumes: readonly ProfileVolume[];
}

/** What one replica takes, and which volumes it has. */
export function readProfile(spot: Spot, isThere: boolean): Profile {
  if (!isThere)
    spot.note("CONVERT_VALUE_DROPPED", { done: "defaults", message: "There is no such compute profile." });
  const volumes = readStorage(spot.findIn("resources", "storage"));
  const root = volumes.find((volume) => volume.class === "ephemeral");
  spot.findIn("resources", "cpu", "attributes")?.note("CONVERT_FIELD_DROPPED", {
    done: "left out",
    message: "CPU attributes are not carried over.",
  });
  return {
    resources: {
      milliCpu: readCpu(spot.findIn("resources", "cpu", "units")),
      memoryBytes: readBytes(spot.findIn("resources", "memory", "size"), MIN_MEMORY_BYTES),
      storageBytes: root?.sizeBytes ?? null,
      gpu: readGpu(spot.findIn("resources", "gpu")),
    },
    volumes: volumes.filter((volume) => volume !== root),
  };
}

function readStorage(storage: Spot | undefined): ProfileVolume[] {
  const volumes = storage?.tree.kind === "a map" ? [storage] : (storage?.items() ?? []);
  return volumes.map((spot) => ({
    spot,
    name: spot.find("name")?.text ?? "default",
    sizeBytes: readBytes(spot.find("size"), 1n),
    class: readClass(spot.textAt("attributes", "class"), spot.textAt("attributes", "persistent") === "true"),
  }));
}

function readClass(name: string, persistent: boolean): StorageClass {
  if (name === "ram") return "ram";
  if (!persistent) return "ephemeral";
  return name === "beta1" || name === "beta2" ? name : "beta3";
}

function readCpu(spot: Spot | undefined): number | null {
  if (spot === undefined) return null;
  const milliCpu = parseCpu(spot.text ?? "");
  if (milliCpu !== undefined && milliCpu >= 1 && milliCpu <= MAX_MILLI_CPU) return milliCpu;
  spot.unreadable('threads such as 2, 0.5 or "100m"');
  return null;
}

/** `512Mi`, `1G`; Akash takes `512MB` and bare bytes too. */
function readBytes(spot: Spot | undefined, least: bigint): bigint | null {
  if (spot === undefined) return null;
  const text = (spot.text ?? "").trim();
  const bytes = /^\d{1,19}$/.test(text) ? BigInt(text) : parseSize(text.replace(/B$/, ""));
  if (bytes !== undefined && bytes >= least && bytes <= MAX_SIZE_BYTES) return bytes;
  spot.unreadable("a size such as 512Mi");
  return null;
}
