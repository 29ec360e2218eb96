import { isUnwantedManifest } from "../domain/unwanted-manifest.ts";
import { type Chain, type Clock, type Logger, type Store, type StoredDelivery } from "../ports.ts";

/** Kept manifests that are held against the chain in one go, and at once. */
const MAX_LOOKED_AT = 512;
const MAX_PARALLEL_READS = 16;
const MS_PER_SECOND = 1_000;

export interface ManifestSweepComponents {
  readonly chain: Pick<Chain, "findLease">;
  readonly store: Pick<Store, "deliveriesAfter" | "removeDelivery">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Drops kept manifests that the confirmed chain says nobody can want any more, part by part. */
export class ManifestSweep {
  readonly #components: ManifestSweepComponents;
  /** The last one that was looked at. */
  #place = "";

  constructor(components: ManifestSweepComponents) {
    this.#components = components;
  }

  /** Looks at the next part of them. What cannot be read stays. @throws ProtocolError STORE_FAILED */
  async sweep(): Promise<void> {
    const part = await this.#components.store.deliveriesAfter(this.#place, MAX_LOOKED_AT);
    this.#place = part.length < MAX_LOOKED_AT ? "" : (part.at(-1)?.id ?? "");
    for (let at = 0; at < part.length; at += MAX_PARALLEL_READS)
      await Promise.all(part.slice(at, at + MAX_PARALLEL_READS).map((stored) => this.#look(stored)));
  }

  async #look({ id, nodeId, delivery }: StoredDelivery): Promise<void> {
    const { chain, store, clock, logger } = this.#components;
    const lease = await chain.findLease(delivery.lid, "confirmed").catch(() => undefined);
    if (!isUnwantedManifest(delivery, lease, clock() / MS_PER_SECOND)) return;
    await store.removeDelivery(id);
    const fields = { event: "manifest.dropped", lid: delivery.lid, nodeId };
    logger.info(fields, "A kept manifest was dropped: its lease does not want it any more.");
  }
}
