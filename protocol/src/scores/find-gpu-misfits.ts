import { type OpenService } from "../manifest/open-part.ts";
import { type Machine } from "../messages/hello.ts";
import { gpuMemoryOf, gpuModelOf } from "../tiers/index.ts";
import { reason, type Reason, showMemory, showNames } from "./reason.ts";

type Gpu = NonNullable<OpenService["resources"]["gpu"]>;
type Line = Gpu["models"][number];

/** A GPU is leased whole: this much of its memory is the tenant's. */
const FREE_VRAM_PERCENT = 100;
const BYTES_PER_MIB = 1_024n ** 2n;
const MIB_PER_GIB = 1_024;
const UNKNOWN = "unknown";

/**
 * What a service asks of the memory and the form of a GPU, and the machine does not have. One of its lines must hold whole;
 * that the model is none of them, `findShortages` tells.
 *
 * @param gpuModel Index of the node's GPU model; 0 for none.
 */
export function findGpuMisfits(
  { name, resources }: OpenService,
  machine: Machine,
  gpuModel: number,
): Reason[] {
  const { gpu } = resources;
  if (gpu === null) return [];
  const model = gpuModelOf(gpuModel)?.model ?? "";
  const lines = gpu.models.filter((line) => line.model === model);
  const memoryMiB = machine.gpuMemoryMiB ?? memoryByName(model);
  const form = machine.gpuInterface;
  const fits = lines.some((line) => isEnough(line, memoryMiB) && isForm(line, form));
  if (lines.length === 0 || fits) return vramMisfit(name, gpu.requiredVram);
  const reasons = [...memoryMisfit(lines, memoryMiB), ...formMisfit(lines, form)];
  const both = reason("capacity.gpu_model", "has no GPU with both the memory and the interface");
  return [...(reasons.length === 0 ? [both] : reasons), ...vramMisfit(name, gpu.requiredVram)];
}

function memoryByName(model: string): number | null {
  const known = gpuMemoryOf(model);
  return known === undefined ? null : known * MIB_PER_GIB;
}

function isEnough({ ramBytes }: Line, memoryMiB: number | null): boolean {
  if (ramBytes === null) return true;
  return memoryMiB !== null && BigInt(ramBytes) <= BigInt(memoryMiB) * BYTES_PER_MIB;
}

function isForm(line: Line, form: Machine["gpuInterface"]): boolean {
  return line.interface === null || line.interface === form;
}

function memoryMisfit(lines: readonly Line[], memoryMiB: number | null): Reason[] {
  if (lines.some((line) => isEnough(line, memoryMiB))) return [];
  const needs = Math.min(...lines.map(({ ramBytes }) => mebibytesOf(ramBytes)));
  const message = `needs ${showMemory(needs)} of GPU memory, has ${memoryMiB === null ? UNKNOWN : showMemory(memoryMiB)}`;
  return [reason("capacity.gpu_memory", message, { needs, has: memoryMiB ?? UNKNOWN, unit: "MiB" })];
}

function formMisfit(lines: readonly Line[], form: Machine["gpuInterface"]): Reason[] {
  if (lines.some((line) => isForm(line, form))) return [];
  const forms = [...new Set(lines.flatMap((line) => line.interface ?? []))];
  const has = form ?? UNKNOWN;
  const message = `needs a GPU with ${showNames(forms)}, has ${has}`;
  return [reason("capacity.gpu_model", message, { needs: forms.join(";"), has, unit: "GPU interface" })];
}

function mebibytesOf(bytes: string | null): number {
  return bytes === null ? 0 : Number((BigInt(bytes) + BYTES_PER_MIB - 1n) / BYTES_PER_MIB);
}

function vramMisfit(service: string, required: Gpu["requiredVram"]): Reason[] {
  if (required === null || holds(required)) return [];
  const needs = `${required.comparison}${required.percent}`;
  const message = `"${service}" needs ${needs} % of the GPU's memory to be free, a leased GPU has all of it free`;
  return [reason("capacity.gpu_memory", message, { needs, has: FREE_VRAM_PERCENT, unit: "percent" })];
}

function holds({ comparison, percent }: NonNullable<Gpu["requiredVram"]>): boolean {
  switch (comparison) {
    case ">=":
      return percent <= FREE_VRAM_PERCENT;
    case ">":
      return percent < FREE_VRAM_PERCENT;
    case "<=":
      return percent >= FREE_VRAM_PERCENT;
    case "<":
      return percent > FREE_VRAM_PERCENT;
  }
}
