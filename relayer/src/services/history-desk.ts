import { type EarningsPage, type LeaseHistory, type LeasesPage } from "@fizz/protocol/messages";
import {
  type Checkpoint,
  type HistoryBackend,
  type HistoryStatus,
  type HistoryStore,
} from "../history-ports.ts";
import { type Chain, type Logger } from "../ports.ts";
import { type HistoryIndexer } from "./history-indexer.ts";

/** Interval at which it looks how far the history is, which another process may write. */
const LOOK_MS = 2_000;

export interface HistoryDeskComponents {
  readonly store: HistoryStore;
  readonly chain: Pick<Chain, "health">;
  readonly indexer: Pick<HistoryIndexer<string>, "isRunning" | "reorganisations">;
  readonly logger: Logger;
}

/** Answers from the history, in whichever process it is written. */
export class HistoryDesk implements HistoryBackend {
  readonly #components: HistoryDeskComponents;
  /** Blocks below the end of the history that a reorganisation may still take back. */
  readonly #depth: bigint;
  #at: Checkpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(components: HistoryDeskComponents, depth: bigint) {
    this.#components = components;
    this.#depth = depth;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking = this.#look();
    }, LOOK_MS);
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  status(): HistoryStatus {
    const { isRunning, reorganisations } = this.#components.indexer;
    const head = this.#head();
    const block = this.#at?.number;
    return {
      block: block?.toString() ?? null,
      head: head?.toString() ?? null,
      lag: head === undefined || block === undefined ? null : Math.max(0, Number(head - block)),
      events: this.#at?.events ?? 0,
      indexing: isRunning,
      reorganisations,
    };
  }

  async leases(query: Parameters<HistoryBackend["leases"]>[0]): Promise<LeasesPage> {
    return this.#withHead(await this.#components.store.leases(query, this.#depth));
  }

  async leaseHistory(...[lid, query]: Parameters<HistoryBackend["leaseHistory"]>): Promise<LeaseHistory> {
    return this.#withHead(await this.#components.store.leaseHistory(lid, query, this.#depth));
  }

  async earnings(query: Parameters<HistoryBackend["earnings"]>[0]): Promise<EarningsPage> {
    return this.#withHead(await this.#components.store.earnings(query, this.#depth));
  }

  #withHead<Answer extends { readonly asOf: object }>(answer: Answer) {
    return { ...answer, asOf: { ...answer.asOf, head: this.#head() ?? null } };
  }

  /** The newest of what this process and the one that writes have seen. */
  #head(): bigint | undefined {
    const seen = this.#components.chain.health().head;
    const known = this.#at?.head;
    if (seen === null) return known;
    return known !== undefined && known > BigInt(seen) ? known : BigInt(seen);
  }

  async #look(): Promise<void> {
    const { store, logger } = this.#components;
    try {
      this.#at = await store.checkpoint();
    } catch (error) {
      logger.debug({ event: "history.unread", error }, "How far the history is, is looked at later.");
    }
  }
}
