import { fizzForwarderAbi, leaseMarketAbi, leaseStateOf, nodeRegistryAbi } from "@fizz/protocol/chain";
import { hashOpenPart, packResources, resourcesOf } from "@fizz/protocol/manifest";
import { composeLease } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import {
  fizzDomain,
  type ForwarderDomain,
  type ForwardRequest,
  forwardRequestTypedData,
  quoteTypedData,
  type SignedForwardRequest,
} from "@fizz/protocol/typed-data";
import {
  type Abi,
  type Account,
  type Address,
  createPublicClient,
  encodeFunctionData,
  type Hex,
  http,
  parseEther,
  parseGwei,
} from "viem";
import { type PrivateKeyAccount } from "viem/accounts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { connectChain } from "../../../scripts/lib/set-up-chain.ts";
import { RpcChain } from "../../../relayer/src/chain/rpc-chain.ts";
import { RpcRelayChain } from "../../../relayer/src/chain/relay-chain.ts";
import { WalletLimit } from "../../../relayer/src/domain/wallet-limit.ts";
import { type RelayChain, type RelayMeter, type RequestStore } from "../../../relayer/src/request-ports.ts";
import { type DeskPolicy, RequestDesk } from "../../../relayer/src/services/request-desk.ts";
import { RequestSender, type SenderSettings } from "../../../relayer/src/services/request-sender.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { memoryLogger } from "./builders.ts";
import { deployChainWorld, GATEWAY_KEY } from "./chain-world.ts";
import { MemoryRequestStore } from "./memory-request-store.ts";

const CHAIN_ID = 31_337;
const DEPTH = 2;
const DAY = { requests: 100, gas: 50_000_000n };

/** What a test signs; the rest is filled in. */
export interface Wanted extends Partial<ForwardRequest> {
  readonly functionName: string;
  readonly args: readonly unknown[];
  readonly contract?: "leaseMarket" | "nodeRegistry";
  readonly signer?: PrivateKeyAccount;
  readonly domain?: ForwarderDomain;
  /** Seconds from the head's time. */
  readonly life?: number;
}

export interface GatewayParts {
  readonly store?: RequestStore;
  readonly relay?: RelayChain;
  readonly policy?: Partial<DeskPolicy>;
  readonly settings?: Partial<SenderSettings>;
  /** Requests of one signer that are looked at in a minute. */
  readonly perMinute?: number;
}

interface Payment {
  readonly payer?: Account;
  readonly gas?: bigint;
  readonly nonce?: number;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
}

/** A real chain whose node has a subnet, leases that wait for its start, and no coins at all. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export async function deployRelayWorld(leases: number) {
  const world = await deployChainWorld();
  await world.registerNode();
  const { contracts, node, test, anvil, tenant } = world;
  const { rpcUrl } = anvil;
  const client = createPublicClient({ transport: http(rpcUrl), cacheTime: 0 });
  const relay = new RpcRelayChain({ rpcUrl, contracts, key: GATEWAY_KEY });
  const domain = await relay.domain();
  const forwarder = { address: domain.verifyingContract, abi: fizzForwarderAbi } as const;
  const market = { address: contracts.leaseMarket, abi: leaseMarketAbi } as const;
  const protocolCutBps = await world.protocolCutBps();
  const opened: { lid: bigint; leaseHash: Hex }[] = [];
  for (let nonce = 1; nonce <= leases; nonce += 1) opened.push(await openLease(BigInt(nonce)));
  await test.setBalance({ address: node.address, value: 0n });

  async function openLease(nonce: bigint): Promise<{ lid: bigint; leaseHash: Hex }> {
    const order = sampleOrder();
    const quote = sampleQuote(order, (await generateSealingKeyPair()).publicKey, {
      openPartHash: hashOpenPart(order.openPart, order.openSalt),
      resources: packResources(resourcesOf(order.openPart, 0)),
      ratePerSecond: 10n ** 10n,
      startWindowSeconds: 86_400,
      protocolCutBps,
      nonce,
    });
    const typed = quoteTypedData(fizzDomain(CHAIN_ID, market.address), quote);
    const signed = { quote, signature: await node.signTypedData(typed) };
    const terms = { chainId: CHAIN_ID, market: market.address, tenant, prepaidSeconds: 600 };
    const lease = composeLease({ order, signed, ...terms });
    return { lid: await world.open(signed, lease.terms), leaseHash: lease.leaseHash };
  }

  async function sign(wanted: Wanted): Promise<SignedForwardRequest> {
    const { functionName, args, contract = "leaseMarket", signer = node, life = 600, ...changes } = wanted;
    const abi: Abi = contract === "leaseMarket" ? leaseMarketAbi : nodeRegistryAbi;
    const { timestamp } = await client.getBlock();
    const { domain: named = domain, ...fields } = changes;
    const request: ForwardRequest = {
      from: signer.address,
      to: contracts[contract],
      value: 0n,
      gas: 200_000n,
      nonce: await executedOf(signer.address),
      deadline: Number(timestamp) + life,
      data: encodeFunctionData({ abi, functionName, args }),
      ...fields,
    };
    return { request, signature: await signer.signTypedData(forwardRequestTypedData(named, request)) };
  }

  async function executedOf(signer: Address = node.address): Promise<bigint> {
    return await client.readContract({ ...forwarder, functionName: "nonces", args: [signer] });
  }

  function gateway({
    store = new MemoryRequestStore(),
    relay: over = relay,
    policy,
    settings,
    perMinute = 1_000,
  }: GatewayParts = {}) {
    const outcomes: string[] = [];
    const paid: bigint[] = [];
    const meter: RelayMeter = {
      relayed: (outcome) => outcomes.push(outcome),
      relayPaid: (wei) => paid.push(wei),
      relayRefused: (code) => outcomes.push(code),
    };
    const logger = memoryLogger();
    const chain = new RpcChain(
      { logger, clock: Date.now },
      { rpcUrl, contracts, operator: relay.relayer, confirmations: DEPTH, pollMs: 1_000 },
    );
    const parts = { chain, relay: over, store, clock: Date.now, meter, logger };
    const nothing = (): void => undefined;
    const limits = { clock: Date.now, perMinute: () => perMinute, onRefused: nothing };
    const wallets = new WalletLimit(limits);
    const deskPolicy = {
      nodes: true,
      tenants: "off",
      maxGas: 500_000n,
      minBalance: parseEther("0.005"),
    } as const;
    const desk = new RequestDesk(
      { ...parts, wallets, requireServing: nothing, onAccepted: nothing },
      { ...deskPolicy, perSigner: DAY, total: DAY, ...policy },
    );
    const sending = { feeCap: parseGwei("100"), bumpBlocks: 2n, minBalance: parseEther("0.005"), total: DAY };
    const sender = new RequestSender(parts, { depth: BigInt(DEPTH) }, { ...sending, ...settings });
    /** Rounds with a block after each, until nothing waits. */
    const finish = async (rounds = 12): Promise<void> => {
      for (let n = 0; n < rounds && (await store.countLive()) > 0; n += 1) {
        await sender.round();
        await test.mine({ blocks: 1 });
      }
    };
    return { desk, sender, store, outcomes, paid, logger, finish };
  }

  return {
    ...{ anvil, contracts, node, tenant, test, client, relay, domain, forwarder, sign, gateway, executedOf },
    leases: opened,
    stateOf: async (lid: bigint) =>
      leaseStateOf((await client.readContract({ ...market, functionName: "leaseOf", args: [lid] })).state),
    /** Transactions of the gateway's key that are in the chain. */
    sentCount: async () => await client.getTransactionCount({ address: relay.relayer }),
    confirm: async (index: number, changes: Partial<Wanted> = {}) => {
      const lease = opened[index];
      if (lease === undefined) throw new Error("no such lease");
      return await sign({ functionName: "confirmStart", args: [lease.lid, lease.leaseHash], ...changes });
    },
    /** Somebody who pays by himself. */
    execute: async (
      { request, signature }: SignedForwardRequest,
      { payer = devAccount("deployer").account, ...fees }: Payment = {},
    ) => {
      const { from, to, value, gas, deadline, data } = request;
      const args = [{ from, to, value, gas, deadline, data, signature }] as const;
      const local = connectChain(rpcUrl);
      return await local
        .wallet(payer)
        .writeContract({ ...forwarder, functionName: "execute", args, ...fees });
    },
    wallet: (account: Account) => connectChain(rpcUrl).wallet(account),
  };
}
