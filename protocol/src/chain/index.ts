export { type ExplainedRevert, explainRevert } from "./explain-revert.ts";
export { leaseMarketAbi, nodeRegistryAbi, slasherAbi, subnetRegistryAbi } from "./generated.ts";
export {
  type ChainLeaseState,
  chainLeaseStates,
  type ChainNodeStatus,
  chainNodeStatuses,
  leaseStateOf,
  nodeStatusOf,
} from "./states.ts";
