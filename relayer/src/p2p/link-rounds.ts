import { IDLE_TICK_MS, TICK_MS } from "@fizz/protocol/streams";

const PARTS = IDLE_TICK_MS / TICK_MS;

/** Something for each of many nodes, in parts of which one is looked at every TICK_MS, and so each every IDLE_TICK_MS. */
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

  /** The part whose turn it is. To be called every TICK_MS. */
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
