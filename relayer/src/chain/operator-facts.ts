import { subnetRegistryAbi } from "@fizz/protocol/chain";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Address, createPublicClient, http } from "viem";
import { asChainCall } from "./rpc-errors.ts";

const TIMEOUT_MS = 10_000;

/** What the chain says of a gateway's operator. */
export interface OperatorFacts {
  readonly chainId: number;
  /** Of the newest block, Unix seconds. */
  readonly blockTime: number;
  /** Wei. */
  readonly balance: bigint;
  /** Undefined while it runs no subnet. */
  readonly subnet: SubnetFacts | undefined;
}

export interface SubnetFacts {
  readonly subnetId: number;
  readonly active: boolean;
  readonly apiUrl: string;
  readonly multiaddrs: string;
  readonly domain: string;
}

/** @throws ProtocolError CHAIN_UNREACHABLE, CHAIN_MISMATCH */
export async function readOperatorFacts(
  { rpcUrl, contracts }: { readonly rpcUrl: string; readonly contracts: ContractAddresses },
  operator: Address,
): Promise<OperatorFacts> {
  const client = createPublicClient({ transport: http(rpcUrl, { timeout: TIMEOUT_MS }) });
  const registry = { address: contracts.subnetRegistry, abi: subnetRegistryAbi } as const;
  return await asChainCall(async () => {
    const [chainId, block, balance, subnetId] = await Promise.all([
      client.getChainId(),
      client.getBlock({ blockTag: "latest" }),
      client.getBalance({ address: operator }),
      client.readContract({ ...registry, functionName: "subnetIdOf", args: [operator] }),
    ]);
    const found = { chainId, blockTime: Number(block.timestamp), balance };
    if (subnetId === 0) return { ...found, subnet: undefined };
    const subnet = await client.readContract({ ...registry, functionName: "subnetOf", args: [subnetId] });
    const { active, apiUrl, multiaddrs, domain } = subnet;
    return { ...found, subnet: { subnetId, active, apiUrl, multiaddrs, domain } };
  });
}
