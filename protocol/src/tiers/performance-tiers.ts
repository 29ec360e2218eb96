/**
 * Performance tiers of GPUs and CPUs. `index` is what NodeRegistry stores and never changes; 0 is "none".
 * Multipliers are percent: 25 means 0.25.
 */
export const performanceTiers = [
  { index: 1, id: "entry-1", name: "Entry 1", multiplierPercent: 10 },
  { index: 2, id: "entry-2", name: "Entry 2", multiplierPercent: 25 },
  { index: 3, id: "low-1", name: "Low 1", multiplierPercent: 50 },
  { index: 4, id: "low-2", name: "Low 2", multiplierPercent: 75 },
  { index: 5, id: "medium-1", name: "Medium 1", multiplierPercent: 100 },
  { index: 6, id: "medium-2", name: "Medium 2", multiplierPercent: 150 },
  { index: 7, id: "high-1", name: "High 1", multiplierPercent: 200 },
  { index: 8, id: "high-2", name: "High 2", multiplierPercent: 300 },
  { index: 9, id: "ultra-high-1", name: "Ultra High 1", multiplierPercent: 600 },
  { index: 10, id: "ultra-high-2", name: "Ultra High 2", multiplierPercent: 1_200 },
  { index: 11, id: "ultra-high-3", name: "Ultra High 3", multiplierPercent: 1_500 },
] as const;

export type PerformanceTier = (typeof performanceTiers)[number];
export type PerformanceTierId = PerformanceTier["id"];

const byId = new Map<string, PerformanceTier>(performanceTiers.map((tier) => [tier.id, tier]));
const byIndex = new Map<number, PerformanceTier>(performanceTiers.map((tier) => [tier.index, tier]));

export function findPerformanceTier(id: string): PerformanceTier | undefined {
  return byId.get(id);
}

/** The tier behind `cpuTier` and `gpuTier` of a registered node. */
export function performanceTierOf(index: number): PerformanceTier | undefined {
  return byIndex.get(index);
}
