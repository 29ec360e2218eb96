import { findGpuModel, gpuFamily, gpuModels } from "../tiers/index.ts";
import { Fields } from "./fields.ts";
import { MAX_GPU_UNITS, MAX_LIST_ITEMS } from "./limits.ts";
import { type Place } from "./place.ts";
import { parseVram } from "./quantities.ts";
import { readSize } from "./read-size.ts";
import { readChoice, readList, readWhole, reportForm, reportType } from "./readers.ts";
import { GPU, GPU_ATTRIBUTES, GPU_MODEL, VENDOR } from "./shapes.ts";
import { closest } from "./suggest.ts";
import { type GpuModelRequest, type GpuRequest, type RequiredVram } from "./types.ts";

const GIB = 1_024n ** 3n;

export function readGpu(place: Place): GpuRequest | null {
  const fields = new Fields(place, GPU);
  const units = fields.required("units", (value) => readWhole(value, { min: 0, max: MAX_GPU_UNITS }), 0);
  const attributes = fields.optional("attributes", readGpuAttributes, { models: [], requiredVram: null });
  if (units > 0) return { units, ...attributes };
  fields.find("attributes")?.report(
    "MANIFEST_GPU_ATTRIBUTES_UNUSED",
    {
      found: "attributes with 0 units",
      allowed: "units of 1 or more, or no attributes",
      message: "These attributes have no effect, since no GPU is asked for.",
    },
    "warning",
  );
  return null;
}

function readGpuAttributes(place: Place): Pick<GpuRequest, "models" | "requiredVram"> {
  const fields = new Fields(place, GPU_ATTRIBUTES);
  return {
    models: fields.optional(
      "vendor",
      (value) => new Fields(value, VENDOR).optional("nvidia", readGpuModels, []),
      [],
    ),
    requiredVram: fields.optional("req_vram", readVram, null),
  };
}

function readGpuModels(place: Place): GpuModelRequest[] {
  return readList(place, MAX_LIST_ITEMS, readGpuModel).flat();
}

function readGpuModel(place: Place): GpuModelRequest[] {
  const fields = new Fields(place, GPU_MODEL);
  const ramBytes = fields.optional("ram", (value) => readSize(value, 1n), null);
  const form = fields.optional("interface", readInterface, null);
  const ramGiB = ramBytes === null ? undefined : Number(ramBytes / GIB);
  const read = (value: Place) => readModelNames(value, { ramGiB, interface: form ?? undefined });
  return fields.required("model", read, []).map((model) => ({ model, ramBytes, interface: form }));
}

function readModelNames(place: Place, wanted: Parameters<typeof gpuFamily>[1]): string[] {
  const text = place.text ?? "";
  const model = findGpuModel(text);
  if (model !== undefined) return [model.model];
  const family = gpuFamily(text, wanted);
  if (family.length > 0) return family.map((entry) => entry.model);
  reportForm(place, "MANIFEST_GPU_MODEL_UNKNOWN", {
    allowed: "a short name of the GPU table, such as rtx4090 or h100",
    suggestion: closest(text, [...gpuModels.map((entry) => entry.model)]),
  });
  return [];
}

function readVram(place: Place): RequiredVram | null {
  const allowed = 'a percentage of the memory such as ">=80"';
  if (place.text === undefined) {
    reportType(place, allowed);
    return null;
  }
  const vram = parseVram(place.text);
  if (vram === undefined) reportForm(place, "MANIFEST_VRAM_INVALID", { allowed });
  return vram ?? null;
}

function readInterface(place: Place): GpuModelRequest["interface"] {
  return readChoice(place, ["pcie", "sxm"]);
}
