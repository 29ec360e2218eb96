import type { NodeRow } from "./node-row.ts";

/** What the subnet offers as a whole, from its online nodes. */
export interface SubnetTotals {
  readonly nodes: number;
  readonly online: number;
  readonly freeMilliCpu: number;
  readonly totalMilliCpu: number;
  readonly freeMemoryMiB: number;
  readonly totalMemoryMiB: number;
  /** Wei per hour; undefined without an online node. */
  readonly lowestCpuPerHour: bigint | undefined;
}

export function totalsOf(rows: readonly NodeRow[]): SubnetTotals {
  const online = rows.filter((row) => row.state !== "offline");
  const sum = (pick: (row: NodeRow) => number): number => online.reduce((total, row) => total + pick(row), 0);
  return {
    nodes: rows.length,
    online: online.length,
    freeMilliCpu: sum((row) => row.free.milliCpu),
    totalMilliCpu: sum((row) => row.total.milliCpu),
    freeMemoryMiB: sum((row) => row.free.memoryMiB),
    totalMemoryMiB: sum((row) => row.total.memoryMiB),
    lowestCpuPerHour: online.reduce<bigint | undefined>(
      (lowest, row) => (lowest === undefined || row.cpuPerHour < lowest ? row.cpuPerHour : lowest),
      undefined,
    ),
  };
}
