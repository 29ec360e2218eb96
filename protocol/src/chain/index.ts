export { type ContractName, deployedAddresses } from "./addresses.ts";
export { carriesRequest, carryData } from "./carried-request.ts";
export { type ExplainedRevert, explainRevert } from "./explain-revert.ts";
export {
  capacityRoundsAbi,
  eraRewardsAbi,
  fizzForwarderAbi,
  leaseMarketAbi,
  nodeRegistryAbi,
  protocolTimelockAbi,
  slasherAbi,
  subnetGovernorAbi,
  subnetGovernorFactoryAbi,
  subnetRegistryAbi,
  subnetVotesAbi,
} from "./generated.ts";
export {
  type ChainLeaseState,
  chainLeaseStates,
  type ChainNodeStatus,
  chainNodeStatuses,
  leaseStateOf,
  nodeStatusOf,
} from "./states.ts";
export {
  type ContractCall,
  requireOwnerAddress,
  UnsignedCalls,
  type UnsignedTransaction,
} from "./unsigned-calls.ts";
