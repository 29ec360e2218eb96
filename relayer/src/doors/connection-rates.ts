import { type Hex } from "viem";
import { TokenBucket } from "../domain/token-bucket.ts";
import { type DoorLimit } from "../ports.ts";

/** A caller may open so many seconds' worth of connections at once. */
const BURST_SECONDS = 10;
/** Callers, and leases, whose rate is counted; the one that was silent longest is forgotten. */
const MAX_COUNTED = 65_536;

/** How many new connections, and senders of datagrams, there may be per second. */
export interface RateLimits {
  /** From one address, to all doors. */
  readonly newPerAddress: number;
  /** To all doors of one lease. */
  readonly newPerLease: number;
}

/** Counts new connections against their rates. */
export class ConnectionRates {
  readonly #addresses = new Map<string, TokenBucket>();
  readonly #leases = new Map<string, TokenBucket>();
  #limits: RateLimits;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  setLimits(limits: RateLimits): void {
    this.#limits = limits;
    this.#addresses.clear();
    this.#leases.clear();
  }

  /**
   * @param now Milliseconds that only grow.
   * @returns The rate that is exceeded; undefined when the connection may go on.
   */
  exceeded(leaseHash: Hex, caller: string, now: number): DoorLimit | undefined {
    const { newPerAddress, newPerLease } = this.#limits;
    if (!take(this.#addresses, caller, { perSecond: newPerAddress, now })) return "address_rate";
    return take(this.#leases, leaseHash, { perSecond: newPerLease, now }) ? undefined : "lease_rate";
  }
}

function take(
  buckets: Map<string, TokenBucket>,
  key: string,
  { perSecond, now }: { readonly perSecond: number; readonly now: number },
): boolean {
  const bucket = buckets.get(key) ?? new TokenBucket({ perSecond, burst: perSecond * BURST_SECONDS }, now);
  // The map keeps its order: the first key is the one that was silent longest.
  buckets.delete(key);
  buckets.set(key, bucket);
  if (buckets.size > MAX_COUNTED) {
    const oldest = buckets.keys().next();
    if (!oldest.done) buckets.delete(oldest.value);
  }
  return bucket.tryTake(1, now);
}
