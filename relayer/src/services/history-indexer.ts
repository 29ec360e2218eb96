import { setTimeout as sleep } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Address } from "viem";
import { type Chain, type Logger } from "../ports.ts";
import {
  type BlockRef,
  type Checkpoint,
  type EventIndex,
  type HistoryChain,
  type HistoryOrigin,
} from "../history-ports.ts";
import { HistoryFollower } from "./history-follower.ts";

/** Looks at least so often, also when no new head is told. */
const IDLE_MS = 15_000;
/** Between two looks, and two steps of catching up: other work comes in between. */
const CALM_MS = 20;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
/** Chain moves under each of so many looks: then it is given time. */
const MAX_MOVES = 10;
/** For a step that is under way when it ends. */
const STOP_MS = 2_000;
const DROP_EVERY_MS = 600_000;
const DROPPED_AT_ONCE = 100;
/** Blocks below the history's end from which on nothing is dropped, whatever its age. */
const UNDROPPED_BLOCKS = 256n;
const SECONDS_PER_DAY = 86_400;
const MS_PER_SECOND = 1_000;
/** A reorganisation that goes deeper is told as a warning. */
const DEEP_BLOCKS = 64n;

export interface HistoryIndexerComponents<Name extends string> {
  readonly history: HistoryChain<Name>;
  readonly store: EventIndex<Name>;
  readonly heads: Pick<Chain, "onHead">;
  readonly logger: Logger;
  readonly clock: () => number;
}

export interface HistoryIndexerInit {
  /** The contract whose events are read. */
  readonly market: Address;
  /** First block that is read; undefined for the one in which the contract was made. */
  readonly from: bigint | undefined;
  /** Days for which what is over is kept. */
  readonly days: number;
  /** Events that are kept: above it the oldest that are over go before their time. */
  readonly maxEvents: number;
}

/**
 * Follows a contract on the chain into the store, in steps that are written whole or not at all. Whatever fails is tried
 * again; until then the history stays where it stands.
 */
export class HistoryIndexer<Name extends string> {
  readonly #components: HistoryIndexerComponents<Name>;
  readonly #init: HistoryIndexerInit;
  readonly #follower: HistoryFollower<Name>;
  #stopListening: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #ended = new AbortController();
  #wake: (() => void) | undefined;
  #isPoked = false;
  #failures = 0;
  #isFull = false;
  #droppedAt = -Infinity;
  #isChecked = false;
  #reorganisations = 0;

  constructor(components: HistoryIndexerComponents<Name>, init: HistoryIndexerInit) {
    this.#components = components;
    this.#init = init;
    this.#follower = new HistoryFollower(components.history, components.store);
  }

  /** Begins to follow; the first look may take as long as it likes. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#ended = new AbortController();
    this.#isChecked = false;
    this.#stopListening = this.#components.heads.onHead(() => {
      this.poke();
    });
    this.#running = this.#run(this.#ended.signal);
  }

  /** Resolves when the step that is under way is over, or late: what it writes then is still right, or not written. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#ended.abort();
    this.#wake?.();
    await Promise.race([this.#running, sleep(STOP_MS, undefined, { ref: false })]);
    this.#running = undefined;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  get reorganisations(): number {
    return this.#reorganisations;
  }

  /** There may be something new. */
  poke(): void {
    this.#isPoked = true;
    this.#wake?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isPoked = false;
      const hasMore = await this.#tryStep();
      const wait = this.#failures > 0 ? backoff(this.#failures) : hasMore ? CALM_MS : IDLE_MS;
      await this.#pause(wait, signal);
    }
  }

  /** A new head ends the waiting for one, and no other. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || (ms === IDLE_MS && this.#isPoked)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        if (!signal.aborted && ms !== IDLE_MS) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  async #tryStep(): Promise<boolean> {
    const { logger } = this.#components;
    try {
      const hasMore = await this.step();
      if (this.#failures > 0) logger.info({ event: "history.back" }, "The history is read again.");
      this.#failures = 0;
      return hasMore;
    } catch (error) {
      this.#failures += 1;
      const level = this.#failures === 1 ? "warn" : "debug";
      logger[level]({ event: "history.failed", error }, "The history stays where it is; it is tried again.");
      return false;
    }
  }

  /**
   * One step forward, or back to where the chain forked and forward from there.
   *
   * @returns Whether there is more to read. @throws ProtocolError CHAIN_UNREACHABLE, CHAIN_MISMATCH, STORE_FAILED
   */
  async step(): Promise<boolean> {
    const head = await this.#components.history.head();
    const at = await this.#checkpoint(head);
    if (await this.#isAtLimit(at)) return false;
    for (let moves = 0; moves < MAX_MOVES; moves += 1) {
      const fork = await this.#follower.findFork(at, head);
      if (fork === undefined || fork.number < at.droppedBlock) {
        await this.#beginAgain(at);
        return true;
      }
      if (fork.number === at.number && head.number <= at.number) return false;
      const hasMore = await this.#advance({ at, fork, head });
      if (hasMore !== undefined) return hasMore;
    }
    return true;
  }

  /** @returns Whether there is more; undefined when nothing could be read as it moved, or was too much. */
  async #advance({ at, fork, head }: Record<"at" | "fork" | "head", BlockRef>): Promise<boolean | undefined> {
    const part = await this.#follower.read(fork, head);
    if (part === undefined) return undefined;
    const batch = { expected: at, fork, head: head.number, ...part };
    if (!(await this.#components.store.append(batch))) return true;
    if (fork.number !== at.number) this.#tellFork(at, fork);
    return (part.blocks.at(-1)?.number ?? fork.number) < head.number;
  }

  async #checkpoint(head: BlockRef): Promise<Checkpoint> {
    const { store } = this.#components;
    const known = await store.checkpoint();
    if (known !== undefined && (this.#isChecked || (await this.#isOurs(known)))) {
      this.#isChecked = true;
      return known;
    }
    const origin = await this.#origin(head);
    await store.begin(origin);
    const { logger } = this.#components;
    const fields = { event: "history.begun", after: origin.after.number, anew: known !== undefined };
    logger.info(fields, "The history is read from its beginning.");
    this.#isChecked = true;
    const begun = await store.checkpoint();
    if (begun !== undefined) return begun;
    throw new ProtocolError("STORE_FAILED", "Another process took the history away.");
  }

  /** Whether what is stored is of this chain, this market, and begins where it should. */
  async #isOurs({ chainId, market, afterBlock }: Checkpoint): Promise<boolean> {
    const { from } = this.#init;
    if (from !== undefined && afterBlock !== before(from)) return false;
    return market === this.#init.market && chainId === (await this.#components.history.chainId());
  }

  async #origin(head: BlockRef): Promise<HistoryOrigin> {
    const { history } = this.#components;
    const [chainId, first] = await Promise.all([
      history.chainId(),
      this.#init.from ?? history.deploymentBlock(),
    ]);
    const number = before(first ?? 0n);
    const [after] = await history.blocks([number < head.number ? number : head.number]);
    if (after === undefined) throw new ProtocolError("CHAIN_UNREACHABLE", `The RPC has no block ${number}.`);
    return { chainId, market: this.#init.market, after };
  }

  async #beginAgain(at: Checkpoint): Promise<void> {
    const { history, store, logger } = this.#components;
    const fields = { event: "history.lost", at: at.number };
    logger.warn(fields, "The chain has none of the blocks that the history knows: it is read again.");
    await store.begin(await this.#origin(await history.head()));
    this.#reorganisations += 1;
  }

  #tellFork(at: BlockRef, fork: BlockRef): void {
    this.#reorganisations += 1;
    const depth = at.number - fork.number;
    const level = depth > DEEP_BLOCKS ? "warn" : "info";
    const fields = { event: "history.reorganised", depth, fork: fork.number };
    this.#components.logger[level](fields, "The chain was reorganised, and the history with it.");
  }

  /** Drops what is old, from time to time, and what is too much. */
  async #isAtLimit(at: Checkpoint): Promise<boolean> {
    const { store, logger, clock } = this.#components;
    const { days, maxEvents } = this.#init;
    const upTo = at.number - UNDROPPED_BLOCKS;
    if (clock() - this.#droppedAt >= DROP_EVERY_MS) {
      const seconds = Math.floor(clock() / MS_PER_SECOND) - days * SECONDS_PER_DAY;
      const dropped = await store.drop({ before: seconds, upTo }, DROPPED_AT_ONCE);
      if (dropped < DROPPED_AT_ONCE) this.#droppedAt = clock();
    }
    if (at.events < maxEvents) {
      this.#isFull = false;
      return false;
    }
    if ((await store.drop({ before: undefined, upTo }, DROPPED_AT_ONCE)) > 0) return false;
    if (!this.#isFull)
      logger.error(
        { event: "history.full", events: at.events },
        "The history is full; raise historyMaxEvents.",
      );
    this.#isFull = true;
    return true;
  }
}

function before(block: bigint): bigint {
  return block > 0n ? block - 1n : 0n;
}

function backoff(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);
}
