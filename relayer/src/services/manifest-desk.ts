import { ProtocolError } from "@fizz/protocol/errors";
import { type ManifestDelivery, toWire } from "@fizz/protocol/messages";
import { fizzDomain, recoverReceiptSigner, type SignedReceipt } from "@fizz/protocol/typed-data";
import { type Address, keccak256, stringToBytes } from "viem";
import {
  type Chain,
  type Clock,
  type LeaseFacts,
  type Logger,
  type NodeCalls,
  type Store,
  type StoredDelivery,
} from "../ports.ts";
import { ManifestSweep } from "./manifest-sweep.ts";
import { type NodeDirectory } from "./node-directory.ts";

/** Deliveries kept for nodes that are away. */
const MAX_STORED_DELIVERIES = 10_000;
/** Different sealed bytes kept for one lease and version: whoever knows the open part could send some. */
const MAX_DELIVERIES_PER_VERSION = 4;
/** Time that a call waits for the receipt of the node; with LEASE_WAIT_MS below the client's CONTROL_TIMEOUT_MS. */
const RECEIPT_WAIT_MS = 9_000;
/** Time that a lease which was just opened may take to be seen by the gateway's RPC. */
const LEASE_WAIT_MS = 4_000;
const LEASE_RETRY_MS = 500;
/** How long receipts are kept, and deliveries whose leases still want them. */
const KEEP_MS = 7 * 24 * 3_600_000;
const CLEAN_EVERY_MS = 300_000;
/** Interval between new tries with a node that is connected and did not answer. */
const RETRY_EVERY_MS = 15_000;

export interface ManifestDeskComponents {
  readonly chain: Chain;
  readonly store: Store;
  readonly nodes: NodeDirectory;
  readonly calls: Pick<NodeCalls, "manifest">;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ManifestDeskInit {
  readonly market: Address;
  readonly receiptWaitMs?: number;
  readonly leaseWaitMs?: number;
  readonly cleanEveryMs?: number;
}

/** Takes sealed manifests and sees to it that their nodes get them, now or when they come back. */
export class ManifestDesk {
  readonly #components: ManifestDeskComponents;
  readonly #market: Address;
  readonly #receiptWaitMs: number;
  readonly #leaseWaitMs: number;
  readonly #stopping = new AbortController();
  #stopListening: (() => void) | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Nodes whose kept manifests are tried again while they are connected. */
  readonly #waiting = new Set<bigint>();
  readonly #sweep: ManifestSweep;
  readonly #cleanEveryMs: number;

  constructor(components: ManifestDeskComponents, init: ManifestDeskInit) {
    this.#components = components;
    this.#market = init.market;
    this.#sweep = new ManifestSweep(components);
    this.#cleanEveryMs = init.cleanEveryMs ?? CLEAN_EVERY_MS;
    this.#receiptWaitMs = init.receiptWaitMs ?? RECEIPT_WAIT_MS;
    this.#leaseWaitMs = init.leaseWaitMs ?? LEASE_WAIT_MS;
  }

  start(): void {
    if (this.#stopListening !== undefined) return;
    this.#stopListening = this.#components.nodes.onOnline((nodeId) => {
      void this.#deliverStored(nodeId);
    });
    this.#timers.push(setInterval(() => void this.#clean(), this.#cleanEveryMs));
    this.#timers.push(setInterval(() => void this.#retry(), RETRY_EVERY_MS));
  }

  stop(): void {
    this.#stopListening?.();
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopping.abort();
  }

  /**
   * Checks a delivery against the chain, keeps it, and forwards it.
   *
   * @returns The node's receipt, or undefined when the node is away or slow: it gets the delivery later, and the same
   * call again asks for the receipt.
   * @throws ProtocolError LEASE_NOT_FOUND, LEASE_WRONG_STATE, MANIFEST_MISMATCH, LIMIT_REACHED, CHAIN_UNREACHABLE, and
   * what the node refuses with.
   */
  async deliver(delivery: ManifestDelivery, signal: AbortSignal): Promise<SignedReceipt | undefined> {
    const { store, clock, logger } = this.#components;
    const lease = await this.#requireLease(delivery, signal);
    const known = await store.findReceipt(delivery);
    if (known !== undefined) return known;
    if ((await store.countDeliveries()) >= MAX_STORED_DELIVERIES)
      throw new ProtocolError(
        "LIMIT_REACHED",
        "This gateway keeps too many undelivered manifests. Try again later.",
      );
    const id = keccak256(stringToBytes(toWire(delivery)));
    const stored = { id, nodeId: lease.nodeId, receivedAt: clock(), delivery };
    await store.addDelivery(stored, MAX_DELIVERIES_PER_VERSION);
    try {
      return await this.#forward(stored, AbortSignal.any([signal, AbortSignal.timeout(this.#receiptWaitMs)]));
    } catch (error) {
      if (!isRetryable(error)) throw error;
      const fields = { event: "manifest.kept", lid: delivery.lid, nodeId: lease.nodeId, error };
      logger.info(fields, "The node is away or slow; its manifest is kept.");
      this.#waiting.add(lease.nodeId);
      return undefined;
    }
  }

  async #requireLease(delivery: ManifestDelivery, signal: AbortSignal): Promise<LeaseFacts> {
    const { chain } = this.#components;
    const { subnetId } = await chain.identity();
    const lease = await this.#findLease(delivery.lid, signal);
    if (lease?.subnetId !== subnetId)
      throw new ProtocolError("LEASE_NOT_FOUND", `There is no lease ${delivery.lid} in this subnet.`);
    if (lease.state === "closed")
      throw new ProtocolError("LEASE_WRONG_STATE", `Lease ${delivery.lid} is closed.`);
    if (lease.leaseHash !== delivery.leaseHash)
      throw new ProtocolError(
        "MANIFEST_MISMATCH",
        `Lease ${delivery.lid} has another hash than the delivery says.`,
      );
    if (await this.#isWanted(lease, delivery)) return lease;
    const message = `Lease ${delivery.lid} does not wait for version ${delivery.version} with this manifest hash.`;
    throw new ProtocolError("MANIFEST_MISMATCH", message);
  }

  async #isWanted(lease: LeaseFacts, { version, manifestHash, lid }: ManifestDelivery): Promise<boolean> {
    if (version === lease.version) return manifestHash === lease.manifestHash;
    const pending = await this.#components.chain.findPendingManifest(lid);
    return pending?.version === version && pending.manifestHash === manifestHash;
  }

  /** The client may see the block of its lease before the gateway's RPC does. */
  async #findLease(lid: bigint, signal: AbortSignal): Promise<LeaseFacts | undefined> {
    const { chain, clock } = this.#components;
    const until = clock() + this.#leaseWaitMs;
    for (;;) {
      const lease = await chain.findLease(lid, "head");
      if (lease !== undefined || signal.aborted || clock() >= until) return lease;
      await new Promise((resolve) => setTimeout(resolve, LEASE_RETRY_MS));
    }
  }

  async #forward({ id, nodeId, delivery }: StoredDelivery, signal: AbortSignal): Promise<SignedReceipt> {
    const { calls, store, clock, logger } = this.#components;
    try {
      const signed = await calls.manifest(nodeId, delivery, signal);
      await this.#checkReceipt(nodeId, delivery, signed);
      await store.saveReceipt(delivery, signed, clock());
      logger.info({ event: "manifest.delivered", lid: delivery.lid, nodeId }, "A manifest was delivered.");
      return signed;
    } catch (error) {
      if (!isRetryable(error)) await store.removeDelivery(id);
      throw error;
    }
  }

  async #checkReceipt(nodeId: bigint, delivery: ManifestDelivery, signed: SignedReceipt): Promise<void> {
    const { chain, nodes } = this.#components;
    const { chainId } = await chain.identity();
    const { receipt } = signed;
    const signer = await recoverReceiptSigner(fizzDomain(chainId, this.#market), signed);
    const matches =
      receipt.lid === delivery.lid &&
      receipt.leaseHash === delivery.leaseHash &&
      receipt.manifestHash === delivery.manifestHash &&
      signer.toLowerCase() === nodes.require(nodeId).facts.operator.toLowerCase();
    if (!matches)
      throw new ProtocolError(
        "PEER_REFUSED",
        "The node's receipt is not for this manifest, or not signed by it.",
      );
  }

  async #retry(): Promise<void> {
    const online = [...this.#waiting].filter(
      (nodeId) => this.#components.nodes.find(nodeId)?.online === true,
    );
    for (const nodeId of online) await this.#deliverStored(nodeId);
  }

  async #deliverStored(nodeId: bigint): Promise<void> {
    const { store, logger } = this.#components;
    this.#waiting.delete(nodeId);
    try {
      for (const stored of await store.deliveriesOf(nodeId)) {
        const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(this.#receiptWaitMs)]);
        await this.#forward(stored, signal).catch((error: unknown) => {
          const fields = { event: "manifest.undelivered", lid: stored.delivery.lid, nodeId, error };
          logger.warn(fields, "A kept manifest was not taken.");
          if (isRetryable(error)) this.#waiting.add(nodeId);
        });
      }
    } catch (error) {
      logger.error({ event: "manifest.store.failed", nodeId, error }, "Kept manifests cannot be read.");
    }
  }

  async #clean(): Promise<void> {
    const { store, clock, logger } = this.#components;
    try {
      await store.dropOlderThan(clock() - KEEP_MS);
      await this.#sweep.sweep();
    } catch (error) {
      logger.error({ event: "manifest.store.failed", error }, "Old manifests cannot be removed.");
    }
  }
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof ProtocolError) || error.retryable;
}
