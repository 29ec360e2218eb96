import { IDLE_TICK_MS } from "@fizz/protocol/streams";

/**
 * Milliseconds between two parts. The system probes a silent connection in whole seconds after what was said last: what is
 * pinged together is probed together ever after, and a queue of the system that is full drops probes until one of both
 * sides gives the other up. A fifth of 10,000 nodes each second was too many.
 */
export const PART_MS = 100;
const PARTS = IDLE_TICK_MS / PART_MS;

/** Something for each of many nodes, in parts of which one is looked at every PART_MS, and so each every IDLE_TICK_MS. */
export class LinkRounds<Link> {
  readonly #parts = Array.from({ length: PARTS }, () => new Map<bigint, Link>());
  #turn = 0;

  get(nodeId: bigint): Link | undefined {
    return this.#partOf(nodeId).get(nodeId);
  }

  set(nodeId: bigint, link: Link): void {
    this.#partOf(nodeId).set(nodeId, link);
  }

  delete(nodeId: bigint): void {
    this.#partOf(nodeId).delete(nodeId);
  }

  *values(): Iterable<Link> {
    for (const part of this.#parts) yield* part.values();
  }

  /** The part whose turn it is. To be called every PART_MS. */
  next(): Iterable<readonly [nodeId: bigint, link: Link]> {
    this.#turn = (this.#turn + 1) % PARTS;
    return this.#parts[this.#turn] ?? [];
  }

  #partOf(nodeId: bigint): Map<bigint, Link> {
    const part = this.#parts[Number(BigInt.asUintN(32, nodeId)) % PARTS];
    if (part === undefined) throw new RangeError("There is a part for each remainder.");
    return part;
  }
}
