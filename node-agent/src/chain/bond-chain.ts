import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type PublicClient } from "viem";
import { chainError } from "./chain-error.ts";

/** What a node has at stake. Amounts are wei, times Unix seconds; 0 where there is no such time. */
export interface NodeBond {
  readonly amount: bigint;
  readonly thawing: bigint;
  readonly thawedAt: number;
  readonly locked: bigint;
  readonly lockedUntil: number;
  /** When an exit that was asked for may be finished. */
  readonly exitAt: number;
}

/** @throws ProtocolError CHAIN_UNREACHABLE */
export async function readBond(
  client: PublicClient,
  { nodeRegistry: address }: ContractAddresses,
  nodeId: bigint,
): Promise<NodeBond> {
  const at = { address, abi: nodeRegistryAbi, args: [nodeId] } as const;
  try {
    const [bond, [exitAt]] = await Promise.all([
      client.readContract({ ...at, functionName: "bondOf" }),
      client.readContract({ ...at, functionName: "deadlinesOf" }),
    ]);
    return { ...bond, exitAt };
  } catch (error) {
    throw chainError(error, "Reading the bond");
  }
}
