import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type RankedNode } from "@fizz/protocol/scores";
import { type Chain } from "./chain.ts";
import { type NodeFacts, nodeFactsOf } from "./lease-market.ts";

/** Most nodes of one answer that are read from the chain. */
const MAX_NODES = 512;
const PARALLEL_READS = 16;

export type NodeOnChain = NodeFacts & RankedNode;

/**
 * What the chain says about the nodes that bid, each read once.
 *
 * @throws ProtocolError INPUT_TOO_LARGE, CHAIN_UNREACHABLE
 */
export async function readNodes(
  chain: Chain,
  nodeIds: readonly bigint[],
  subnetId: number,
): Promise<Map<bigint, NodeOnChain>> {
  const wanted = [...new Set(nodeIds)];
  if (wanted.length > MAX_NODES)
    throw new ProtocolError(
      "INPUT_TOO_LARGE",
      `The gateway lists quotes of ${wanted.length} nodes; ${MAX_NODES} are looked at.`,
    );
  const nodes = new Map<bigint, NodeOnChain>();
  for (let at = 0; at < wanted.length; at += PARALLEL_READS)
    await Promise.all(
      wanted.slice(at, at + PARALLEL_READS).map(async (nodeId) => {
        const [facts, used] = await Promise.all([
          nodeFactsOf(chain, nodeId, subnetId),
          usedOf(chain, nodeId),
        ]);
        nodes.set(nodeId, { ...facts, used });
      }),
    );
  return nodes;
}

async function usedOf(chain: Chain, nodeId: bigint): Promise<bigint> {
  const call = chain.client.readContract({
    address: chain.contracts.leaseMarket,
    abi: leaseMarketAbi,
    functionName: "usedOf",
    args: [nodeId],
  });
  return await chain.ask(call);
}
