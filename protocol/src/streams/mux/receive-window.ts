import { MAX_WINDOW_BYTES, WINDOW_BYTES } from "./limits.ts";

/** Round trip from which a window may grow: below, more bytes under way would only wait in buffers. */
const LONG_WAY_MS = 2;

/** What the windows of a link share. */
export interface WindowPool {
  /** Bytes by which windows may still grow. */
  extra: number;
  /** Shortest round trip of the link so far, in milliseconds; undefined before the first. */
  rttMs: number | undefined;
}

/** What the other side of one channel may send, and when to grant more. */
export class ReceiveWindow {
  readonly #pool: WindowPool;
  #size = WINDOW_BYTES;
  #granted = WINDOW_BYTES;
  #taken = 0;
  #grantedAt: number;

  /** @param now In milliseconds. */
  constructor(pool: WindowPool, now: number) {
    this.#pool = pool;
    this.#grantedAt = now;
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
    const credit = this.#taken + this.#growth(now());
    this.#granted += credit;
    this.#taken = 0;
    return credit;
  }

  /** Gives back to the pool what this window grew by. */
  release(): void {
    this.#pool.extra += this.#size - WINDOW_BYTES;
    this.#size = WINDOW_BYTES;
  }

  /** A window that is emptied by half within a round trip is what holds the sender back: it doubles. */
  #growth(now: number): number {
    const elapsed = now - this.#grantedAt;
    this.#grantedAt = now;
    const { rttMs, extra } = this.#pool;
    const growth = Math.min(this.#size, MAX_WINDOW_BYTES - this.#size);
    if (rttMs === undefined || rttMs < LONG_WAY_MS || elapsed > rttMs) return 0;
    if (growth <= 0 || growth > extra) return 0;
    this.#pool.extra -= growth;
    this.#size += growth;
    return growth;
  }
}
