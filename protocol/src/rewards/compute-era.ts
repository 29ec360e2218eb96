import { type Amount, amount } from "../units/index.ts";
import { type EraData } from "./era-data.ts";
import { type NodeEra, nodeCentipoints } from "./node-points.ts";
import { type RewardEntry, type RewardTree, rewardTree } from "./reward-tree.ts";
import { splitBudget } from "./split-budget.ts";

export interface ComputedEra {
  /** Cumulative amounts above zero, ascending by node. */
  readonly entries: readonly RewardEntry[];
  readonly cumulativeTotal: Amount;
  /** What rounding, or a lack of nodes, left of the budgets; stays in the pool. */
  readonly unspent: Amount;
  /** Undefined when no node ever got anything: there is nothing to post. */
  readonly tree: RewardTree | undefined;
}

/**
 * What each node gets, since the beginning: the utilisation budget by leased point-seconds, the liveness budget by
 * points. Same data, same root, in whatever order the rows come.
 */
export function computeEra(data: EraData): ComputedEra {
  const byUse = splitBudget(
    data.utilisationBudget,
    sumByNode(data.nodes, (row) => row.leasedPointSeconds),
  );
  const byPoints = splitBudget(data.livenessBudget, sumByNode(data.nodes, nodeCentipoints));

  const cumulative = new Map<bigint, bigint>(data.previous.map((entry) => [entry.nodeId, entry.cumulative]));
  let spent = 0n;
  for (const [nodeId, part] of [...byUse, ...byPoints]) {
    cumulative.set(nodeId, (cumulative.get(nodeId) ?? 0n) + part);
    spent += part;
  }
  const entries = [...cumulative]
    .filter(([, value]) => value > 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([nodeId, value]) => ({ nodeId, cumulative: amount(value) }));
  return {
    entries,
    cumulativeTotal: amount(entries.reduce((sum, entry) => sum + entry.cumulative, 0n)),
    unspent: amount(data.utilisationBudget + data.livenessBudget - spent),
    tree: entries.length === 0 ? undefined : rewardTree(entries),
  };
}

function sumByNode(
  rows: readonly NodeEra[],
  weightOf: (row: NodeEra) => bigint,
): ReadonlyMap<bigint, bigint> {
  const sums = new Map<bigint, bigint>();
  for (const row of rows) sums.set(row.nodeId, (sums.get(row.nodeId) ?? 0n) + weightOf(row));
  return sums;
}
