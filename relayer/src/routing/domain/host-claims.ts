import { type Hex } from "viem";
import { type HostClaim } from "../../ports.ts";
import { wildcardOf } from "./host-names.ts";

/** A claim with the lease that makes it. */
export interface LeaseClaim extends HostClaim {
  readonly leaseHash: Hex;
}

/**
 * Which lease holds each claimed name: the one that is first in line. A wildcard that another lease claimed before
 * covers the names under it as well, and one that was claimed later leaves them.
 */
export function holdersOf(claims: readonly LeaseClaim[]): Map<string, LeaseClaim> {
  const holders = new Map<string, LeaseClaim>();
  for (const claim of claims.toSorted((a, b) => a.since - b.since)) {
    const before = holders.get(claim.name);
    const above = holders.get(wildcardOf(claim.name));
    const isFree = before === undefined && (above === undefined || above.leaseHash === claim.leaseHash);
    if (isFree) holders.set(claim.name, claim);
  }
  return holders;
}
