import { type Hex } from "viem";
import { type Leftover } from "./uninstall.ts";

/** What a lease has on an engine that shows no container of it. */
export interface LeftLease {
  readonly leaseHash: Hex;
  /** Lid at the time of creation; undefined where it was not written down. */
  readonly lid: bigint | undefined;
  readonly hasVolumes: boolean;
}

/**
 * Leases of which something is there that nobody looks after: the state that knew them was lost, or an agent ended
 * between two steps.
 *
 * @param isLookedAfter Whether a lease has containers, or is known and not over.
 */
export function leasesLeft(
  leftovers: readonly Leftover[],
  isLookedAfter: (leaseHash: Hex) => boolean,
): LeftLease[] {
  const left = new Map<Hex, LeftLease>();
  for (const { kind, leaseHash, lid } of leftovers) {
    if (leaseHash === undefined || isLookedAfter(leaseHash)) continue;
    const known = left.get(leaseHash);
    const hasVolumes = kind === "volume" || known?.hasVolumes === true;
    left.set(leaseHash, { leaseHash, lid: known?.lid ?? lid, hasVolumes });
  }
  return [...left.values()];
}
