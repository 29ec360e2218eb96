import {
  explainRevert,
  subnetRegistryAbi,
  UnsignedCalls,
  type UnsignedTransaction,
} from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ContractAddresses } from "@fizz/protocol/messages";
import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  formatEther,
  type Hex,
  http,
  type PublicClient,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { asChainCall } from "./rpc-errors.ts";

const RECEIPT_TIMEOUT_MS = 180_000;

/** The wallet that stakes and earns. */
export interface ActingOwner {
  /** The operator itself is the owner when left out. */
  readonly ownerKey: Hex | undefined;
  /** Takes what the owner is to send, whose key is elsewhere: nothing is sent then. */
  readonly unsigned?: {
    readonly owner: Address;
    readonly onCall: (transaction: UnsignedTransaction) => void;
  };
}

export interface SubnetRegistration extends ActingOwner {
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  /** Hot key of the gateway. */
  readonly operatorKey: Hex;
  /** Cut of the subnet, in 1/10000. */
  readonly cutBps: number;
  readonly apiUrl: string;
  /** libp2p addresses without the peer id. */
  readonly multiaddrs: readonly string[];
  /** Domain under which leases get names, `<name>.<domain>`; empty for none. */
  readonly domain: string;
}

export interface RegisteredSubnet {
  /** 0 while its registration is only handed on. */
  readonly subnetId: number;
  /** What this call did, or handed on. */
  readonly outcome: "registered" | "endpoints changed" | "nothing to do";
}

/**
 * Brings the chain to what the operator wants: a subnet with the least stake, open to both modes, and its endpoints.
 * Does what is missing, and nothing twice.
 *
 * @throws ProtocolError CHAIN_UNREACHABLE, CHAIN_MISMATCH, INSUFFICIENT_FUNDS with both figures, TX_REVERTED;
 * CONFIG_INVALID when the subnet belongs to another owner than the one for whom calls are handed on
 */
export async function registerSubnet(input: SubnetRegistration): Promise<RegisteredSubnet> {
  const client = createPublicClient({ transport: http(input.rpcUrl) });
  const registry = { address: input.contracts.subnetRegistry, abi: subnetRegistryAbi } as const;
  const operator = privateKeyToAccount(input.operatorKey).address;
  const settings = {
    operator,
    cutBps: input.cutBps,
    admission: 0,
    acceptsFizz: true,
    acceptsProvider: true,
    minCpuTier: 0,
    minGpuTier: 0,
    apiUrl: input.apiUrl,
    multiaddrs: input.multiaddrs.join(","),
    domain: input.domain,
  };
  const subnetIdOf = async (): Promise<number> =>
    await asChainCall(() =>
      client.readContract({ ...registry, functionName: "subnetIdOf", args: [operator] }),
    );
  const known = await subnetIdOf();
  if (known === 0) {
    const stake = await asChainCall(() => client.readContract({ ...registry, functionName: "MIN_STAKE" }));
    await send(client, input, { functionName: "registerSubnet", args: [settings], value: stake });
    return { subnetId: await subnetIdOf(), outcome: "registered" };
  }
  const subnet = await asChainCall(() =>
    client.readContract({ ...registry, functionName: "subnetOf", args: [known] }),
  );
  requireSameOwner(known, subnet.owner, input);
  const { apiUrl, multiaddrs, domain } = settings;
  if (subnet.apiUrl === apiUrl && subnet.multiaddrs === multiaddrs && subnet.domain === domain)
    return { subnetId: known, outcome: "nothing to do" };
  const args = [known, apiUrl, multiaddrs, domain];
  await send(client, input, { functionName: "setEndpoints", args, value: 0n });
  return { subnetId: known, outcome: "endpoints changed" };
}

/** Another wallet's signature would be worth nothing. */
function requireSameOwner(subnetId: number, owner: Address, { unsigned }: ActingOwner): void {
  if (unsigned === undefined || unsigned.owner === owner) return;
  throw new ProtocolError(
    "CONFIG_INVALID",
    `Subnet ${subnetId} belongs to ${owner}, not to ${unsigned.owner}.`,
  );
}

async function requireFunds(client: PublicClient, address: Address, stake: bigint): Promise<void> {
  const balance = await asChainCall(() => client.getBalance({ address }));
  if (balance > stake) return;
  const message = `${address} has ${formatEther(balance)} ETH; the stake is ${formatEther(stake)} ETH, and gas comes on top.`;
  throw new ProtocolError("INSUFFICIENT_FUNDS", message);
}

interface Call {
  readonly functionName: "registerSubnet" | "setEndpoints";
  readonly args: readonly unknown[];
  readonly value: bigint;
}

/** Simulates, sends and waits; or hands on. */
async function send(client: PublicClient, input: SubnetRegistration, call: Call): Promise<void> {
  // One function for both calls needs the ABI's wide type.
  const abi: Abi = subnetRegistryAbi;
  const address = input.contracts.subnetRegistry;
  if (input.unsigned !== undefined) {
    const { owner, onCall } = input.unsigned;
    const chainId = await asChainCall(() => client.getChainId());
    await new UnsignedCalls({ chainId, owner }, onCall).send({ address, abi, ...call });
    return;
  }
  const account = privateKeyToAccount(input.ownerKey ?? input.operatorKey);
  if (call.value > 0n) await requireFunds(client, account.address, call.value);
  const wallet = createWalletClient({ account, transport: http(input.rpcUrl) });
  const request = { address, abi, account, ...call };
  try {
    await client.simulateContract(request);
    const hash = await wallet.writeContract({ ...request, chain: null });
    const receipt = await client.waitForTransactionReceipt({ hash, timeout: RECEIPT_TIMEOUT_MS });
    if (receipt.status === "success") return;
  } catch (cause) {
    const explained = explainRevert(cause);
    if (explained !== undefined) throw new ProtocolError(explained.code, explained.message, { cause });
    await asChainCall(() => Promise.reject(cause as Error));
  }
  throw new ProtocolError("TX_REVERTED", `${call.functionName} was reverted.`);
}
