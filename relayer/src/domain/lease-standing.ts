import { type ChainLeaseState } from "@fizz/protocol/chain";
import { type Hex } from "viem";
import { type LeaseFacts, type Standing } from "../ports.ts";

/** Blocks for which a lease must stay away from the head before it counts as never opened. */
export const MISSING_LEASE_BLOCKS = 30n;

export interface StandingInput {
  readonly leaseHash: Hex;
  /** What the head of the chain has under the lid. */
  readonly head: LeaseFacts | undefined;
  /** What the confirmed chain has; only looked at when the head has no running lease. */
  readonly confirmed: LeaseFacts | undefined;
  /** For how many blocks the head has not had this lease. */
  readonly missingBlocks: bigint;
}

/**
 * Where a lease stands. Only the confirmed chain ends it: closed there, or not there at all while it also stayed away
 * from the head. A number that names another lease now (another hash) counts as not there.
 */
export function standingOf({ leaseHash, head, confirmed, missingBlocks }: StandingInput): Standing {
  const isThis = (facts: LeaseFacts | undefined): facts is LeaseFacts => facts?.leaseHash === leaseHash;
  if (isThis(head)) {
    if (head.state !== "closed") return runs(head.state) ? "running" : "open";
    return isThis(confirmed) && confirmed.state === "closed" ? "over" : "ending";
  }
  return isThis(confirmed) || missingBlocks < MISSING_LEASE_BLOCKS ? "ending" : "over";
}

/** Whether the public may reach the containers. */
export function runs(state: ChainLeaseState): boolean {
  return state === "active" || state === "reclaiming";
}
