import { ProtocolError } from "@fizz/protocol/errors";
import { findNewest } from "../domain/block-search.ts";
import { type ChainEvent, type RawEvent } from "../domain/chain-event.ts";
import { type BlockRef, type EventIndex, type HistoryBlock, type HistoryChain } from "../history-ports.ts";

/** Blocks below the head that are read one by one, by their hashes: a reorganisation is likely only there. */
const NEAR_HEAD = 64n;
/** Of these, at once. */
const MAX_NEAR = 32n;
/** Blocks of one call for events, further down. */
const MAX_RANGE = 5_000n;
/** Events of one step; one block alone may have more. */
const MAX_EVENTS = 500;
/** Headers of one step. */
const MAX_HEADERS = 200;
/** Known blocks that are compared with the chain in one look. */
const KNOWN_AT_ONCE = 1_000;

/** A part of the chain that stands on a known block, as it was at one moment. */
export interface ChainPart<Name extends string> {
  readonly blocks: readonly HistoryBlock[];
  readonly events: readonly ChainEvent<Name>[];
}

/** Reads the chain in parts that fit together, whatever it does meanwhile. */
export class HistoryFollower<Name extends string> {
  readonly #chain: HistoryChain<Name>;
  readonly #store: Pick<EventIndex<Name>, "knownBlocks">;
  #range = MAX_RANGE;

  constructor(chain: HistoryChain<Name>, store: Pick<EventIndex<Name>, "knownBlocks">) {
    this.#chain = chain;
    this.#store = store;
  }

  /**
   * The newest known block that the chain still has.
   *
   * @param at Where the history stands.
   * @returns `at` itself where nothing was reorganised, as far as the RPC knows; undefined when no known block is left.
   */
  async findFork(at: BlockRef, head: BlockRef): Promise<BlockRef | undefined> {
    let known = await this.#store.knownBlocks(head.number, KNOWN_AT_ONCE);
    const newest = known[0];
    if (newest !== undefined && (await this.#isOnChain(newest))) {
      // An RPC that is behind knows less than the history, and does not contradict it.
      return head.number < at.number ? at : newest;
    }
    for (;;) {
      const found = await findNewest(known, (block) => this.#isOnChain(block));
      const oldest = known.at(-1);
      if (found !== undefined || oldest === undefined || oldest.number === 0n) return found;
      known = await this.#store.knownBlocks(oldest.number - 1n, KNOWN_AT_ONCE);
    }
  }

  /**
   * What comes after a block, up to the head or a limit.
   *
   * @returns Undefined when the chain moved meanwhile, or the RPC wants less at once: ask again.
   */
  async read(from: BlockRef, head: BlockRef): Promise<ChainPart<Name> | undefined> {
    const nearFrom = head.number - NEAR_HEAD;
    if (from.number >= nearFrom) {
      const to = least(from.number + MAX_NEAR, head.number);
      return await this.#readOneByOne(from, to);
    }
    return await this.#readRange(from, least(from.number + this.#range, nearFrom));
  }

  async #readOneByOne(from: BlockRef, to: bigint): Promise<ChainPart<Name> | undefined> {
    const numbers = Array.from(
      { length: Number(to - from.number) },
      (_, at) => from.number + BigInt(at) + 1n,
    );
    const blocks = await this.#chain.blocks(numbers);
    const fits = blocks.every(
      (block, at) => block.number === numbers[at] && block.parentHash === (blocks[at - 1] ?? from).hash,
    );
    if (!fits || blocks.length < numbers.length) return undefined;
    const events = await Promise.all(blocks.map((block) => this.#eventsOf(block)));
    // A block may have gone meanwhile, and some RPCs forget hashes of blocks that they have: a range shows which it is.
    if (events.includes(undefined)) return await this.#readRange(from, least(from.number + this.#range, to));
    return { blocks, events: events.flatMap((known) => known ?? []) };
  }

  async #eventsOf(block: HistoryBlock): Promise<ChainEvent<Name>[] | undefined> {
    const events = await this.#chain.eventsOf(block);
    if (events === undefined) return undefined;
    if (events.some(({ blockHash }) => blockHash !== block.hash))
      throw new ProtocolError("CHAIN_UNREACHABLE", "The RPC gave events of another block.");
    return events.map((event) => ({ ...event, time: block.time }));
  }

  async #readRange(from: BlockRef, to: bigint): Promise<ChainPart<Name> | undefined> {
    const [end] = await this.#chain.blocks([to]);
    if (end === undefined) return undefined;
    const raw = await this.#chain.eventsIn(from.number + 1n, to);
    if (raw === undefined || isTooMuch(raw, to - from.number)) {
      this.#shrink(to - from.number, raw === undefined);
      return undefined;
    }
    const headers = await this.#headersOf(raw);
    const events = raw.flatMap((event) => {
      const header = headers.get(event.block);
      return header?.hash === event.blockHash ? [{ ...event, time: header.time }] : [];
    });
    // Both ends are where they were: so is what is between, and no event is of another branch.
    const [start, again] = await this.#chain.blocks([from.number, to]);
    if (events.length < raw.length || start?.hash !== from.hash || again?.hash !== end.hash) return undefined;
    if (events.length < MAX_EVENTS / 4) this.#range = least(this.#range * 2n, MAX_RANGE);
    return { blocks: [end], events };
  }

  async #headersOf(events: readonly RawEvent<Name>[]): Promise<Map<bigint, HistoryBlock>> {
    const numbers = [...new Set(events.map(({ block }) => block))];
    const headers = new Map<bigint, HistoryBlock>();
    for (let at = 0; at < numbers.length; at += MAX_HEADERS)
      for (const block of await this.#chain.blocks(numbers.slice(at, at + MAX_HEADERS)))
        headers.set(block.number, block);
    return headers;
  }

  /** @throws ProtocolError CHAIN_UNREACHABLE when not even one block can be had */
  #shrink(asked: bigint, isRefused: boolean): void {
    if (asked <= 1n && isRefused)
      throw new ProtocolError("CHAIN_UNREACHABLE", "The RPC gives no events, not even of one block.");
    this.#range = asked > 1n ? asked / 2n : 1n;
  }

  async #isOnChain({ number, hash }: BlockRef): Promise<boolean> {
    const [block] = await this.#chain.blocks([number]);
    return block?.hash === hash;
  }
}

function isTooMuch(events: readonly RawEvent<string>[], blocks: bigint): boolean {
  return events.length > MAX_EVENTS && blocks > 1n;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
