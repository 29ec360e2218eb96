import { MAX_WINDOW_BYTES, WINDOW_BYTES } from "./limits.ts";

/** A trial of another size lasts for so many windows, and for so long, in milliseconds, at least. */
const TRIAL_WINDOWS = 4;
const TRIAL_MS = 50;
/** Trials that pass between one that failed and the next. */
const REST_TRIALS = 20;
/** A size twice as big is kept when so much more arrives; one half as big, when hardly less does. */
const WORTH_MORE = 1.25;
const NO_WORSE = 0.9;

/** What the windows of a link share. */
export interface WindowPool {
  /** Bytes by which windows may still grow. */
  extra: number;
}

/**
 * What the other side of one channel may send, and when to grant more. The window is as big as it pays: on a long or busy
 * way a bigger one lets more arrive, on a short one it only lets more wait in buffers. So it is tried: twice the size,
 * and again while that brings more; later half of it, while that brings no less.
 */
export class ReceiveWindow {
  readonly #pool: WindowPool;
  #size = WINDOW_BYTES;
  #granted = WINDOW_BYTES;
  #taken = 0;
  /** Of the trial under way. */
  #startedAt: number;
  #bytes = 0;
  /** What the size before brought, in bytes per millisecond; undefined when none is compared. */
  #before: { readonly size: number; readonly rate: number } | undefined;
  #rest = 0;
  #nextUp = true;

  /** @param now In milliseconds. */
  constructor(pool: WindowPool, now: number) {
    this.#pool = pool;
    this.#startedAt = now;
  }

  /** Counts bytes that arrive. @returns False when they were not granted. */
  receive(length: number): boolean {
    if (length > this.#granted) return false;
    this.#granted -= length;
    return true;
  }

  /**
   * Counts bytes that the reader took.
   *
   * @returns Bytes to grant now: 0 until half a window was taken.
   */
  take(length: number, now: () => number): number {
    this.#taken += length;
    if (this.#taken * 2 < this.#size) return 0;
    this.#bytes += this.#taken;
    const credit = Math.max(0, this.#taken + this.#try(now()));
    this.#granted += credit;
    this.#taken = 0;
    return credit;
  }

  /** Gives back to the pool what this window grew by. */
  release(): void {
    this.#pool.extra += this.#size - WINDOW_BYTES;
    this.#size = WINDOW_BYTES;
  }

  /** @returns By how much the size changes. */
  #try(now: number): number {
    const elapsed = now - this.#startedAt;
    if (this.#bytes < TRIAL_WINDOWS * this.#size || elapsed < TRIAL_MS) return 0;
    const rate = this.#bytes / elapsed;
    this.#bytes = 0;
    this.#startedAt = now;
    const target = this.#judge(rate);
    const change = target - this.#size;
    // A channel that rests compares nothing, and a full pool lets nothing grow.
    if (change > this.#pool.extra) return 0;
    this.#pool.extra -= change;
    this.#size = target;
    return change;
  }

  /** @returns The size to go on with. */
  #judge(rate: number): number {
    const before = this.#before;
    if (before !== undefined) {
      const isUp = this.#size > before.size;
      const isKept = rate >= before.rate * (isUp ? WORTH_MORE : NO_WORSE);
      this.#before = undefined;
      this.#nextUp = isUp === isKept;
      if (!isKept) {
        this.#rest = REST_TRIALS;
        return before.size;
      }
    }
    if (this.#rest > 0) {
      this.#rest -= 1;
      return this.#size;
    }
    const target = this.#nextUp ? this.#size * 2 : this.#size / 2;
    if (target < WINDOW_BYTES || target > MAX_WINDOW_BYTES) {
      this.#nextUp = !this.#nextUp;
      this.#rest = REST_TRIALS;
      return this.#size;
    }
    this.#before = { size: this.#size, rate };
    return target;
  }
}
