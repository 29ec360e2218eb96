import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const MIB = 1024 * 1024;
/**
 * Mebibytes between two collections when nothing else is set. What was read since the last one counts towards V8's limit
 * of the old generation, which leaves a process that was quiet little above what it holds: with 16 the limit was often
 * met first, and a full collection took the place of the minor one.
 */
export const COLLECT_EVERY_MIB = 4;

/** Counts bytes that went through, and does what is due for so many. */
export class TrafficCollector {
  readonly #everyBytes: number;
  readonly #collect: () => void;
  #left: number;

  /**
   * @param everyMib Mebibytes between two collections; 0 for never.
   * @param collect A minor collection of the V8 heap when left out.
   */
  constructor(everyMib: number, collect?: () => void) {
    this.#everyBytes = everyMib * MIB;
    this.#left = this.#everyBytes;
    this.#collect = collect ?? (everyMib === 0 ? () => undefined : minorCollection());
  }

  readonly count = (bytes: number): void => {
    if (this.#everyBytes === 0) return;
    this.#left -= bytes;
    if (this.#left > 0) return;
    this.#left = this.#everyBytes;
    this.#collect();
  };
}

/**
 * So small a collection is over before another thread has begun to help. And memory that another thread frees is not used
 * again at once: the next buffers lie in memory that no cache holds.
 */
const COLLECTION_FLAGS = ["--expose-gc", "--no-parallel-scavenge", "--no-concurrent-array-buffer-sweeping"];

/**
 * Buffers of sockets and ciphers lie outside the V8 heap, 64 KiB each behind a small object. V8 answers their growth
 * with full collections, which took 40 % of the processor in bulk; a minor one, a fraction of a millisecond, frees them.
 */
function minorCollection(): () => void {
  for (const flag of COLLECTION_FLAGS) setFlagsFromString(flag);
  const gc = runInNewContext("gc") as (options: { type: "minor" }) => void;
  return () => {
    gc({ type: "minor" });
  };
}
