import { MAX_GPU_UNITS, MAX_LIST_ITEMS } from "../../manifest/limits.ts";
import { parseSize } from "../../manifest/quantities.ts";
import { findGpuModel, gpuFamily } from "../../tiers/index.ts";
import { type DraftGpu, type DraftGpuModel } from "../draft.ts";
import { type Spot } from "../spot.ts";

const GIB = 1_024n ** 3n;

/** GPUs of a profile; models that the tier tables do not know are left out. */
export function readGpu(gpu: Spot | undefined): DraftGpu | null {
  const units = readUnits(gpu?.find("units"));
  if (gpu === undefined || units === 0) return null;
  const vendors = gpu.findIn("attributes", "vendor");
  for (const vendor of vendors?.entries() ?? [])
    if (vendor.name !== "nvidia")
      vendor.note("CONVERT_GPU", {
        found: vendor.name.slice(0, 80),
        done: "left out",
        message: "Nodes of this network offer GPUs of nvidia only.",
      });
  return { units, models: vendors?.itemsAt("nvidia").slice(0, MAX_LIST_ITEMS).flatMap(readModel) ?? [] };
}

function readUnits(spot: Spot | undefined): number {
  const units = /^\d{1,3}$/.test(spot?.text ?? "") ? Number(spot?.text) : 0;
  if (units <= MAX_GPU_UNITS) return units;
  spot?.note("CONVERT_GPU", { done: `${MAX_GPU_UNITS} GPUs`, message: "No replica has more GPUs." });
  return MAX_GPU_UNITS;
}

function readModel(entry: Spot): DraftGpuModel[] {
  const model = entry.textAt("model");
  if (model === "" || model === "*") return [];
  const ram = readRam(entry.find("ram"));
  const form = readInterface(entry.textAt("interface"));
  const ramGiB = ram === null ? undefined : Number((parseSize(ram) ?? 0n) / GIB);
  const family = model.length > 64 ? [] : gpuFamily(model, { ramGiB, interface: form ?? undefined });
  if (family.length > 0 || (model.length <= 64 && findGpuModel(model) !== undefined))
    return [{ model, ram, interface: form }];
  entry.note("CONVERT_GPU", {
    found: model.slice(0, 80),
    done: "left out",
    message: "The tier tables have no such GPU. Without any model every GPU is accepted.",
  });
  return [];
}

function readInterface(text: string): DraftGpuModel["interface"] {
  const name = text.toLowerCase();
  if (name.startsWith("sxm")) return "sxm";
  return name.startsWith("pcie") ? "pcie" : null;
}

function readRam(spot: Spot | undefined): string | null {
  if (spot === undefined) return null;
  const text = (spot.text ?? "").replace(/B$/, "");
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= GIB && bytes < 1_024n * GIB) return text;
  spot.unreadable("a size such as 80Gi");
  return null;
}
