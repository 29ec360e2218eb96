import { ProtocolError } from "@fizz/protocol/errors";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { createPublicClient, defineChain, http, type PublicClient, type Chain as ViemChain } from "viem";
import { chainError } from "./chain-error.ts";

/** Time for one RPC call, in milliseconds. */
const RPC_TIMEOUT_MS = 10_000;
const RPC_RETRIES = 2;
const POLLING_MS = 1_000;

/** One chain with the three contracts on it. */
export interface Chain {
  readonly id: number;
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  readonly client: PublicClient;
  /** Awaits a call and gives its failure a code. */
  ask<T>(call: Promise<T>): Promise<T>;
  explain(error: unknown): ProtocolError;
}

export type Fetch = typeof globalThis.fetch;

/** A client that is not yet bound to contracts. */
export function rpcClient(rpcUrl: string, fetch: Fetch, id = 0): PublicClient {
  return createPublicClient({
    chain: chainAt(rpcUrl, id),
    transport: http(rpcUrl, { timeout: RPC_TIMEOUT_MS, retryCount: RPC_RETRIES, fetchFn: fetch }),
    pollingInterval: POLLING_MS,
  });
}

export interface ChainInit {
  readonly rpcUrl: string;
  readonly fetch: Fetch;
  readonly contracts: ContractAddresses;
  readonly chainId: number;
}

/**
 * Opens the chain and makes sure that it is the expected one.
 *
 * @throws ProtocolError CHAIN_UNREACHABLE, CHAIN_MISMATCH
 */
export async function openChain({ rpcUrl, fetch, contracts, chainId }: ChainInit): Promise<Chain> {
  const client = rpcClient(rpcUrl, fetch, chainId);
  const actual = await chainIdAt(client, rpcUrl);
  if (actual !== chainId) {
    const message = `The RPC ${rpcUrl} is chain ${actual}; chain ${chainId} is expected.`;
    throw new ProtocolError("CHAIN_MISMATCH", message);
  }
  const ask = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw chainError(error);
    }
  };
  return { id: chainId, rpcUrl, contracts, client, ask, explain: chainError };
}

/** @throws ProtocolError CHAIN_UNREACHABLE */
export async function chainIdAt(client: PublicClient, rpcUrl: string): Promise<number> {
  try {
    return await client.getChainId();
  } catch (cause) {
    throw new ProtocolError("CHAIN_UNREACHABLE", `The chain's RPC at ${rpcUrl} does not answer.`, { cause });
  }
}

/** What viem needs to know of a chain, also to sign for it. */
export function chainAt(rpcUrl: string, id: number): ViemChain {
  return defineChain({
    id,
    name: `chain ${id}`,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
}
