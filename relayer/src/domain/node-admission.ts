import { type ErrorCode } from "@fizz/protocol/errors";
import { type Address } from "viem";
import { type GatewayIdentity, type NodeFacts } from "../ports.ts";

export interface AdmissionInput {
  /** Address of the key that the Noise handshake proved. */
  readonly operator: Address;
  readonly hello: { readonly chainId: number; readonly market: Address; readonly nodeId: bigint };
  readonly gateway: GatewayIdentity;
  readonly market: Address;
  /** What the chain says about that key's node. */
  readonly facts: NodeFacts | undefined;
  /** Whether the node serves leases through this gateway now. */
  readonly hasLeases: boolean;
}

export type Admission =
  | { readonly type: "admitted"; readonly facts: NodeFacts }
  | { readonly type: "refused"; readonly code: ErrorCode; readonly message: string };

const SERVING = new Set(["active", "draining", "exiting"]);

/** Whether a peer may act as a node here. A node that left the subnet stays while it still serves leases of it. */
export function admitNode(input: AdmissionInput): Admission {
  const { operator, hello, gateway, market, facts, hasLeases } = input;
  if (hello.chainId !== gateway.chainId || hello.market.toLowerCase() !== market.toLowerCase()) {
    const message = `This gateway serves chain ${gateway.chainId} and lease market ${market}; the node is set to ${hello.chainId} and ${hello.market}.`;
    return refused("CHAIN_MISMATCH", message);
  }
  if (facts?.nodeId !== hello.nodeId) {
    const known = facts === undefined ? "no node" : `node ${facts.nodeId}`;
    return refused(
      "IDENTITY_UNKNOWN",
      `The key ${operator} is the operator of ${known} on chain ${gateway.chainId}, not of node ${hello.nodeId}. Register the node, or use its key.`,
    );
  }
  if (hasLeases) return { type: "admitted", facts };
  if (!facts.joined) {
    const message = `Node ${facts.nodeId} is ${facts.status} and not in subnet ${gateway.subnetId}. Join it first.`;
    return refused("IDENTITY_UNKNOWN", message);
  }
  if (!SERVING.has(facts.status))
    return refused("IDENTITY_UNKNOWN", `Node ${facts.nodeId} is ${facts.status} on chain: it serves nobody.`);
  return { type: "admitted", facts };
}

function refused(code: ErrorCode, message: string): Admission {
  return { type: "refused", code, message };
}
