import { type CpuClass, cpuClasses, findCpuClass } from "./cpu-classes.ts";
import { gpuModelOf } from "./find-gpu-model.ts";
import { findPerformanceTier, type PerformanceTier, performanceTiers } from "./performance-tiers.ts";

/**
 * The reference, score 100: labels of the CPU chain (docs/CAPACITY.md, window of 2 MiB) that one thread computes in a
 * second of processor time while all threads compute: 2 µs a label, the pace that answers a capacity round in time.
 */
export const REFERENCE_LABELS_PER_SECOND = 500_000;

const PERCENT = 100;
const GENERAL_PURPOSE = cpuClasses.find(({ id }) => id === "gp");

/** What a system says of its CPU: the model's name, and the architecture as Node.js names it (`x64`, `arm64`). */
export interface NamedCpu {
  readonly cpuModel: string;
  readonly architecture: string;
}

/** The published class of a CPU: told by its name, never guessed. Undefined for arm64 other than Apple's chips. */
export function cpuClassOf({ cpuModel, architecture }: NamedCpu): CpuClass | undefined {
  const named = findCpuClass(cpuModel);
  if (named !== undefined && named !== GENERAL_PURPOSE) return named;
  return architecture === "x64" ? GENERAL_PURPOSE : undefined;
}

/** @param labelsPerSecond Of one thread, as {@link REFERENCE_LABELS_PER_SECOND}. @returns Whole percent of the reference. */
export function cpuScoreOf(labelsPerSecond: number): number {
  return Math.floor((labelsPerSecond * PERCENT) / REFERENCE_LABELS_PER_SECOND);
}

/**
 * The tier that a measured CPU has: that of its class in the published table, or the highest below it whose own
 * multiplier, as a percentage of the reference, the score reaches; the lowest tier for a slower one.
 *
 * @param score Percent of the reference.
 * @returns Undefined where the table has no class for the CPU: it is not rated.
 */
export function measuredCpuTier(cpu: NamedCpu, score: number): PerformanceTier | undefined {
  const most = findPerformanceTier(cpuClassOf(cpu)?.tier ?? "");
  if (most === undefined) return undefined;
  const reached = performanceTiers.findLast(
    ({ index, multiplierPercent }) => index <= most.index && score >= multiplierPercent,
  );
  return reached ?? performanceTiers[0];
}

/**
 * The tier of a GPU model in the mode of its node.
 *
 * @param model Index of the model, as `Resources.gpuModel` has it; 0 for none.
 * @returns Undefined without a GPU, and where the mode's table does not have the model.
 */
export function gpuTierOf(model: number, mode: "fizz" | "provider"): PerformanceTier | undefined {
  const entry = gpuModelOf(model);
  return findPerformanceTier((mode === "fizz" ? entry?.fizzTier : entry?.providerTier) ?? "");
}
