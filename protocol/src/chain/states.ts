/** ILeaseMarket.LeaseState, by number. */
export const chainLeaseStates = ["none", "open", "active", "reclaiming", "closed"] as const;
export type ChainLeaseState = (typeof chainLeaseStates)[number];

/** INodeRegistry.NodeStatus, by number. */
export const chainNodeStatuses = [
  "none",
  "registered",
  "active",
  "draining",
  "exiting",
  "exited",
  "suspended",
] as const;
export type ChainNodeStatus = (typeof chainNodeStatuses)[number];

/** @throws RangeError for a number that the contracts of this version do not have. */
export function leaseStateOf(value: number): ChainLeaseState {
  const state = chainLeaseStates[value];
  if (state === undefined) throw new RangeError(`LeaseState ${value}`);
  return state;
}

/** @throws RangeError for a number that the contracts of this version do not have. */
export function nodeStatusOf(value: number): ChainNodeStatus {
  const status = chainNodeStatuses[value];
  if (status === undefined) throw new RangeError(`NodeStatus ${value}`);
  return status;
}
