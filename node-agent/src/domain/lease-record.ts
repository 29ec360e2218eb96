import { type ChainLeaseState } from "@fizz/protocol/chain";
import { type Address, type Hex } from "viem";

/** An update that waits for the node. */
export interface PendingUpdate {
  readonly version: number;
  readonly manifestHash: Hex;
  /** Packed resource word. */
  readonly resources: bigint;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** A lease as the chain has it at one block. */
export interface LeaseRecord {
  readonly lid: bigint;
  readonly leaseHash: Hex;
  readonly tenant: Address;
  readonly nodeId: bigint;
  readonly subnetId: number;
  readonly state: Exclude<ChainLeaseState, "none">;
  readonly version: number;
  readonly manifestHash: Hex;
  /** Packed resource word. */
  readonly resources: bigint;
  /** Unix seconds; 0 when the state has none. */
  readonly deadline: number;
  /** From a notice of the node until it may close. */
  readonly noticeSeconds: number;
  /** Unix seconds at which the prepaid time is used up; 0 while it does not run. */
  readonly paidUntil: number;
  readonly pending: PendingUpdate | undefined;
}

/** One lid at the head and at the confirmation depth; undefined where the chain has no such lease. */
export interface LeaseViews {
  readonly head: LeaseRecord | undefined;
  readonly confirmed: LeaseRecord | undefined;
}

/** What the node must know of the chain, read at two blocks. */
export interface ChainSnapshot {
  readonly headNumber: bigint;
  /** Unix seconds of the head block. */
  readonly headTime: number;
  readonly leases: ReadonlyMap<bigint, LeaseViews>;
  /** Lids by lease hash, from the logs of this node's leases. */
  readonly opened: ReadonlyMap<Hex, bigint>;
}

/** What a lease hash means on the chain now. */
export interface LocatedLease extends LeaseViews {
  /** The lid that carries the hash; undefined when none does. */
  readonly lid: bigint | undefined;
}

/**
 * Finds a lease by its content. A reorg may give its lid to another lease, or give it another lid.
 *
 * @param hint Lid under which it was seen last.
 */
export function locateLease(snapshot: ChainSnapshot, leaseHash: Hex, hint: bigint | undefined): LocatedLease {
  const lids = [snapshot.opened.get(leaseHash), hint].filter((lid) => lid !== undefined);
  const own = (record: LeaseRecord | undefined): LeaseRecord | undefined =>
    record?.leaseHash === leaseHash ? record : undefined;
  for (const lid of lids) {
    const views = snapshot.leases.get(lid);
    const head = own(views?.head);
    const confirmed = own(views?.confirmed);
    if (head !== undefined || confirmed !== undefined) return { lid, head, confirmed };
  }
  return { lid: undefined, head: undefined, confirmed: undefined };
}
