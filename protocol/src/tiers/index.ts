export { bandwidthClasses, bandwidthLabel, basePoints } from "./base-points.ts";
export { type CpuClass, cpuClasses, findCpuClass } from "./cpu-classes.ts";
export { findGpuModel, gpuFamily, gpuMemoryOf, gpuModelOf } from "./find-gpu-model.ts";
export { type GpuModel, gpuModels } from "./gpu-models.ts";
export {
  cpuClassOf,
  cpuScoreOf,
  gpuTierOf,
  measuredCpuTier,
  type NamedCpu,
  REFERENCE_LABELS_PER_SECOND,
} from "./measured-tiers.ts";
export {
  findPerformanceTier,
  type PerformanceTier,
  type PerformanceTierId,
  performanceTierOf,
  performanceTiers,
} from "./performance-tiers.ts";
export { tierSelectors, tiersOfSelector, trustTiers, UNPROVEN_TRUST_TIER } from "./trust-tiers.ts";
