import { type Hash } from "viem";
import { type LeaseRecord, type LeaseViews } from "../domain/lease-record.ts";

/** Leases that are read from the RPC at a time. */
const READ_BATCH = 20;
/** Leases that are read together though nothing was told of them, since an RPC may have lost a log; and at which looks. */
const READ_AGAIN = 5;
const READ_AGAIN_EVERY = 5;
/** Most blocks between two looks whose events are asked for; after more, everything is read again. */
const MAX_BLOCKS = 1_000n;

/** One block, as a look begins with it. */
export interface HeadBlock {
  readonly number: bigint;
  readonly hash: Hash;
  readonly parentHash: Hash;
}

export interface TimedBlock extends HeadBlock {
  /** Unix seconds. */
  readonly timestamp: bigint;
}

/** Which lease an event was of, and in which block. */
export interface LeaseChange {
  readonly lid: bigint;
  readonly block: bigint;
}

/** What is asked of the chain. */
export interface LeaseSource {
  /** Undefined where the chain has no such block. */
  blockHash(number: bigint): Promise<Hash | undefined>;
  /** Events of these leases in the blocks from `from` to `to`. */
  changes(lids: readonly bigint[], from: bigint, to: bigint): Promise<LeaseChange[]>;
  leaseAt(lid: bigint, block: bigint): Promise<LeaseRecord | undefined>;
}

interface Known extends LeaseViews {
  /** Head when it was first read: what changed it before is not known. */
  readonly since: bigint;
}

interface Look {
  readonly head: HeadBlock;
  readonly depth: bigint;
}

/**
 * Leases at the head and at depth, read again only when an event tells that they changed: a lease changes in no other
 * way. A head that does not follow from the last one makes everything unknown.
 */
export class LeaseViewCache {
  readonly #source: LeaseSource;
  /** Of the last look that was read to its end. */
  #known: ReadonlyMap<bigint, Known> = new Map();
  /** Not yet at depth. */
  #changes: LeaseChange[] = [];
  #last: Look | undefined;
  /** That were read to their end. */
  #looks = 0;

  constructor(source: LeaseSource) {
    this.#source = source;
  }

  /**
   * @param lidsOf Finds out which leases; asked at the same time as the source, so that both go into one request.
   * @throws what the source or `lidsOf` throws; what is known stays true then
   */
  async read(
    lidsOf: () => Promise<readonly bigint[]>,
    head: HeadBlock,
    depth: bigint,
  ): Promise<Map<bigint, LeaseViews>> {
    const last = (await this.#follows(head)) ? this.#last : undefined;
    if (last === undefined) this.#forget();
    const changes = last === undefined ? undefined : this.#readChanges(last.head.number, head.number);
    const [lids] = await Promise.all([lidsOf(), changes]);
    const again = this.#turnOf(lids);
    const fresh = new Map<bigint, Known>();
    for (let at = 0; at < lids.length; at += READ_BATCH) {
      const batch = lids.slice(at, at + READ_BATCH);
      const read = batch.map((lid) => this.#refresh(lid, { head, depth, last, isForced: again.has(lid) }));
      for (const [index, known] of (await Promise.all(read)).entries()) fresh.set(batch[index] ?? 0n, known);
    }
    this.#looks += 1;
    this.#changes = this.#changes.filter(({ block }) => block > depth);
    this.#last = { head, depth };
    this.#known = fresh;
    return new Map([...fresh].map(([lid, known]) => [lid, { head: known.head, confirmed: known.confirmed }]));
  }

  /** A look that fails takes nobody's turn. */
  #turnOf(lids: readonly bigint[]): ReadonlySet<bigint | undefined> {
    const look = this.#looks + 1;
    if (look % READ_AGAIN_EVERY !== 0) return new Set();
    const first = (look / READ_AGAIN_EVERY - 1) * READ_AGAIN;
    return new Set(Array.from({ length: READ_AGAIN }, (_, index) => lids[(first + index) % lids.length]));
  }

  #forget(): void {
    this.#known = new Map();
    this.#changes = [];
    this.#last = undefined;
  }

  /** Whether the last head is one of the blocks before this one. */
  async #follows({ number, hash, parentHash }: HeadBlock): Promise<boolean> {
    const last = this.#last?.head;
    if (last === undefined || number < last.number || number - last.number > MAX_BLOCKS) return false;
    if (number === last.number) return hash === last.hash;
    if (number === last.number + 1n) return parentHash === last.hash;
    return (await this.#source.blockHash(last.number)) === last.hash;
  }

  async #readChanges(from: bigint, to: bigint): Promise<void> {
    if (to === from || this.#known.size === 0) return;
    // Of a look that failed.
    this.#changes = this.#changes.filter(({ block }) => block <= from);
    this.#changes.push(...(await this.#source.changes([...this.#known.keys()], from + 1n, to)));
  }

  async #refresh(
    lid: bigint,
    { head, depth, last, isForced }: Look & { readonly last: Look | undefined; readonly isForced: boolean },
  ): Promise<Known> {
    const known = this.#known.get(lid);
    const blocks = this.#changes.filter((change) => change.lid === lid).map(({ block }) => block);
    const isNew = known === undefined || last === undefined || isForced;
    const isHeadOld = isNew || blocks.some((block) => block > last.head.number);
    const isDepthOld = isNew || last.depth < known.since || blocks.some((block) => block <= depth);
    const [atHead, confirmed] = await Promise.all([
      isHeadOld ? this.#source.leaseAt(lid, head.number) : known.head,
      isDepthOld ? this.#source.leaseAt(lid, depth) : known.confirmed,
    ]);
    return { head: atHead, confirmed, since: known?.since ?? head.number };
  }
}
