/** Burst that a rate allows, as time of it, and the least that a burst may be. */
const BURST_SECONDS = 0.25;
const MIN_BURST_BYTES = 256 * 1024;

/** Bytes per second with a small burst: what was taken too early has to be waited for. */
export class ByteRate {
  readonly #bytesPerSecond: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  /** @param now Milliseconds of any clock that never goes back. */
  constructor(bytesPerSecond: number, now: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#burst = Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_SECONDS);
    this.#left = this.#burst;
    this.#at = now;
  }

  /** Takes bytes that have gone through. @returns Milliseconds for which no more should; 0 when they fit. */
  take(bytes: number, now: number): number {
    const earned = ((now - this.#at) / 1_000) * this.#bytesPerSecond;
    this.#left = Math.min(this.#burst, this.#left + earned) - bytes;
    this.#at = now;
    return this.#left >= 0 ? 0 : (-this.#left / this.#bytesPerSecond) * 1_000;
  }
}
