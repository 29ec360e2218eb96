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
  readonly #addresses = new RecentBuckets();
  readonly #leases = new RecentBuckets();
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
    if (!this.#addresses.take(caller, newPerAddress, now)) return "address_rate";
    return this.#leases.take(leaseHash, newPerLease, now) ? undefined : "lease_rate";
  }
}

/** A bucket for each key, as many as there may be of those that came last. */
class RecentBuckets {
  /** The map keeps its order: the first key is the one that was silent longest. */
  readonly #buckets = new Map<string, TokenBucket>();
  #newest: string | undefined;
  #bucket: TokenBucket | undefined;

  clear(): void {
    this.#buckets.clear();
    this.#bucket = undefined;
  }

  /** Takes one token. @returns Whether there was one. */
  take(key: string, perSecond: number, now: number): boolean {
    if (this.#bucket !== undefined && this.#newest === key) return this.#bucket.tryTake(1, now);
    const bucket =
      this.#buckets.get(key) ?? new TokenBucket({ perSecond, burst: perSecond * BURST_SECONDS }, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#newest = key;
    this.#bucket = bucket;
    if (this.#buckets.size > MAX_COUNTED) this.#forgetOldest();
    return bucket.tryTake(1, now);
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
