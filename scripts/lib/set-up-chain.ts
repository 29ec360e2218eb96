import { subnetRegistryAbi } from "@fizz/protocol/chain";
import { type ContractAddresses } from "@fizz/protocol/messages";
import {
  type Account,
  type Address,
  createPublicClient,
  createWalletClient,
  type Hash,
  http,
  parseEther,
  parseEventLogs,
  type PublicClient,
  type TransactionReceipt,
} from "viem";
import { foundry } from "viem/chains";
import { devAccount } from "./dev-accounts.ts";

const POLL_MS = 200;
const RECEIPT_TIMEOUT_MS = 30_000;
const SUBNET_CUT_BPS = 500;
const GATEWAY_FUNDS = parseEther("10");
const OPERATOR_FUNDS = parseEther("10");

/** Reads and writes of a local chain, for set-up and tests. */
export interface LocalChain {
  readonly rpcUrl: string;
  readonly client: PublicClient;
  /** A transaction's receipt; throws when it was reverted. */
  receipt(hash: Hash): Promise<TransactionReceipt>;
  /** Sends a call to a contract of ours and waits for its receipt. */
  wallet(
    account: Account,
  ): ReturnType<typeof createWalletClient<ReturnType<typeof http>, typeof foundry, Account>>;
}

/** Clients for a local chain. */
export function connectChain(rpcUrl: string): LocalChain {
  const transport = http(rpcUrl, { retryCount: 3 });
  const client = createPublicClient({ chain: foundry, transport, pollingInterval: POLL_MS });
  return {
    rpcUrl,
    client,
    receipt: async (hash) => {
      const receipt = await client.waitForTransactionReceipt({ hash, timeout: RECEIPT_TIMEOUT_MS });
      if (receipt.status !== "success") throw new Error(`transaction ${hash} was reverted`);
      return receipt;
    },
    wallet: (account) => createWalletClient({ account, chain: foundry, transport, pollingInterval: POLL_MS }),
  };
}

/** What a gateway publishes about itself. */
export interface SubnetInit {
  readonly contracts: ContractAddresses;
  readonly gatewayOperator: Address;
  readonly apiUrl: string;
  /** Comma separated, without peer id. */
  readonly multiaddrs: string;
  /** Whose wildcard leads to it; none when left out. */
  readonly domain?: string;
}

/** Gives the hot keys something for their gas. */
export async function fundOperators(
  chain: LocalChain,
  gateway: Address,
  nodes: readonly Address[],
): Promise<void> {
  const wallet = chain.wallet(devAccount("deployer").account);
  const payments = [
    { to: gateway, value: GATEWAY_FUNDS },
    ...nodes.map((to) => ({ to, value: OPERATOR_FUNDS })),
  ];
  const hashes: Hash[] = [];
  for (const payment of payments) hashes.push(await wallet.sendTransaction(payment));
  for (const hash of hashes) await chain.receipt(hash);
}

/** Registers a gateway with the least stake, open to nodes of both modes. Returns the id of its subnet. */
export async function registerSubnet(chain: LocalChain, init: SubnetInit): Promise<number> {
  const registry = { address: init.contracts.subnetRegistry, abi: subnetRegistryAbi } as const;
  const settings = {
    operator: init.gatewayOperator,
    cutBps: SUBNET_CUT_BPS,
    admission: 0,
    acceptsFizz: true,
    acceptsProvider: true,
    minCpuTier: 0,
    minGpuTier: 0,
    apiUrl: init.apiUrl,
    multiaddrs: init.multiaddrs,
    domain: init.domain ?? "",
  };
  const wallet = chain.wallet(devAccount("gatewayOwner").account);
  const value = parseEther("0.05");
  const hash = await wallet.writeContract({
    ...registry,
    functionName: "registerSubnet",
    args: [settings],
    value,
  });
  const { logs } = await chain.receipt(hash);
  const [event] = parseEventLogs({ abi: subnetRegistryAbi, eventName: "SubnetRegistered", logs });
  if (event === undefined) throw new Error("registerSubnet emitted no SubnetRegistered");
  return event.args.subnetId;
}
