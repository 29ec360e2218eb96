import { computeEra, type EraData, type NodeEra } from "@fizz/protocol/rewards";
import { amount } from "@fizz/protocol/units";

/** A Fizz node with eight threads and an rtx4090 that was up all day. */
export function nodeRow(changes: Partial<NodeEra> = {}): NodeEra {
  return {
    nodeId: 1n,
    era: 20_001,
    mode: "fizz",
    trustTier: 0,
    cpuClass: "gp",
    cpuThreads: 8,
    gpuModel: "rtx4090",
    gpuUnits: 1,
    uptimeSeconds: 86_400,
    shortfalls: { cpuBps: 0, memoryBps: 0, diskBps: 0, gpuBps: 0 },
    passedRound: true,
    leasedPointSeconds: 0n,
    ...changes,
  };
}

/** A first report with three nodes, one of which has leases. */
export function eraData(changes: Partial<EraData> = {}): EraData {
  return {
    subnetId: 1,
    era: 20_001,
    previousEra: 20_000,
    utilisationBudget: amount(1_000n),
    livenessBudget: amount(600n),
    previous: [],
    nodes: [
      nodeRow({ nodeId: 1n, leasedPointSeconds: 500n }),
      nodeRow({ nodeId: 2n, gpuUnits: 0, gpuModel: "" }),
      nodeRow({ nodeId: 3n, passedRound: false }),
    ],
    ...changes,
  };
}

/** The report after `data`, with the same rows one era later. */
export function nextData(data: EraData): EraData {
  return {
    ...data,
    era: data.era + 1,
    previousEra: data.era,
    previous: computeEra(data).entries,
    nodes: data.nodes.map((row) => ({ ...row, era: data.era + 1 })),
  };
}
