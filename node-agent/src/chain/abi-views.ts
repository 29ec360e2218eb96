import { type ChainLeaseState, leaseStateOf } from "@fizz/protocol/chain";
import { type Address, type Hex } from "viem";
import { type LeaseRecord, type PendingUpdate } from "../domain/lease-record.ts";

/** ILeaseMarket.Lease as viem decodes it; the fields that the node reads. */
interface RawLease {
  readonly tenant: Address;
  readonly nodeId: bigint;
  readonly subnetId: number;
  readonly deadline: number;
  readonly state: number;
  readonly version: number;
  readonly resources: bigint;
  readonly noticeSeconds: number;
  readonly leaseHash: Hex;
  readonly manifestHash: Hex;
}

interface RawUpdate {
  readonly manifestHash: Hex;
  readonly resources: bigint;
  readonly version: number;
  readonly expiresAt: number;
}

export interface RawViews {
  readonly lid: bigint;
  readonly lease: RawLease;
  readonly update: RawUpdate;
  readonly paidUntil: bigint;
}

const NEVER = Number.MAX_SAFE_INTEGER;

/** Undefined when the chain has no such lease. */
export function leaseRecordOf({ lid, lease, update, paidUntil }: RawViews): LeaseRecord | undefined {
  const state: ChainLeaseState = leaseStateOf(lease.state);
  if (state === "none") return undefined;
  return {
    lid,
    leaseHash: lease.leaseHash,
    tenant: lease.tenant,
    nodeId: lease.nodeId,
    subnetId: lease.subnetId,
    state,
    version: lease.version,
    manifestHash: lease.manifestHash,
    resources: lease.resources,
    deadline: lease.deadline,
    noticeSeconds: lease.noticeSeconds,
    // A lease at no price is paid for ever.
    paidUntil: paidUntil > BigInt(NEVER) ? NEVER : Number(paidUntil),
    pending: pendingOf(update),
  };
}

function pendingOf(update: RawUpdate): PendingUpdate | undefined {
  if (update.version === 0) return undefined;
  const { version, manifestHash, resources, expiresAt } = update;
  return { version, manifestHash, resources, expiresAt };
}
