import { type Hex } from "viem";
import { standingOf } from "../domain/lease-standing.ts";
import {
  type Chain,
  type HeadChange,
  type LeaseFollower,
  type LeaseNews,
  type Logger,
  type Standing,
  type WatchedLease,
} from "../ports.ts";

/** Leases read at once. */
const MAX_PARALLEL_READS = 16;

interface Entry extends WatchedLease {
  readonly onNews: (news: LeaseNews) => void;
  /** Block at which the lease was first seen missing. */
  missingSince: bigint | undefined;
  dirty: boolean;
  last: Standing | undefined;
}

export interface LeaseWatchComponents {
  readonly chain: Chain;
  readonly logger: Logger;
}

/** Follows leases on chain. While the chain is silent nothing is reported: what was known last goes on. */
export class LeaseWatch implements LeaseFollower {
  readonly #components: LeaseWatchComponents;
  readonly #entries = new Map<Hex, Entry>();
  #stopListening: (() => void) | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(components: LeaseWatchComponents) {
    this.#components = components;
  }

  start(): void {
    this.#stopListening ??= this.#components.chain.onHead((change) => {
      this.#onHead(change);
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  watch(lease: WatchedLease, onNews: (news: LeaseNews) => void): void {
    this.#entries.set(lease.leaseHash, {
      ...lease,
      onNews,
      missingSince: undefined,
      dirty: true,
      last: undefined,
    });
  }

  unwatch(leaseHash: Hex): void {
    this.#entries.delete(leaseHash);
  }

  /** Resolves when every reading that is under way is done. */
  async settled(): Promise<void> {
    await this.#round;
  }

  #onHead(change: HeadChange): void {
    for (const entry of this.#entries.values())
      if (change.everything || change.lids.has(entry.lid) || entry.last === "ending") entry.dirty = true;
    this.#round = this.#round.then(() => this.#read(change.number));
  }

  async #read(head: bigint): Promise<void> {
    const dirty = [...this.#entries.values()].filter((entry) => entry.dirty);
    for (let at = 0; at < dirty.length; at += MAX_PARALLEL_READS)
      await Promise.all(dirty.slice(at, at + MAX_PARALLEL_READS).map((entry) => this.#readOne(entry, head)));
  }

  async #readOne(entry: Entry, head: bigint): Promise<void> {
    try {
      const news = await this.#newsOf(entry, head);
      entry.dirty = false;
      this.#report(entry, news);
    } catch (error) {
      // Stays dirty: the next head reads it again.
      this.#components.logger.debug(
        { event: "lease.unread", lid: entry.lid, error },
        "A lease could not be read.",
      );
    }
  }

  async #newsOf(entry: Entry, block: bigint): Promise<LeaseNews> {
    const { chain } = this.#components;
    const { lid, leaseHash } = entry;
    const head = await chain.findLease(lid, "head");
    const state = head?.leaseHash === leaseHash ? head.state : "none";
    entry.missingSince = state === "none" ? (entry.missingSince ?? block) : undefined;
    const needsDepth = state === "none" || state === "closed";
    const confirmed = needsDepth ? await chain.findLease(lid, "confirmed") : undefined;
    const missingBlocks = entry.missingSince === undefined ? 0n : block - entry.missingSince;
    return { standing: standingOf({ leaseHash, head, confirmed, missingBlocks }), state };
  }

  #report(entry: Entry, news: LeaseNews): void {
    if (entry.last === news.standing || this.#entries.get(entry.leaseHash) !== entry) return;
    entry.last = news.standing;
    entry.onNews(news);
  }
}
