import { leaseMarketAbi } from "@fizz/protocol/chain";
import { packResources } from "@fizz/protocol/manifest";
import { composeLease } from "@fizz/protocol/orders";
import { fizzDomain, quoteTypedData } from "@fizz/protocol/typed-data";
import { createPublicClient, createWalletClient, type Hash, type Hex, http, parseEther } from "viem";
import { foundry } from "viem/chains";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hash } from "./builders.ts";
import { deployChainWorld } from "./chain-world.ts";

const CHAIN_ID = 31_337;
/** Wei × 1e12 per second: a thousand wei. */
const RATE = 1_000n * 10n ** 12n;
const PREPAID_SECONDS = 3_600;

/** A real chain on which leases come and go, and which can be reorganised. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export async function historyWorld() {
  const world = await deployChainWorld();
  await world.registerNode();
  const { contracts, node, anvil } = world;
  const market = { address: contracts.leaseMarket, abi: leaseMarketAbi } as const;
  const transport = http(anvil.rpcUrl);
  const client = createPublicClient({ chain: foundry, transport, cacheTime: 0 });
  const wallets = {
    tenant: createWalletClient({ chain: foundry, transport, account: devAccount("tenant").account }),
    node: createWalletClient({ chain: foundry, transport, account: node }),
  };
  const protocolCutBps = await world.protocolCutBps();
  let nonce = 0n;

  const signQuote = async () => {
    const order = sampleOrder();
    nonce += 1n;
    const quote = sampleQuote(order, hash(1), {
      nonce,
      protocolCutBps,
      ratePerSecond: RATE,
      resources: packResources({ milliCpu: 10, memoryMiB: 1, storageGiB: 0, gpuUnits: 0, gpuModel: 0 }),
      expiresAt: Number((await client.getBlock()).timestamp) + 86_400,
    });
    const signature = await node.signTypedData(quoteTypedData(fizzDomain(CHAIN_ID, market.address), quote));
    return { order, signed: { quote, signature } };
  };
  const send = async (
    who: keyof typeof wallets,
    functionName: "confirmStart" | "close" | "topUp" | "settle" | "collect",
    args: readonly unknown[],
  ): Promise<Hash> => {
    const { account } = wallets[who];
    const call = { ...market, functionName, args, account, chain: foundry } as never;
    const sent = await wallets[who].writeContract(call);
    await client.waitForTransactionReceipt({ hash: sent, pollingInterval: 20 });
    return sent;
  };
  return {
    ...world,
    client,
    send,
    /** Opens a lease. @returns Its content id, and the transaction as it was sent, to be sent again. */
    openOne: async (
      who: keyof typeof wallets = "tenant",
    ): Promise<{ readonly leaseHash: Hex; readonly raw: Hex }> => {
      const { order, signed } = await signQuote();
      const terms = {
        order,
        signed,
        tenant: wallets[who].account.address,
        chainId: CHAIN_ID,
        market: market.address,
      };
      const lease = composeLease({ ...terms, prepaidSeconds: PREPAID_SECONDS });
      const args = [signed.quote, signed.signature, lease.terms] as const;
      const request = { ...market, functionName: "open", args, value: parseEther("0.01") } as const;
      const hashOfOpen = await wallets[who].writeContract(request);
      await client.waitForTransactionReceipt({ hash: hashOfOpen, pollingInterval: 20 });
      const rawCall = { method: "eth_getRawTransactionByHash", params: [hashOfOpen] } as never;
      return { leaseHash: lease.leaseHash, raw: await client.request(rawCall) };
    },
    leaseOf: (lid: bigint) => client.readContract({ ...market, functionName: "leaseOf", args: [lid] }),
    leaseCount: () => client.readContract({ ...market, functionName: "leaseCount" }),
    /** Replaces the newest blocks by empty ones of another branch. */
    reorganise: async (depth: number): Promise<void> => {
      await client.request({ method: "anvil_reorg", params: [depth, []] } as never);
    },
    /** Sends a transaction of before again. */
    replay: async (raw: Hex): Promise<void> => {
      const sent = await client.sendRawTransaction({ serializedTransaction: raw });
      await client.waitForTransactionReceipt({ hash: sent, pollingInterval: 20 });
    },
  };
}

export type HistoryWorld = Awaited<ReturnType<typeof historyWorld>>;
