import { type Endpoint, type ManifestDelivery } from "@fizz/protocol/messages";
import { type Address, type Hex } from "viem";
import { type ImagePins } from "./pulled-image.ts";
import { type RevokedGrants } from "./revoked-grants.ts";

/** Most manifest versions kept of one lease: the running one, the pending one, and the one before at shallow depth. */
export const MAX_MANIFESTS_PER_LEASE = 3;

/** One delivered manifest version and the key that opens it. */
export interface StoredManifest {
  readonly delivery: ManifestDelivery;
  readonly sealingKey: Hex;
  /** Unix milliseconds. */
  readonly receivedAt: number;
}

/** Public ways into a deployment, as the gateway gave them. */
export interface StoredDoors {
  readonly host: string;
  readonly endpoints: readonly Endpoint[];
}

/** What a gateway answers to a request for doors. */
export interface OpenedDoors extends StoredDoors {
  /** Host names that another lease holds; they lead here when it is over. */
  readonly heldElsewhere: readonly string[];
}

/** How often a container had to be started again. */
export interface RestartRecord {
  readonly count: number;
  /** End of the run that was counted last, Unix milliseconds. */
  readonly lastExitAt: number;
  /** Not before this time, Unix milliseconds. */
  readonly nextAt: number;
}

/** What the node keeps of one lease between its own runs. */
export interface StoredLease {
  readonly leaseHash: Hex;
  readonly lid: bigint;
  readonly tenant: Address;
  readonly manifests: readonly StoredManifest[];
  readonly doors: StoredDoors | null;
  /** By digest of the container. */
  readonly restarts: Readonly<Record<string, RestartRecord>>;
  /** Which image its services are made of. */
  readonly images: ImagePins;
  /** Unix milliseconds since when the chain does not have it; null while it does. */
  readonly missingSince: number | null;
  /** Grants that its tenant took back. */
  readonly revoked: RevokedGrants;
  /** Unix milliseconds of the clean-up; only its events are kept then. Null before. */
  readonly removedAt: number | null;
}

/** The private half of a quote's sealing key. */
export interface QuoteKey {
  readonly nonce: bigint;
  readonly privateKey: Hex;
  /** Unix milliseconds after which no lease can still need it. */
  readonly keepUntil: number;
}

/** Adds a manifest version, replacing one of the same version, and drops the oldest beyond the limit. */
export function withManifest(lease: StoredLease, manifest: StoredManifest): StoredLease {
  const others = lease.manifests.filter((known) => known.delivery.version !== manifest.delivery.version);
  const manifests = [...others, manifest]
    .sort((left, right) => left.delivery.version - right.delivery.version)
    .slice(-MAX_MANIFESTS_PER_LEASE);
  return { ...lease, manifests };
}

export function findManifest(lease: StoredLease | undefined, manifestHash: Hex): StoredManifest | undefined {
  return lease?.manifests.find((manifest) => manifest.delivery.manifestHash === manifestHash);
}
