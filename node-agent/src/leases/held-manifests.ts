import { type SealedPart } from "@fizz/protocol/manifest";
import { type DiskMethod, type DoorRequest, type Endpoint } from "@fizz/protocol/messages";
import { openDelivery, type OpenedDelivery } from "@fizz/protocol/orders";
import { type Hex } from "viem";
import { doorRequestsOf } from "../domain/doors.ts";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { type BringUpFailure, type DesiredContainer, type HeldVersion } from "../domain/plan-facts.ts";
import {
  findManifest,
  type StoredDoors,
  type StoredLease,
  type StoredManifest,
} from "../domain/stored-lease.ts";
import { type ContainerSpec, startOrderOf, workloadOf } from "../domain/workload.ts";
import { formerDigest, specDigest } from "./spec-digest.ts";

/** Opened manifests that are kept in memory; others are opened again when needed. */
export const MAX_OPENED_MANIFESTS = 512;
/** Keeps the range groups of a pending version apart from those of the running one. */
const PENDING_GROUP_OFFSET = 500;

/** A stored manifest, opened. */
export interface OpenManifest extends OpenedDelivery {
  readonly stored: StoredManifest;
  /** How its containers' disk is held to what they lease. */
  readonly diskMethod: DiskMethod;
}

/** The versions of a lease that matter now: the running one, and the pending one. */
export interface LeaseManifests {
  readonly running: OpenManifest | undefined;
  readonly pending: OpenManifest | undefined;
}

/** Opens sealed manifests, once each. */
export class HeldManifests {
  readonly #opened = new Map<Hex, Promise<OpenedDelivery>>();
  readonly #diskMethod: DiskMethod;

  constructor(diskMethod: DiskMethod = "watch") {
    this.#diskMethod = diskMethod;
  }

  async of(lease: StoredLease, head: LeaseRecord | undefined): Promise<LeaseManifests> {
    return {
      running: await this.#find(lease, head?.manifestHash),
      pending: await this.#find(lease, head?.pending?.manifestHash),
    };
  }

  async open(stored: StoredManifest): Promise<OpenManifest> {
    const { delivery, sealingKey } = stored;
    const known = this.#opened.get(delivery.manifestHash) ?? openDelivery(delivery, sealingKey);
    this.#opened.set(delivery.manifestHash, known);
    for (const hash of this.#opened.keys()) {
      if (this.#opened.size <= MAX_OPENED_MANIFESTS) break;
      this.#opened.delete(hash);
    }
    try {
      return { ...(await known), stored, diskMethod: this.#diskMethod };
    } catch (error) {
      this.#opened.delete(delivery.manifestHash);
      throw error;
    }
  }

  async #find(lease: StoredLease, manifestHash: Hex | undefined): Promise<OpenManifest | undefined> {
    const stored = manifestHash === undefined ? undefined : findManifest(lease, manifestHash);
    return stored === undefined ? undefined : await this.open(stored);
  }
}

/** The doors of both versions: those of the new one must be there before its containers are made. */
export function wantedDoors({ running, pending }: LeaseManifests): DoorRequest[] {
  const doors = new Map<string, DoorRequest>();
  for (const door of running === undefined ? [] : doorRequestsOf(running.openPart))
    doors.set(doorKey(door), door);
  for (const door of pending === undefined ? [] : doorRequestsOf(pending.openPart)) {
    if (doors.has(doorKey(door))) continue;
    const group = door.group === undefined ? {} : { group: door.group + PENDING_GROUP_OFFSET };
    doors.set(doorKey(door), { ...door, ...group });
  }
  return [...doors.values()];
}

/** Services of both versions, in the order in which they start. */
export function serviceOrder({ running, pending }: LeaseManifests): string[] {
  return [running, pending].flatMap((manifest) => (manifest === undefined ? [] : startOrderOf(manifest)));
}

/** Whether doors are known for everything that a version asks for. */
function areComplete(doors: StoredDoors, wanted: readonly DoorRequest[]): boolean {
  const known = new Set(doors.endpoints.map(doorKey));
  return wanted.every((door) => known.has(doorKey(door)));
}

export function heldVersion(
  lease: StoredLease,
  manifest: OpenManifest,
  failure: BringUpFailure | undefined,
): HeldVersion {
  const { version, manifestHash } = manifest.stored.delivery;
  return { version, manifestHash, desired: desiredOf(lease, manifest), failure };
}

/** What was last made of an opened manifest, and of what else. */
interface Made {
  readonly from: readonly unknown[];
  readonly desired: readonly DesiredContainer[];
}

/** Every look asks, and the answer changes with lease, version and doors only. */
const made = new WeakMap<SealedPart, Made>();

function desiredOf(lease: StoredLease, manifest: OpenManifest): readonly DesiredContainer[] | undefined {
  const { doors, leaseHash, lid } = lease;
  const { openPart, sealedPart, stored, diskMethod } = manifest;
  const { version } = stored.delivery;
  const from = [openPart, doors, leaseHash, lid, version, diskMethod];
  const known = made.get(sealedPart);
  if (known?.from.every((part, index) => part === from[index]) === true) return known.desired;
  if (doors === null || !areComplete(doors, doorRequestsOf(openPart))) return undefined;
  const specs = workloadOf({ leaseHash, lid, version, openPart, sealedPart, doors });
  const desired = specs.map((spec) => desiredBy(diskMethod, spec));
  made.set(sealedPart, { from, desired });
  return desired;
}

function desiredBy(method: DiskMethod, spec: ContainerSpec): DesiredContainer {
  if (method === "watch") return { spec, digest: specDigest(spec), formerDigest: formerDigest(spec) };
  const limited: ContainerSpec = { ...spec, limits: { ...spec.limits, isDiskLimited: true } };
  // Those that are only watched run on until an update needs others.
  return { spec: limited, digest: specDigest(limited), formerDigest: specDigest(spec) };
}

function doorKey(door: Pick<Endpoint, "service" | "replica" | "port" | "protocol">): string {
  return `${door.service}/${door.replica}/${door.port}/${door.protocol}`;
}

/** What the gateway was told; it follows a lease by its number, which a reorganisation may change. */
export function doorsKeyOf(
  session: number,
  lid: bigint | undefined,
  { running, pending }: LeaseManifests,
): string {
  const hashes = [running, pending].map((manifest) => manifest?.stored.delivery.manifestHash ?? "");
  return [session, lid ?? "", ...hashes].join("/");
}
