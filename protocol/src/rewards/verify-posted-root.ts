import { type Hex } from "viem";
import { type Amount } from "../units/index.ts";
import { computeEra } from "./compute-era.ts";
import { type EraData } from "./era-data.ts";
import { rewardTree } from "./reward-tree.ts";

/** What the chain says about a report: events RootPosted and EraClosed of EraRewards, meters of LeaseMarket. */
export interface ChainFacts {
  readonly subnetId: number;
  readonly era: number;
  readonly root: Hex;
  readonly cumulativeTotal: bigint;
  /** Root and era of the report before; undefined for the first. */
  readonly previous: { readonly root: Hex; readonly era: number } | undefined;
  /** Budgets of the eras that were closed since the report before. */
  readonly utilisationBudget: Amount;
  readonly livenessBudget: Amount;
  /** Point-seconds of a node's leases settled since the report before; without it they are taken on trust. */
  readonly leasedOf?: (nodeId: bigint) => bigint;
}

export type ReportProblem =
  | "SUBNET_DIFFERS"
  | "ERA_DIFFERS"
  | "PREVIOUS_DIFFERS"
  | "OVER_BUDGET"
  | "LEASED_DIFFERS"
  | "ROOT_DIFFERS"
  | "TOTAL_DIFFERS";

/** All that is wrong with a posted root, given the data that its gateway published; empty when it is right. */
export function verifyPostedRoot(data: EraData, chain: ChainFacts): readonly ReportProblem[] {
  const computed = computeEra(data);
  const checks: readonly (readonly [ReportProblem, boolean])[] = [
    ["SUBNET_DIFFERS", data.subnetId === chain.subnetId],
    ["ERA_DIFFERS", data.era === chain.era && data.previousEra === (chain.previous?.era ?? data.previousEra)],
    ["PREVIOUS_DIFFERS", previousRoot(data) === chain.previous?.root],
    [
      "OVER_BUDGET",
      data.utilisationBudget <= chain.utilisationBudget && data.livenessBudget <= chain.livenessBudget,
    ],
    ["LEASED_DIFFERS", leasedHolds(data, chain)],
    ["ROOT_DIFFERS", computed.tree?.root === chain.root],
    ["TOTAL_DIFFERS", computed.cumulativeTotal === chain.cumulativeTotal],
  ];
  return checks.filter(([, holds]) => !holds).map(([problem]) => problem);
}

function previousRoot(data: EraData): Hex | undefined {
  return data.previous.length === 0 ? undefined : rewardTree(data.previous).root;
}

function leasedHolds(data: EraData, { leasedOf }: ChainFacts): boolean {
  if (leasedOf === undefined) return true;
  const sums = new Map<bigint, bigint>();
  for (const { nodeId, leasedPointSeconds } of data.nodes)
    sums.set(nodeId, (sums.get(nodeId) ?? 0n) + leasedPointSeconds);
  return [...sums].every(([nodeId, sum]) => sum === leasedOf(nodeId));
}
