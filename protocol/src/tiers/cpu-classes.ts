import { type PerformanceTierId } from "./performance-tiers.ts";

/** One class of CPUs on Fizz nodes. */
export interface CpuClass {
  readonly index: number;
  readonly id: string;
  readonly title: string;
  readonly architecture: "amd64" | "arm64";
  readonly tier: PerformanceTierId;
  /** Reward multiplier of Fizz nodes in percent. */
  readonly multiplierPercent: number;
  /** List price in millionths of a US dollar per hour. */
  readonly listPriceMicroUsd: number;
}

type Row = readonly [index: number, id: string, tier: PerformanceTierId, percent: number, microUsd: number];

// Indices never change; new classes are added at the end.
const rows: readonly Row[] = [
  [1, "gp", "medium-1", 20, 1_000],
  [2, "m1", "low-1", 10, 35_000],
  [3, "m1-pro", "low-1", 20, 44_000],
  [4, "m1-max", "low-2", 25, 50_000],
  [5, "m1-ultra", "low-2", 50, 120_000],
  [6, "m2", "low-1", 20, 44_000],
  [7, "m2-pro", "low-2", 25, 56_000],
  [8, "m2-max", "medium-1", 50, 70_000],
  [9, "m2-ultra", "medium-2", 75, 150_000],
  [10, "m3", "low-1", 25, 50_000],
  [11, "m3-pro", "low-2", 50, 62_000],
  [12, "m3-max", "medium-1", 75, 70_000],
  [13, "m4", "low-2", 50, 62_000],
  [14, "m4-pro", "medium-1", 75, 74_000],
  [15, "m4-max", "medium-2", 100, 100_000],
];

export const cpuClasses: readonly CpuClass[] = rows.map(
  ([index, id, tier, multiplierPercent, listPriceMicroUsd]) => ({
    index,
    id,
    title: id === "gp" ? "General Purpose (Intel, AMD)" : `Apple ${titleCase(id)}`,
    architecture: id === "gp" ? "amd64" : "arm64",
    tier,
    multiplierPercent,
    listPriceMicroUsd,
  }),
);

const byPlainName = new Map(cpuClasses.map((entry) => [plain(entry.id), entry]));

/** A class by its id in any spelling (`m3-pro`, `m3pro`) or as macOS prints it (`Apple M3 Pro`). */
export function findCpuClass(name: string): CpuClass | undefined {
  return byPlainName.get(plain(name).replace(/^apple/, ""));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, "");
}

function titleCase(id: string): string {
  return id
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(" ");
}
