import { type GpuModel, gpuModels } from "./gpu-models.ts";

/** Names that mean one model and are not its short name with other spacing. */
const aliases: Readonly<Record<string, string>> = {
  rtx4000ada: "rtx4000-ada",
  rtx4000sffada: "rtx4000-sff-ada",
  rtx6000ada: "rtx6000-ada",
  rtx8000ada: "rtx8000-ada",
  a100pcie40g: "a100-pcie-40g",
  a100sxm440g: "a100-sxm-40g",
  a100sxm40g: "a100-sxm-40g",
  a100pcie80g: "a100-80g",
  a10080gpcie: "a100-80g",
  a100sxm480g: "a100-80g",
  a100sxm80g: "a100-80g",
};

/** Names that stand for several models, to be narrowed by memory and interface. */
const families: Readonly<Record<string, readonly string[]>> = {
  a100: ["a100-pcie-40g", "a100-sxm-40g", "a100-80g"],
};

/** What a model of a family has; a model that comes in both forms has null. */
const familyFacts: Readonly<
  Record<string, { readonly ramGiB: number; readonly interface: "pcie" | "sxm" | null }>
> = {
  "a100-pcie-40g": { ramGiB: 40, interface: "pcie" },
  "a100-sxm-40g": { ramGiB: 40, interface: "sxm" },
  "a100-80g": { ramGiB: 80, interface: null },
};

const byModel = new Map(gpuModels.map((entry) => [entry.model, entry]));
const byIndex = new Map(gpuModels.map((entry) => [entry.index, entry]));
const byPlainName = new Map(gpuModels.map((entry) => [plain(entry.model), entry]));

/** The model behind `Resources.gpuModel`. */
export function gpuModelOf(index: number): GpuModel | undefined {
  return byIndex.get(index);
}

/**
 * A model by any name of one card: the short name, spaces and case aside, or what `nvidia-smi` prints.
 *
 * @example findGpuModel("NVIDIA GeForce RTX 4090")?.model // "rtx4090"
 */
export function findGpuModel(name: string): GpuModel | undefined {
  const exact = byModel.get(name);
  if (exact !== undefined) return exact;
  for (const candidate of spellings(name)) {
    const alias = Object.hasOwn(aliases, candidate) ? aliases[candidate] : undefined;
    const found = alias === undefined ? byPlainName.get(candidate) : byModel.get(alias);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** GiB of memory that a model's very name promises; undefined for models that come with several sizes. */
export function gpuMemoryOf(model: string): number | undefined {
  return Object.hasOwn(familyFacts, model) ? familyFacts[model]?.ramGiB : undefined;
}

/** Models that a family name stands for, those left that have the memory and the interface; empty for no family. */
export function gpuFamily(
  name: string,
  wanted: { readonly ramGiB?: number | undefined; readonly interface?: string | undefined } = {},
): readonly GpuModel[] {
  const members = Object.hasOwn(families, plain(name)) ? (families[plain(name)] ?? []) : [];
  return members.flatMap((model) => {
    const entry = byModel.get(model);
    const facts = familyFacts[model];
    if (entry === undefined || facts === undefined) return [];
    const enough = wanted.ramGiB === undefined || facts.ramGiB >= wanted.ramGiB;
    const fits =
      wanted.interface === undefined || facts.interface === null || facts.interface === wanted.interface;
    return enough && fits ? [entry] : [];
  });
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, "");
}

/** From the full name to shorter ones: maker and line first, then what follows the model. */
function spellings(name: string): string[] {
  const bare = name
    .toLowerCase()
    .replace(/\b(?:nvidia|geforce|tesla|quadro)\b/g, " ")
    .replace(/\b(?:laptop gpu|max-q|mobile|generation)\b/g, " ")
    .replace(/(\d)gb\b/g, "$1g");
  const withoutForm = bare
    .replace(/[\s-](?:sxm\d?|pcie|hbm\d\w?|nvl)(?=$|[\s-])/g, " ")
    .replace(/[\s-]\d+g(?=$|[\s-])/g, " ")
    .replace(/[\s-](?:sxm\d?|pcie|hbm\d\w?|nvl)(?=$|[\s-])/g, " ");
  return [plain(bare), plain(withoutForm)];
}
