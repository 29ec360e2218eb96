import { parseSize } from "../../manifest/quantities.ts";
import { findGpuModel, gpuFamily } from "../../tiers/index.ts";
import { type DraftGpuModel, type DraftService } from "../draft.ts";

const GIB = 1_024n ** 3n;

/** One node has one GPU model: a service that accepts none of those before it accepts any. */
export function fitGpus(services: readonly DraftService[]): DraftService[] {
  let accepted: ReadonlySet<string> | undefined;
  return services.map((service) => {
    const { gpu } = service.resources;
    if (gpu === null || gpu.models.length === 0) return service;
    const mine = new Set(gpu.models.flatMap(modelsOf));
    const common: ReadonlySet<string> =
      accepted === undefined ? mine : new Set([...mine].filter((model) => accepted?.has(model)));
    if (common.size > 0) {
      accepted = common;
      return service;
    }
    service.spot.note("CONVERT_GPU", {
      found: gpu.models
        .map(({ model }) => model)
        .join(", ")
        .slice(0, 80),
      done: "any model",
      message:
        "All services run on one node with one GPU model, and a service before this one accepts others.",
    });
    return { ...service, resources: { ...service.resources, gpu: { ...gpu, models: [] } } };
  });
}

function modelsOf({ model, ram, interface: form }: DraftGpuModel): string[] {
  const known = findGpuModel(model);
  if (known !== undefined) return [known.model];
  const ramGiB = ram === null ? undefined : Number((parseSize(ram) ?? 0n) / GIB);
  return gpuFamily(model, { ramGiB, interface: form ?? undefined }).map((entry) => entry.model);
}
