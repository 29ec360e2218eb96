export { type ExplainedRevert, explainRevert } from "./explain-revert.ts";
export { eraRewardsAbi, leaseMarketAbi, nodeRegistryAbi, subnetRegistryAbi } from "./generated.ts";
export {
  type ChainLeaseState,
  chainLeaseStates,
  type ChainNodeStatus,
  chainNodeStatuses,
  leaseStateOf,
  nodeStatusOf,
} from "./states.ts";
