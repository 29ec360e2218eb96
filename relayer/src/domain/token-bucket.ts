/** How fast a bucket fills, and how much it holds. */
export interface BucketRate {
  /** Tokens per second, above 0. */
  readonly perSecond: number;
  /** Tokens of a full bucket, at least 1. */
  readonly burst: number;
}

const MS_PER_SECOND = 1_000;

/**
 * A token bucket: full at first, it fills at a steady rate. Time is given, in milliseconds that only grow.
 * Token bucket as in RFC 2697, with one rate; `spend` may overdraw it, so that one large piece is not cut.
 */
export class TokenBucket {
  #rate: BucketRate;
  #tokens: number;
  #at: number;

  constructor(rate: BucketRate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Takes tokens when there are enough. @returns Whether there were. */
  tryTake(amount: number, now: number): boolean {
    this.#fill(now);
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }

  /** Takes tokens that may not be there yet. @returns Milliseconds until the bucket is out of debt; 0 when it is. */
  spend(amount: number, now: number): number {
    this.#fill(now);
    this.#tokens -= amount;
    return this.debtMs(now);
  }

  /** Milliseconds until the bucket is out of debt; 0 when it is. */
  debtMs(now: number): number {
    this.#fill(now);
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#rate.perSecond) * MS_PER_SECOND);
  }

  /** Another rate from now on. What is in the bucket, or owed, stays, up to the new size. */
  setRate(rate: BucketRate, now: number): void {
    this.#fill(now);
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, rate.burst);
  }

  #fill(now: number): void {
    const elapsed = Math.max(0, now - this.#at);
    this.#at = Math.max(this.#at, now);
    const filled = this.#tokens + (elapsed / MS_PER_SECOND) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, filled);
  }
}
