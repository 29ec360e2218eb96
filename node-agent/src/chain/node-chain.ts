import { leaseMarketAbi, nodeRegistryAbi, nodeStatusOf, subnetRegistryAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type CloseReason, closeReasons } from "@fizz/protocol/reasons";
import { type Address, type Hex, hexToString, type PublicClient, zeroAddress } from "viem";
import { type ChainSnapshot, type LeaseRecord } from "../domain/lease-record.ts";
import { type Chain, type Cuts, type NodeRecord } from "../ports.ts";
import { chainError } from "./chain-error.ts";
import { LeaseLogs } from "./lease-logs.ts";
import { LeaseReads } from "./lease-reads.ts";
import { LeaseViewCache, type TimedBlock } from "./lease-views.ts";
import { type CallSender } from "./transactions.ts";

/** Most leases of this node that are followed; a node opens at most a few hundred at a time. */
export const MAX_FOLLOWED_LEASES = 4_096;

/** A head that was read longer ago is read again, in milliseconds. */
const HEAD_MAX_AGE_MS = 500;

export interface NodeChainComponents {
  readonly client: PublicClient;
  readonly transactions: CallSender;
}

export interface NodeChainInit {
  readonly chainId: number;
  readonly contracts: ContractAddresses;
  readonly operator: Address;
  /** Depth in blocks of the confirmed view. */
  readonly confirmations: number;
}

/** The contracts as one node sees them. */
export class NodeChain implements Chain {
  readonly chainId: number;
  readonly market: Address;
  readonly operator: Address;
  readonly #client: PublicClient;
  readonly #transactions: CallSender;
  readonly #contracts: ContractAddresses;
  readonly #confirmations: bigint;
  readonly #logs: LeaseLogs;
  readonly #reads: LeaseReads;
  readonly #views: LeaseViewCache;
  #head: { readonly block: TimedBlock; readonly at: number } | undefined;
  #registeredAt: number | undefined;
  #slasher: Address | undefined;

  constructor(components: NodeChainComponents, init: NodeChainInit) {
    this.#client = components.client;
    this.#transactions = components.transactions;
    this.chainId = init.chainId;
    this.market = init.contracts.leaseMarket;
    this.operator = init.operator;
    this.#contracts = init.contracts;
    this.#confirmations = BigInt(init.confirmations);
    this.#logs = new LeaseLogs(components.client, init.contracts.leaseMarket);
    this.#reads = new LeaseReads(components.client, init.contracts.leaseMarket);
    this.#views = new LeaseViewCache(this.#reads);
  }

  async node(): Promise<NodeRecord | undefined> {
    return await this.#read("Reading the node", async () => {
      const nodeId = await this.#registry("nodeIdOf", [this.operator]);
      if (nodeId === 0n) return undefined;
      const [node, used] = await Promise.all([
        this.#client.readContract({
          address: this.#contracts.nodeRegistry,
          abi: nodeRegistryAbi,
          functionName: "nodeOf",
          args: [nodeId],
        }),
        this.#client.readContract({
          address: this.market,
          abi: leaseMarketAbi,
          functionName: "usedOf",
          args: [nodeId],
        }),
      ]);
      this.#registeredAt = node.registeredAt;
      return {
        nodeId,
        owner: node.owner,
        operator: node.operator,
        mode: node.mode === 0 ? "fizz" : "provider",
        status: nodeStatusOf(node.status),
        region: hexToString(node.region, { size: 16 }),
        resources: node.resources,
        used,
        cpuTier: node.cpuTier,
        gpuTier: node.gpuTier,
      };
    });
  }

  async cuts(subnetId: number): Promise<Cuts> {
    return await this.#read("Reading the cuts", async () => {
      const [[, subnetCutBps, active], protocolCutBps] = await Promise.all([
        this.#client.readContract({
          address: this.#contracts.subnetRegistry,
          abi: subnetRegistryAbi,
          functionName: "cutOf",
          args: [subnetId],
        }),
        this.#client.readContract({
          address: this.market,
          abi: leaseMarketAbi,
          functionName: "protocolCutBps",
        }),
      ]);
      return { subnetCutBps, protocolCutBps, active };
    });
  }

  async slasher(): Promise<Address | undefined> {
    // It is set once and for ever.
    this.#slasher ??= await this.#read("Looking up the slasher", async () => {
      const address = await this.#client.readContract({
        address: this.#contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "slasher",
      });
      return address === zeroAddress ? undefined : address;
    });
    return this.#slasher;
  }

  async sharedSubnet(nodeId: bigint, gateway: Address): Promise<number | undefined> {
    return await this.#read("Looking up the gateway", async () => {
      const subnetId = await this.#client.readContract({
        address: this.#contracts.subnetRegistry,
        abi: subnetRegistryAbi,
        functionName: "subnetIdOf",
        args: [gateway],
      });
      if (subnetId === 0) return undefined;
      const [joined] = await this.#client.readContract({
        address: this.#contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "membershipOf",
        args: [nodeId, subnetId],
      });
      return joined ? subnetId : undefined;
    });
  }

  async lease(lid: bigint): Promise<LeaseRecord | undefined> {
    return await this.#read("Reading a lease", () => this.#reads.leaseAt(lid));
  }

  /** The head that was just read: the next snapshot begins with it, if it comes at once. */
  noteHead(block: TimedBlock | undefined): void {
    this.#head = block === undefined ? undefined : { block, at: performance.now() };
  }

  async snapshot(nodeId: bigint, watch: readonly bigint[]): Promise<ChainSnapshot> {
    return await this.#read("Reading the leases", async () => {
      const head = this.#takeHead() ?? (await this.#client.getBlock({ blockTag: "latest" }));
      const depth = head.number > this.#confirmations ? head.number - this.#confirmations : 0n;
      const registeredAt = await this.#registration();
      const lidsOf = async (): Promise<bigint[]> => {
        await this.#logs.readTo(head.number, { nodeId, registeredAt });
        return [...new Set([...watch, ...this.#logs.opened().values()])].slice(0, MAX_FOLLOWED_LEASES);
      };
      const leases = await this.#views.read(lidsOf, head, depth);
      const opened = this.#logs.opened();
      for (const { confirmed } of leases.values())
        if (confirmed?.state === "closed") this.#logs.forget(confirmed.leaseHash);
      return { headNumber: head.number, headTime: Number(head.timestamp), leases, opened };
    });
  }

  async confirmStart({ lid, leaseHash }: LeaseRecord): Promise<void> {
    await this.#send("confirmStart", [lid, leaseHash]);
  }

  async decline({ lid, leaseHash }: LeaseRecord, reason: CloseReason): Promise<void> {
    await this.#send("decline", [lid, leaseHash, closeReasons[reason]]);
  }

  async confirmUpdate({ lid }: LeaseRecord, update: { version: number; manifestHash: Hex }): Promise<void> {
    await this.#send("confirmUpdate", [lid, update.version, update.manifestHash]);
  }

  async declineUpdate({ lid }: LeaseRecord, update: { version: number; reason: CloseReason }): Promise<void> {
    await this.#send("declineUpdate", [lid, update.version, closeReasons[update.reason]]);
  }

  async closeExhausted({ lid }: LeaseRecord): Promise<void> {
    await this.#send("close", [lid, closeReasons["network.funds_exhausted"]]);
  }

  async giveNotice({ lid }: LeaseRecord, reason: CloseReason): Promise<void> {
    await this.#send("giveNotice", [lid, closeReasons[reason]]);
  }

  async closeReclaimed({ lid }: LeaseRecord, reason: CloseReason): Promise<void> {
    await this.#send("close", [lid, closeReasons[reason]]);
  }

  #takeHead(): TimedBlock | undefined {
    const noted = this.#head;
    this.#head = undefined;
    return noted !== undefined && performance.now() - noted.at <= HEAD_MAX_AGE_MS ? noted.block : undefined;
  }

  async #send(functionName: string, args: readonly unknown[]): Promise<void> {
    await this.#transactions.send({ address: this.market, abi: leaseMarketAbi, functionName, args });
  }

  async #registration(): Promise<number> {
    if (this.#registeredAt === undefined) await this.node();
    return this.#registeredAt ?? 0;
  }

  async #registry(functionName: "nodeIdOf", args: readonly [Address]): Promise<bigint> {
    return await this.#client.readContract({
      address: this.#contracts.nodeRegistry,
      abi: nodeRegistryAbi,
      functionName,
      args,
    });
  }

  async #read<Result>(what: string, task: () => Promise<Result>): Promise<Result> {
    try {
      return await task();
    } catch (error) {
      const known = chainError(error, what);
      // A read that reverts means other contracts than expected, or a block that a reorg took away: try again later.
      throw known.code === "TX_REVERTED"
        ? new ProtocolError("CHAIN_UNREACHABLE", known.message, { cause: error })
        : known;
    }
  }
}
