import { ProtocolError } from "@fizz/protocol/errors";
import { packResources, requireValidOrder, resourcesOf, unpackResources } from "@fizz/protocol/manifest";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { openDelivery } from "@fizz/protocol/orders";
import { type SignedReceipt } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { NONE_REVOKED } from "../domain/revoked-grants.ts";
import { findManifest, type StoredManifest, withManifest } from "../domain/stored-lease.ts";
import { type Logger } from "../observability/logger.ts";
import {
  type Chain,
  type Clock,
  type Journal,
  type LeaseStore,
  type ManifestIntake,
  type Signer,
} from "../ports.ts";
import { LeaseLog } from "./lease-log.ts";

/** Time for a lease that was just opened to be seen by this node's RPC, in milliseconds. */
const LEASE_WAIT_MS = 20_000;
const LEASE_POLL_MS = 500;

export interface ManifestDeskComponents {
  readonly chain: Chain;
  readonly store: LeaseStore;
  readonly journal: Journal;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeId: bigint;
  /** There is something new to run. */
  readonly onAccepted: (leaseHash: Hex) => void;
}

/** What the chain says that a delivery must be. */
interface Expected {
  readonly lease: LeaseRecord;
  readonly manifestHash: Hex;
  readonly resources: bigint;
}

/** Takes manifests in: holds each against the chain, opens it, keeps it, and signs for it. */
export class ManifestDesk implements ManifestIntake {
  readonly #components: ManifestDeskComponents;

  constructor(components: ManifestDeskComponents) {
    this.#components = components;
  }

  /**
   * Safe to repeat: the same delivery gets the same receipt.
   *
   * @throws ProtocolError LEASE_NOT_FOUND, LEASE_WRONG_STATE, MANIFEST_MISMATCH, MANIFEST_INVALID, QUOTE_EXPIRED,
   * UNSEAL_FAILED, INPUT_INVALID, CHAIN_UNREACHABLE, STORE_FAILED
   */
  async accept(delivery: ManifestDelivery, signal: AbortSignal): Promise<SignedReceipt> {
    const { store, signer, log, onAccepted } = this.#components;
    const expected = await this.#expect(delivery, signal);
    if (findManifest(store.find(delivery.leaseHash), delivery.manifestHash) === undefined) {
      await this.#keep(expected, await this.#open(delivery, expected));
      log.info(
        { event: "manifest.accepted", lid: delivery.lid, version: delivery.version },
        "A manifest is in.",
      );
      onAccepted(delivery.leaseHash);
    }
    // Also where an agent ended between the two.
    this.#tell(delivery);
    const { lid, leaseHash, manifestHash } = delivery;
    return await signer.signReceipt({ lid, leaseHash, manifestHash });
  }

  async #expect(delivery: ManifestDelivery, signal: AbortSignal): Promise<Expected> {
    const lease = await this.#waitForLease(delivery, signal);
    if (lease.state === "closed")
      throw new ProtocolError("LEASE_WRONG_STATE", `Lease ${delivery.lid} is closed.`);
    if (delivery.version === lease.version)
      return matching(delivery, { lease, manifestHash: lease.manifestHash, resources: lease.resources });
    const { pending } = lease;
    if (pending?.version === delivery.version)
      return matching(delivery, { lease, manifestHash: pending.manifestHash, resources: pending.resources });
    const message = `Lease ${delivery.lid} does not wait for version ${delivery.version}.`;
    throw new ProtocolError("MANIFEST_MISMATCH", message);
  }

  /** The tenant may see its transaction before this node's RPC does. */
  async #waitForLease(delivery: ManifestDelivery, signal: AbortSignal): Promise<LeaseRecord> {
    const { chain, clock, nodeId } = this.#components;
    const until = clock.now() + LEASE_WAIT_MS;
    for (;;) {
      const lease = await chain.lease(delivery.lid);
      const isOurs = lease?.leaseHash === delivery.leaseHash && lease.nodeId === nodeId;
      if (isOurs && isSeen(lease, delivery)) return lease;
      if (clock.now() >= until || signal.aborted) {
        if (isOurs) return lease;
        const message = `The chain has no lease ${delivery.lid} with this hash for this node.`;
        throw new ProtocolError("LEASE_NOT_FOUND", message);
      }
      await clock.sleep(LEASE_POLL_MS, signal);
    }
  }

  async #open(delivery: ManifestDelivery, expected: Expected): Promise<StoredManifest> {
    const { clock } = this.#components;
    const sealingKey = this.#sealingKey(delivery);
    const { openPart, sealedPart } = await openDelivery(delivery, sealingKey);
    requireValidOrder(openPart, sealedPart);
    const { gpuModel } = unpackResources(expected.resources);
    if (packResources(resourcesOf(openPart, gpuModel)) !== expected.resources)
      throw new ProtocolError(
        "MANIFEST_MISMATCH",
        "The manifest needs other resources than the lease reserves.",
      );
    return { delivery, sealingKey, receivedAt: clock.now() };
  }

  /** Keys rotate: each version of a manifest is sealed to the key of a quote of its own. */
  #sealingKey({ leaseHash, quoteNonce, version }: ManifestDelivery): Hex {
    const { store } = this.#components;
    const isUsed = store
      .find(leaseHash)
      ?.manifests.some(({ delivery }) => delivery.quoteNonce === quoteNonce && delivery.version !== version);
    const key = isUsed === true ? undefined : store.findQuoteKey(quoteNonce)?.privateKey;
    if (key !== undefined) return key;
    throw new ProtocolError(
      "QUOTE_EXPIRED",
      "The key of this quote is gone, or sealed another version. Ask for a new quote.",
    );
  }

  async #keep({ lease }: Expected, manifest: StoredManifest): Promise<void> {
    const { store } = this.#components;
    const { lid, leaseHash, tenant } = lease;
    const changed = await store.change(leaseHash, (known) => withManifest({ ...known, lid }, manifest));
    if (changed === undefined) {
      const fresh = {
        leaseHash,
        lid,
        tenant,
        doors: null,
        restarts: {},
        images: {},
        missingSince: null,
        revoked: NONE_REVOKED,
        removedAt: null,
      };
      await store.save(withManifest({ ...fresh, manifests: [] }, manifest));
    }
  }

  #tell({ leaseHash, manifestHash, version }: ManifestDelivery): void {
    const message = `Manifest version ${version} accepted`;
    const event = { code: "manifest.accepted", message, data: { manifestHash } } as const;
    new LeaseLog(this.#components.journal, leaseHash).once(version, event);
  }
}

/** Whether the chain's view is new enough to judge a delivery. */
function isSeen(lease: LeaseRecord, { version }: ManifestDelivery): boolean {
  return lease.state === "closed" || lease.version >= version || lease.pending?.version === version;
}

function matching(delivery: ManifestDelivery, expected: Expected): Expected {
  if (delivery.manifestHash === expected.manifestHash) return expected;
  const message = `Lease ${delivery.lid} has another manifest hash for version ${delivery.version}.`;
  throw new ProtocolError("MANIFEST_MISMATCH", message);
}
