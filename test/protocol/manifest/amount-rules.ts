import { type Rule } from "./rule.ts";
import { PROVIDER } from "./sample.ts";

const service = "services.web";
const resources = "profiles.compute.web.resources";
const attributes = "profiles.placement.any.attributes";
const price = "profiles.placement.any.pricing.web";

/** What amounts, models and attributes may be. */
export const amountRules: readonly Rule[] = [
  {
    code: "MANIFEST_DURATION_INVALID",
    path: "profiles.duration",
    changes: { "profiles.duration": "1hr" },
    valid: { "profiles.duration": "1.5h" },
    suggestion: "1h",
  },
  { code: "MANIFEST_DURATION_INVALID", path: "profiles.duration", changes: { "profiles.duration": "11y" } },
  {
    code: "MANIFEST_TIER_UNKNOWN",
    path: "profiles.tier[0]",
    changes: { "profiles.tier": ["secured1"] },
    valid: { "profiles.tier": ["secured-1", "community"] },
    suggestion: "secured-1",
  },
  {
    code: "MANIFEST_CPU_INVALID",
    path: `${resources}.cpu.units`,
    changes: { [`${resources}.cpu.units`]: "0.0005" },
    valid: { [`${resources}.cpu.units`]: "100m" },
  },
  {
    code: "MANIFEST_CPU_MODEL_UNKNOWN",
    path: `${resources}.cpu.attributes.arch.arm64[0].model`,
    changes: { [`${resources}.cpu.attributes`]: { arch: { arm64: [{ model: "m9" }] } } },
    valid: {
      [`${resources}.cpu.attributes`]: { arch: { arm64: [{ model: "m3pro" }, { model: "m3-max" }] } },
    },
  },
  {
    code: "MANIFEST_SIZE_INVALID",
    path: `${resources}.memory.size`,
    changes: { [`${resources}.memory.size`]: "512MB" },
    valid: { [`${resources}.memory.size`]: "512M" },
    suggestion: "512M",
  },
  {
    code: "MANIFEST_SIZE_INVALID",
    path: `${resources}.memory.size`,
    changes: { [`${resources}.memory.size`]: 512 },
  },
  {
    code: "MANIFEST_SIZE_INVALID",
    path: `${resources}.memory.size`,
    changes: { [`${resources}.memory.size`]: "5Mi" },
  },
  {
    code: "MANIFEST_STORAGE_CLASS_CONFLICT",
    path: "profiles.compute.db.resources.storage[1].attributes",
    text: PROVIDER,
    changes: { "profiles.compute.db.resources.storage[1].attributes.persistent": false },
    valid: { "profiles.compute.db.resources.storage[1].attributes.class": "beta2" },
  },
  {
    code: "MANIFEST_VOLUME_DUPLICATE",
    path: `${resources}.storage`,
    changes: { [`${resources}.storage`]: [{ size: "1Gi" }, { size: "1Gi" }] },
    valid: { [`${resources}.storage`]: [{ size: "1Gi" }, { name: "cache", size: "1Gi" }] },
  },
  {
    code: "MANIFEST_VOLUME_UNKNOWN",
    path: `${service}.params.storage.defualt`,
    changes: { [`${service}.params`]: { storage: { defualt: { mount: "/data" } } } },
    suggestion: "default",
  },
  {
    code: "MANIFEST_VOLUME_UNMOUNTED",
    path: "profiles.compute.db.resources.storage",
    text: PROVIDER,
    changes: { "services.db.params": undefined },
  },
  {
    code: "MANIFEST_GPU_MODEL_UNKNOWN",
    path: `${resources}.gpu.attributes.vendor.nvidia[0].model`,
    changes: {
      [`${resources}.gpu`]: { units: 1, attributes: { vendor: { nvidia: [{ model: "rtx4091" }] } } },
    },
    valid: {
      [`${resources}.gpu`]: { units: 1, attributes: { vendor: { nvidia: [{ model: "RTX 4090" }] } } },
    },
    suggestion: "rtx4090",
  },
  {
    code: "MANIFEST_GPU_MODELS_DISJOINT",
    path: "profiles.compute",
    text: PROVIDER,
    changes: {
      "profiles.compute.db.resources.gpu": {
        units: 1,
        attributes: { vendor: { nvidia: [{ model: "t4" }] } },
      },
    },
    valid: {
      "profiles.compute.db.resources.gpu": {
        units: 1,
        attributes: { vendor: { nvidia: [{ model: "h100" }] } },
      },
    },
  },
  {
    code: "MANIFEST_VRAM_INVALID",
    path: `${resources}.gpu.attributes.req_vram`,
    changes: { [`${resources}.gpu`]: { units: 1, attributes: { req_vram: ">=101" } } },
    valid: { [`${resources}.gpu`]: { units: 1, attributes: { req_vram: ">=80" } } },
  },
  {
    code: "MANIFEST_ATTRIBUTE_INVALID",
    path: `${attributes}.fizz_exclude`,
    changes: { [`${attributes}.fizz_exclude`]: "0x12" },
    valid: { [`${attributes}.fizz_exclude`]: `0x${"aB".repeat(20)};12` },
  },
  {
    code: "MANIFEST_ATTRIBUTE_INVALID",
    path: `${attributes}.bandwidth`,
    changes: { [`${attributes}.bandwidth`]: "100mb" },
    valid: { [`${attributes}.bandwidth`]: "1gbps" },
  },
  {
    code: "MANIFEST_ATTRIBUTE_CONFLICT",
    path: `${attributes}.exclude_region`,
    changes: { [`${attributes}.exclude_region`]: "germany" },
    valid: { [`${attributes}.exclude_region`]: "france" },
  },
  {
    code: "MANIFEST_PRICE_INVALID",
    path: `${price}.amount`,
    changes: { [`${price}.amount`]: 0 },
    valid: { [`${price}.amount`]: "0.000000000000000001" },
  },
];
