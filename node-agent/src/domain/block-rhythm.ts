/** How often a chain is asked whose rhythm is not known, or that is late. */
const USUAL_MS = 1_000;
/** Longest wait, so that a block that replaces the newest one is seen soon too. */
const MOST_MS = 2_000;
/** How often it is asked while a block is due, and for how long. */
const DUE_MS = 200;
const DUE_FOR_MS = 1_000;
/** So much before it is due it is asked: each block is seen a little earlier than the last one, until it is seen at once. */
const EARLY_MS = 40;

/** The newest block, and when it was seen, in milliseconds of any clock. */
interface Seen {
  readonly number: bigint;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly atMs: number;
}

/** When the next block is to be asked for: of a chain with blocks at equal distances, when it is due, and not before. */
export class BlockRhythm {
  #last: Seen | undefined;
  /** Between the two newest blocks, in milliseconds; twice the same is a rhythm. */
  #distanceMs: number | undefined;
  #isRhythm = false;

  /** A new head. */
  note(block: Seen): void {
    const last = this.#last;
    this.#last = block;
    if (last === undefined) return;
    const blocks = Number(block.number - last.number);
    const distanceMs = blocks > 0 ? (Number(block.timestamp - last.timestamp) * 1_000) / blocks : undefined;
    this.#isRhythm = distanceMs !== undefined && distanceMs === this.#distanceMs;
    this.#distanceMs = distanceMs;
  }

  /** @returns Milliseconds to wait before the chain is asked again. */
  waitMs(nowMs: number): number {
    const [last, distanceMs = 0] = [this.#last, this.#distanceMs];
    if (last === undefined || !this.#isRhythm || distanceMs <= USUAL_MS) return USUAL_MS;
    const leftMs = last.atMs + distanceMs - nowMs;
    if (leftMs > DUE_MS) return Math.min(leftMs - EARLY_MS, MOST_MS);
    return leftMs > -DUE_FOR_MS ? DUE_MS : USUAL_MS;
  }
}
