import { type Route } from "@fizz/protocol/messages";
import { type Hex } from "viem";

/** A node that may come, with the leases that it serves. */
export interface NodePlan {
  readonly nodeId: number;
  readonly key: Hex;
  readonly leases: readonly LeasePlan[];
}

export interface LeasePlan {
  readonly lid: number;
  readonly leaseHash: Hex;
}

export interface GatewayPlan {
  readonly nodes: readonly NodePlan[];
  /** Nodes of {@link idleNode} that may come, from 0. */
  readonly idleNodes?: number;
  /** Folder for certificates of a gateway that routes HTTP and HTTPS by host name. */
  readonly routingFolder?: string;
}

/** Above the numbers of all nodes that have leases. */
const FIRST_IDLE_NODE = 1_000;

/** A node without leases, by its place among them. */
export function idleNode(index: number): NodePlan {
  const key: Hex = `0x${"33".repeat(28)}${index.toString(16).padStart(8, "0")}`;
  return { nodeId: FIRST_IDLE_NODE + index, key, leases: [] };
}

export interface IdleAgentsInit {
  readonly gateway: GatewayFacts;
  readonly first: number;
  readonly count: number;
}

/** What others must know of a gateway. */
export interface GatewayFacts {
  readonly peerId: string;
  readonly multiaddrs: readonly string[];
  readonly figuresPort: number;
  /** Where it routes by host name; 0 where it does not. */
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** A lease with the ports at which its containers listen. */
export interface ServedLease extends LeasePlan {
  readonly ports: readonly number[];
  /** How all of them are reached; undefined for a number each. */
  readonly route?: Route;
}

/** A node with its leases, and where their containers listen. */
export interface ServedNode extends Omit<NodePlan, "leases"> {
  readonly leases: readonly ServedLease[];
}

export interface AgentInit {
  readonly gateway: GatewayFacts;
  readonly node: ServedNode;
}

export interface AgentFacts {
  /** By lease, in the order of its ports. */
  readonly publicPorts: readonly (readonly number[])[];
  readonly figuresPort: number;
}

/** Small messages over some connections. */
export interface PingInit {
  readonly port: number;
  readonly connections: number;
  readonly bytes: number;
  /** Of each connection. */
  readonly everyMs: number;
  readonly seconds: number;
}

export interface PingResult {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Ports of the containers of a soak. */
export interface SoakOriginFacts {
  readonly echo: number;
  readonly download: number;
  readonly reset: number;
  readonly figuresPort: number;
}
