export { type EraBudgets, eraBudgets, type EraFacts } from "./budgets.ts";
export { type ComputedEra, computeEra } from "./compute-era.ts";
export { ERA_SECONDS, eraOf, MAX_REPORT_ROWS } from "./constants.ts";
export { type EraData, parseEraData } from "./era-data.ts";
export {
  baseCentipoints,
  deliveryPpm,
  type NodeEra,
  nodeCentipoints,
  type Shortfalls,
} from "./node-points.ts";
export { hashOfEraText, type PublishedEraData, publishEraData } from "./publish-era-data.ts";
export { type RewardEntry, rewardLeaf, type RewardTree, rewardTree } from "./reward-tree.ts";
export { splitBudget } from "./split-budget.ts";
export { type ChainFacts, type ReportProblem, verifyPostedRoot } from "./verify-posted-root.ts";
