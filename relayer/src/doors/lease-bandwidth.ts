import { TokenBucket } from "../domain/token-bucket.ts";
import { type Bandwidth, type Throttle, type ThrottleInit } from "../bandwidth-ports.ts";
import { BandwidthThrottle } from "./throttle.ts";

/** One second's worth may pass at once. */
const BURST_SECONDS = 1;

/** The bandwidth of one lease, as a token bucket. */
export class LeaseBandwidth implements Bandwidth {
  #bucket: TokenBucket | undefined;

  /** @param bytesPerSecond 0 for no limit. */
  constructor(bytesPerSecond: number) {
    this.setLimit(bytesPerSecond);
  }

  get isLimited(): boolean {
    return this.#bucket !== undefined;
  }

  /** @param bytesPerSecond 0 for no limit. It holds for what passes from now on. */
  setLimit(bytesPerSecond: number): void {
    const now = performance.now();
    const rate = { perSecond: bytesPerSecond, burst: bytesPerSecond * BURST_SECONDS };
    if (bytesPerSecond === 0) this.#bucket = undefined;
    else if (this.#bucket === undefined) this.#bucket = new TokenBucket(rate, now);
    else this.#bucket.setRate(rate, now);
  }

  throttle(init: ThrottleInit): Throttle {
    return new BandwidthThrottle(this, init);
  }

  /** Counts bytes that have passed. @returns Milliseconds for which no more should pass. */
  spend(bytes: number): number {
    return this.#bucket?.spend(bytes, performance.now()) ?? 0;
  }

  /** Milliseconds for which nothing should pass. */
  waitMs(): number {
    return this.#bucket?.debtMs(performance.now()) ?? 0;
  }

  /** For what can be lost: whether these bytes may pass now. */
  tryPass(bytes: number): boolean {
    return this.#bucket?.tryTake(bytes, performance.now()) ?? true;
  }
}
