import { cpuClasses, findCpuClass } from "../tiers/index.ts";
import { Fields } from "./fields.ts";
import { MAX_LIST_ITEMS, MAX_MILLI_CPU, MAX_VOLUMES, MIN_MEMORY_BYTES } from "./limits.ts";
import { VOLUME_NAME } from "./patterns.ts";
import { type Place } from "./place.ts";
import { parseCpu } from "./quantities.ts";
import { readGpu } from "./read-gpu.ts";
import { readSize } from "./read-size.ts";
import { readBoolean, readChoice, readList, readMatching, reportForm, reportType } from "./readers.ts";
import { ARCH, ARM64, CPU, CPU_ATTRIBUTES, MEMORY, RESOURCES, VOLUME, VOLUME_ATTRIBUTES } from "./shapes.ts";
import { closest } from "./suggest.ts";
import { type ProfileResources, type StorageClass, type Volume } from "./types.ts";

/** What stands for resources that are missing: never used, since a missing field is an error. */
export const NO_RESOURCES: ProfileResources = {
  milliCpu: 0,
  arm64Models: null,
  memoryBytes: 0n,
  volumes: [],
  gpu: null,
};

export function readResources(place: Place): ProfileResources {
  const fields = new Fields(place, RESOURCES);
  const cpu = fields.required("cpu", readCpu, { milliCpu: 0, arm64Models: null });
  return {
    ...cpu,
    memoryBytes: fields.required("memory", readMemory, 0n),
    volumes: fields.required("storage", readVolumes, []),
    gpu: fields.optional("gpu", readGpu, null),
  };
}

function readCpu(place: Place): Pick<ProfileResources, "milliCpu" | "arm64Models"> {
  const fields = new Fields(place, CPU);
  const readArch = (value: Place) => new Fields(value, ARCH).required("arm64", readArm64Models, null);
  return {
    milliCpu: fields.required("units", readCpuUnits, 0),
    arm64Models: fields.optional(
      "attributes",
      (value) => new Fields(value, CPU_ATTRIBUTES).optional("arch", readArch, null),
      null,
    ),
  };
}

function readCpuUnits(place: Place): number {
  const allowed = 'threads such as 2, 0.5 or "100m", in steps of 1m';
  if (place.text === undefined) {
    reportType(place, allowed);
    return 0;
  }
  const milliCpu = parseCpu(place.text);
  if (milliCpu !== undefined && milliCpu >= 1 && milliCpu <= MAX_MILLI_CPU) return milliCpu;
  reportForm(place, "MANIFEST_CPU_INVALID", { allowed });
  return 0;
}

function readArm64Models(place: Place): string[] {
  return readList(place, MAX_LIST_ITEMS, (item) =>
    new Fields(item, ARM64).optional("model", readChip, ""),
  ).filter((model) => model !== "");
}

function readChip(place: Place): string {
  const chips = cpuClasses.filter((entry) => entry.architecture === "arm64").map((entry) => entry.id);
  const found = findCpuClass(place.text ?? "");
  if (found?.architecture === "arm64") return found.id;
  reportForm(place, "MANIFEST_CPU_MODEL_UNKNOWN", {
    allowed: `one of ${chips.join(", ")}`,
    suggestion: closest(place.text ?? "", chips),
  });
  return "";
}

function readMemory(place: Place): bigint {
  return new Fields(place, MEMORY).required("size", (value) => readSize(value, MIN_MEMORY_BYTES), 0n);
}

function readVolumes(place: Place): Volume[] {
  const volumes = place.kind === "a list" ? readList(place, MAX_VOLUMES, readVolume) : [readVolume(place)];
  if (volumes.length === 0) reportType(place, "at least one volume");
  const seen = new Set<string>();
  for (const volume of volumes) {
    if (seen.has(volume.name))
      place.report("MANIFEST_VOLUME_DUPLICATE", {
        found: volume.name,
        allowed: "each name once; a volume without a name is called default",
        message: `Two volumes are called "${volume.name}". Give each one a name.`,
      });
    seen.add(volume.name);
  }
  return volumes;
}

function readVolume(place: Place): Volume {
  const fields = new Fields(place, VOLUME);
  const form = {
    code: "MANIFEST_NAME_INVALID",
    pattern: VOLUME_NAME,
    allowed: "a name of letters, digits and hyphens",
  } as const;
  return {
    name: fields.optional("name", (value) => readMatching(value, form), "default"),
    sizeBytes: fields.required("size", (value) => readSize(value, 1n), 0n),
    ...fields.optional("attributes", readVolumeAttributes, {
      persistent: false,
      class: "ephemeral" as const,
    }),
  };
}

function readVolumeAttributes(place: Place): Pick<Volume, "persistent" | "class"> {
  const fields = new Fields(place, VOLUME_ATTRIBUTES);
  const persistent = fields.optional("persistent", readBoolean, null);
  const written = fields.optional(
    "class",
    (value): StorageClass | null => readChoice(value, ["ram", "beta1", "beta2", "beta3"]),
    null,
  );
  const storageClass: StorageClass = written ?? (persistent === true ? "beta3" : "ephemeral");
  const outlives = storageClass.startsWith("beta");
  if (written !== null && persistent !== null && persistent !== outlives)
    place.report("MANIFEST_STORAGE_CLASS_CONFLICT", {
      found: `class ${written} with persistent ${String(persistent)}`,
      allowed: `class ${written} with persistent ${String(outlives)}`,
      message: `Class ${written} is ${outlives ? "always" : "never"} persistent.`,
    });
  return { persistent: outlives, class: storageClass };
}
