import { cpuClasses, gpuModels } from "../../tiers/index.ts";
import { MAX_GPU_UNITS, MAX_LIST_ITEMS, MAX_VOLUMES } from "../limits.ts";
import { VOLUME_NAME } from "../patterns.ts";
import { CPU, SIZE, VRAM } from "../quantities.ts";
import * as shapes from "../shapes.ts";
import { hinted, type JsonSchema, list, map, matching } from "./parts.ts";

/** Resources of one replica. */
export function resourcesSchema(): JsonSchema {
  const size = matching(SIZE);
  const volume = map(shapes.VOLUME, {
    name: { schema: matching(VOLUME_NAME), about: "default unless said." },
    size: { schema: size, about: "Such as 20Gi.", required: true },
    attributes: {
      schema: map(shapes.VOLUME_ATTRIBUTES, {
        persistent: { schema: { type: "boolean" }, about: "Outlives the container, provider mode." },
        class: { schema: { enum: ["ram", "beta1", "beta2", "beta3"] }, about: "ram is shared memory." },
      }),
      about: "Kind of storage.",
    },
  });
  const chips = cpuClasses.filter(({ architecture }) => architecture === "arm64").map(({ id }) => id);
  const chip = map(shapes.ARM64, { model: { schema: hinted(chips), about: "An Apple chip." } });
  const arch = map(shapes.ARCH, {
    arm64: { schema: list(chip, MAX_LIST_ITEMS), about: "Accepted chips, Fizz mode.", required: true },
  });
  return map(shapes.RESOURCES, {
    cpu: {
      schema: map(shapes.CPU, {
        units: {
          schema: { anyOf: [{ type: "number", exclusiveMinimum: 0 }, matching(CPU)] },
          about: 'Threads, such as 2, 0.5 or "500m".',
          required: true,
        },
        attributes: {
          schema: map(shapes.CPU_ATTRIBUTES, { arch: { schema: arch, about: "Architecture." } }),
          about: "Kind of CPU.",
        },
      }),
      about: "CPU.",
      required: true,
    },
    memory: {
      schema: map(shapes.MEMORY, { size: { schema: size, about: "Such as 512Mi.", required: true } }),
      about: "Memory.",
      required: true,
    },
    storage: {
      schema: { anyOf: [volume, { ...list(volume, MAX_VOLUMES), minItems: 1 }] },
      about: "One volume, or several.",
      required: true,
    },
    gpu: { schema: gpu(size), about: "GPU." },
  });
}

function gpu(size: JsonSchema): JsonSchema {
  const model = map(shapes.GPU_MODEL, {
    model: { schema: hinted(gpuModels.map((entry) => entry.model)), about: "Short name.", required: true },
    ram: { schema: size, about: "Memory of the card." },
    interface: { schema: { enum: ["pcie", "sxm"] }, about: "How it is attached." },
  });
  const vendor = map(shapes.VENDOR, {
    nvidia: { schema: list(model, MAX_LIST_ITEMS), about: "Accepted models; none means any." },
  });
  return map(shapes.GPU, {
    units: {
      schema: { type: "integer", minimum: 0, maximum: MAX_GPU_UNITS },
      about: "Number.",
      required: true,
    },
    attributes: {
      schema: map(shapes.GPU_ATTRIBUTES, {
        vendor: { schema: vendor, about: "Whose card." },
        req_vram: { schema: matching(VRAM), about: 'Free share of its memory, such as ">=80"; Fizz mode.' },
      }),
      about: "Kind of GPU.",
    },
  });
}
