import { type DeploymentStatus, type Endpoint } from "@fizz/protocol/messages";
import { type Lease } from "../chain/lease-market.ts";

/** What `deployment create --json` prints, and where every other view of a deployment begins. */
export interface DeploymentView {
  readonly lid: number;
  readonly state: string;
  readonly manifestHash: string;
  readonly node: number;
  readonly replicas: { readonly ready: number; readonly total: number };
  readonly endpoints: readonly Endpoint[];
}

type LeaseFacts = Pick<Lease, "lid" | "state" | "manifestHash" | "nodeId">;

/** The stable fields, in their stable order. The chain says the state; the node what runs. */
export function viewOf(lease: LeaseFacts, status: DeploymentStatus | undefined): DeploymentView {
  return {
    lid: Number(lease.lid),
    state: lease.state,
    manifestHash: lease.manifestHash,
    node: Number(lease.nodeId),
    replicas: { ready: status?.replicas.ready ?? 0, total: status?.replicas.total ?? 0 },
    endpoints: (status?.endpoints ?? []).map(endpointView),
  };
}

/** Field by field: an order that scripts and golden files may rely on. */
function endpointView({ service, replica, port, protocol, host, publicPort, url }: Endpoint): Endpoint {
  return { service, replica, port, protocol, host, publicPort, url };
}
