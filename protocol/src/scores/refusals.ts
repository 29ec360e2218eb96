/** Why a node does not get, or does not want, an order. A code never changes its meaning. */
export const refusalCodes = {
  "node.offline": "The node is not connected to the gateway.",
  "node.inactive": "The node is not active on chain.",
  "node.paused": "The node takes no orders now.",
  "node.no_answer": "The node did not answer in time.",
  "node.bad_answer": "The node's quote does not fit the order, or is not signed by it.",
  "node.busy_hours": "The owner needs the machine for himself during the order's time.",
  "node.leases": "The node runs as many leases as it wants to.",
  "node.disk": "The node's disk is nearly full.",
  "order.invalid": "The order breaks a rule of the manifest.",
  "order.duration": "The node does not lease for that long or that short a time.",
  "order.unsupported": "The node's version lacks something that the order needs.",
  "order.tenant": "The node does not serve this tenant.",
  "capacity.cpu": "Not enough free CPU.",
  "capacity.memory": "Not enough free memory.",
  "capacity.storage": "Not enough free storage.",
  "capacity.gpu": "Not enough free GPUs.",
  "capacity.gpu_model": "The node has another GPU model.",
  "capacity.gpu_memory": "The GPU has not enough memory.",
  "price.above_ceiling": "The node's price is above the order's ceiling.",
  "price.token": "The node does not take the order's token.",
  "price.unpriced": "The node has no price for something that the order needs.",
  "price.declined": "The owner's pricing does not want the order.",
  "placement.mode": "The node is registered in the other mode.",
  "placement.region": "The node is not in a wanted region, or is in an excluded one.",
  "placement.node": "The order wants another node, or excludes this one.",
  "placement.gateway": "The order wants another gateway, or excludes this one.",
  "placement.cpu_model": "The node has another CPU.",
  "placement.architecture": "The node has another CPU architecture.",
  "placement.bandwidth": "The node's bandwidth is lower.",
  "placement.tier": "The node has another trust tier.",
  "gateway.ports": "The gateway has not enough free public ports.",
  "gateway.host": "A host name of the order is the gateway's own.",
} as const satisfies Record<string, string>;

export type RefusalCode = keyof typeof refusalCodes;

export function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(refusalCodes, code);
}
