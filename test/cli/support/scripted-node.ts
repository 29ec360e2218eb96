import { leaseMarketAbi, nodeRegistryAbi } from "@fizz/protocol/chain";
import {
  hashOpenPart,
  hashSealedPart,
  type OpenPart,
  openPartSchema,
  packResources,
  resourcesOf,
} from "@fizz/protocol/manifest";
import {
  type ContractAddresses,
  type DeploymentStatus,
  type LeaseEvent,
  type LogLine,
  type ManifestDelivery,
  type QuotesRequest,
  type QuotesResponse,
  type ReplicaStats,
  type ScoreInputs,
  type StatsSnapshot,
} from "@fizz/protocol/messages";
import { openDelivery, type OpenedDelivery } from "@fizz/protocol/orders";
import { generateSealingKeyPair, type SealingKeyPair } from "@fizz/protocol/sealing";
import { fizzDomain, type Quote, quoteTypedData, receiptTypedData } from "@fizz/protocol/typed-data";
import { type Hex, parseEther, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type LocalChain } from "../../../scripts/lib/set-up-chain.ts";

const HOURLY = parseEther("0.0004");

const RUNNING: ReplicaStats = {
  ...{ service: "web", replica: 0, restarts: 2 },
  limits: { milliCpu: 500, memoryBytes: 134_217_728 },
  usage: {
    ...{ milliCpu: 125, memoryBytes: 13_421_773, pids: 4 },
    ...{ receivedBytes: 2_048, sentBytes: 1_000, readBytes: 0, writtenBytes: 5_242_880 },
  },
};

/** How the node of a test behaves; a test may change it between commands. */
export interface Behaviour {
  /** What happens after the manifest: start, decline with this reason, or nothing. */
  outcome: "start" | number | "silence";
  /** The node bids; otherwise it refuses. */
  bids: boolean;
  /** Changes a quote before it is signed. */
  forge: (quote: Quote) => Quote;
  /** Signs quotes with another key than the node's. */
  quoteKey: Hex | undefined;
  /** Changes what the gateway answers to an order. */
  tamper: (response: QuotesResponse) => QuotesResponse;
  /** Deliveries that the gateway cannot pass on before one is. */
  offlineDeliveries: number;
  startWindowSeconds: number;
  /** What becomes of a private connection after the greeting. */
  connection: "echo" | "end" | "cut";
}

export interface NodeInit {
  readonly chain: LocalChain;
  readonly contracts: ContractAddresses;
  readonly subnetId: number;
  readonly nodeId: bigint;
  readonly nodeKey: Hex;
}

/** What a node does with orders: its quotes, receipts and transactions are real, its containers are not. */
export class FakeNode {
  readonly behaviour: Behaviour = {
    outcome: "start",
    bids: true,
    forge: (quote) => quote,
    quoteKey: undefined,
    tamper: (response) => response,
    offlineDeliveries: 0,
    startWindowSeconds: 600,
    connection: "echo",
  };
  /** What private connections brought. */
  heard = "";
  readonly opened: OpenedDelivery[] = [];
  readonly events: LeaseEvent[] = [];
  readonly logs: LogLine[] = [
    {
      service: "web",
      replica: 0,
      stream: "stdout",
      at: 1_700_000_000_000,
      text: "listening on 8080",
      cursor: "c/stdout@1.0.0",
    },
  ];
  /** Query of the last feed. */
  asked: unknown;
  readonly stats: StatsSnapshot[] = [
    { at: 1_700_000_000_000, replicas: [RUNNING, { ...RUNNING, replica: 1, usage: null }] },
  ];
  readonly #init: NodeInit;
  readonly #sealingKeys = new Map<string, SealingKeyPair>();
  #running: { delivery: ManifestDelivery; opened: OpenedDelivery } | undefined;

  constructor(init: NodeInit) {
    this.#init = init;
  }

  async quote(request: QuotesRequest): Promise<{ quote: Quote; signature: Hex }> {
    const { nodeId, subnetId, nodeKey, chain, contracts } = this.#init;
    const openPart: OpenPart = openPartSchema.parse(request.openPart);
    const keys = await generateSealingKeyPair();
    const nonce = BigInt(generatePrivateKey());
    this.#sealingKeys.set(String(nonce), keys);
    const block = await chain.client.getBlock();
    const quote = this.behaviour.forge({
      nodeId,
      subnetId,
      tenant: request.tenant,
      token: zeroAddress,
      ratePerSecond: (HOURLY * 10n ** 12n) / 3_600n,
      resources: packResources(resourcesOf(openPart)),
      openPartHash: hashOpenPart(openPart, request.openSalt),
      sealingKey: keys.publicKey,
      startWindowSeconds: this.behaviour.startWindowSeconds,
      noticeSeconds: 3_600,
      minSeconds: 60,
      maxSeconds: 86_400,
      reservationSeconds: 60,
      subnetCutBps: 500,
      protocolCutBps: 500,
      expiresAt: Number(block.timestamp) + 120,
      nonce,
    });
    const signer = privateKeyToAccount(this.behaviour.quoteKey ?? nodeKey);
    const domain = fizzDomain(await chain.client.getChainId(), contracts.leaseMarket);
    return { quote, signature: await signer.signTypedData(quoteTypedData(domain, quote)) };
  }

  /** What the gateway publishes of this node, as the chain has it. */
  async scoreInputs(): Promise<ScoreInputs> {
    const { nodeId, chain, contracts } = this.#init;
    const args = [nodeId] as const;
    const [{ resources, cpuTier }, used] = await Promise.all([
      chain.client.readContract({
        ...{ address: contracts.nodeRegistry, abi: nodeRegistryAbi, functionName: "nodeOf", args },
      }),
      chain.client.readContract({
        ...{ address: contracts.leaseMarket, abi: leaseMarketAbi, functionName: "usedOf", args },
      }),
    ]);
    return {
      chain: { total: resources, used, tier: cpuTier },
      gateway: { free: resources, uptimeBps: null, latencyMs: 12 },
    };
  }

  /** Opens a delivery, signs for it, and goes on as the test wants. */
  async take(delivery: ManifestDelivery): Promise<unknown> {
    const { chain, contracts, nodeKey } = this.#init;
    const keys = this.#sealingKeys.get(String(delivery.quoteNonce));
    if (keys === undefined) throw new Error("the delivery is sealed to no key of this node");
    const opened = await openDelivery(delivery, keys.privateKey);
    this.opened.push(opened);
    this.events.push(
      event(
        this.events.length + 1,
        "image.pull.started",
        `Pulling ${opened.sealedPart.services[0]?.image ?? ""}`,
      ),
    );
    const { lid, leaseHash, manifestHash } = delivery;
    const receipt = { lid, leaseHash, manifestHash };
    const domain = fizzDomain(await chain.client.getChainId(), contracts.leaseMarket);
    const signature = await privateKeyToAccount(nodeKey).signTypedData(receiptTypedData(domain, receipt));
    await this.#goOn(delivery, opened);
    return { receipt: { receipt, signature } };
  }

  status(leaseHash: Hex): DeploymentStatus {
    if (this.#running?.delivery.leaseHash !== leaseHash) throw new Error("nothing runs for this lease");
    const { delivery, opened } = this.#running;
    const service = { service: "web", replica: 0, state: "running" as const, ready: true, restarts: 0 };
    return {
      lid: delivery.lid,
      leaseHash,
      state: "active",
      nodeId: this.#init.nodeId,
      operator: privateKeyToAccount(this.#init.nodeKey).address,
      manifestHash: delivery.manifestHash,
      version: delivery.version,
      replicas: { ready: 1, total: 1 },
      services: [{ ...service, exitCode: null, startedAt: 1_700_000_000_000 }],
      endpoints: [
        {
          service: "web",
          replica: 0,
          port: 8080,
          protocol: "tcp",
          host: "127.0.0.1",
          publicPort: 30_001,
          url: "http://127.0.0.1:30001",
        },
      ],
      openPart: { ...opened.openPart },
      openSalt: delivery.openSalt,
      sealedPartHash: hashSealedPart(opened.sealedPart, opened.sealedSalt),
    };
  }

  async #goOn(delivery: ManifestDelivery, opened: OpenedDelivery): Promise<void> {
    const { outcome } = this.behaviour;
    const { lid, leaseHash, version, manifestHash } = delivery;
    if (outcome === "silence") return;
    if (outcome === "start") {
      this.#running = { delivery, opened };
      if (version === 1) await this.#send("confirmStart", [lid, leaseHash]);
      else await this.#send("confirmUpdate", [lid, version, manifestHash]);
      return;
    }
    if (version === 1) await this.#send("decline", [lid, leaseHash, outcome]);
    else await this.#send("declineUpdate", [lid, version, outcome]);
  }

  async #send(
    functionName: "confirmStart" | "confirmUpdate" | "decline" | "declineUpdate",
    args: readonly unknown[],
  ): Promise<void> {
    const { chain, contracts, nodeKey } = this.#init;
    const wallet = chain.wallet(privateKeyToAccount(nodeKey));
    const call = { address: contracts.leaseMarket, abi: leaseMarketAbi, functionName, args } as never;
    await chain.receipt(await wallet.writeContract(call));
  }
}

function event(cursor: number, code: string, message: string): LeaseEvent {
  return { cursor, at: 1_700_000_000_000 + cursor, code, service: "web", replica: 0, message };
}
