import {
  type EarningsPage,
  type EarningsQuery,
  type HistoryAsOf,
  type HistoryEventName,
  type LeaseHistory,
  type LeaseHistoryQuery,
  type LeasesPage,
  type LeasesQuery,
} from "@fizz/protocol/messages";
import { type Address, type Hex } from "viem";
import { type ChainEvent, type RawEvent } from "./domain/chain-event.ts";

/** A block by what tells it from all others of its number. */
export interface BlockRef {
  readonly number: bigint;
  readonly hash: Hex;
}

export interface HistoryBlock extends BlockRef {
  readonly parentHash: Hex;
  /** Unix seconds. */
  readonly time: number;
}

/** Blocks of the chain, and events of one contract. Every call may throw ProtocolError CHAIN_UNREACHABLE. */
export interface HistoryChain<Name extends string = HistoryEventName> {
  chainId(): Promise<number>;
  head(): Promise<HistoryBlock>;
  /** Those of these numbers that the chain has, in their order. At most MAX_BLOCKS_READ. */
  blocks(numbers: readonly bigint[]): Promise<HistoryBlock[]>;
  /** @returns Undefined when the RPC refuses so many blocks, or so many events, at once. */
  eventsIn(from: bigint, to: bigint): Promise<RawEvent<Name>[] | undefined>;
  /** Of exactly this block, wherever the chain's head is. @returns Undefined when the RPC does not know it, or refuses. */
  eventsOf(block: BlockRef): Promise<RawEvent<Name>[] | undefined>;
  /** The block in which the contract was made; undefined when the RPC does not know the past. */
  deploymentBlock(): Promise<bigint | undefined>;
}

/** What the history is of. Another one is another history. */
export interface HistoryOrigin {
  readonly chainId: number;
  /** The contract whose events it has. */
  readonly market: Address;
  /** Events after this block are read. */
  readonly after: BlockRef & { readonly time: number };
}

/** How far the history goes. */
export interface Checkpoint extends BlockRef {
  readonly time: number;
  readonly chainId: number;
  readonly market: Address;
  readonly afterBlock: bigint;
  /** Head of the chain when it was written. */
  readonly head: bigint;
  /** Kept events. */
  readonly events: number;
  /** Unix seconds; see HistoryAsOf.completeSince. */
  readonly completeSince: number;
  /** The newest block of which something was dropped. */
  readonly droppedBlock: bigint;
}

/** What is written in one step. */
export interface HistoryBatch<Name extends string = HistoryEventName> {
  /** Where the history must stand; otherwise nothing is written. */
  readonly expected: BlockRef;
  /** What comes after this block is taken back first. It is `expected` where nothing was reorganised. */
  readonly fork: BlockRef;
  /** Blocks after it whose hashes are kept, in order; the last one is where the history stands afterwards. */
  readonly blocks: readonly (BlockRef & { readonly time: number })[];
  /** Of these blocks and those between, in the chain's order. */
  readonly events: readonly ChainEvent<Name>[];
  readonly head: bigint;
}

/** What may be dropped: of the market, leases with all their events of which nothing moves any more; else single events. */
export interface HistoryCut {
  /** Unix seconds: their last event is older. Undefined for the oldest ones, however old. */
  readonly before: number | undefined;
  /** And not above this block. */
  readonly upTo: bigint;
}

/** A copy of one contract's events in the gateway's store. Every call may throw ProtocolError STORE_FAILED. */
export interface EventIndex<Name extends string> {
  checkpoint(): Promise<Checkpoint | undefined>;
  /** Drops everything and begins at an origin. */
  begin(origin: HistoryOrigin): Promise<void>;
  /** Blocks whose hashes are known, newest first: those that are kept, and those with events. */
  knownBlocks(atMost: bigint, limit: number): Promise<BlockRef[]>;
  /** @returns False, with nothing changed, when the history does not stand where it is expected to. */
  append(batch: HistoryBatch<Name>): Promise<boolean>;
  /** Drops at most `limit`, the oldest first; with leases, other events that are as old. @returns How many. */
  drop(cut: HistoryCut, limit: number): Promise<number>;
}

/** The history in the gateway's store. Every call may throw ProtocolError STORE_FAILED. */
export interface HistoryStore extends EventIndex<HistoryEventName> {
  /** @param depth Confirmation depth, in blocks. @throws ProtocolError HISTORY_NOT_READY; HISTORY_MOVED, INPUT_INVALID for a cursor */
  leases(query: LeasesQuery, depth: bigint): Promise<Told<LeasesPage>>;
  /** @throws ProtocolError as `leases`, and LEASE_NOT_FOUND */
  leaseHistory(lid: bigint, query: LeaseHistoryQuery, depth: bigint): Promise<Told<LeaseHistory>>;
  /** @throws ProtocolError as `leases` */
  earnings(query: EarningsQuery, depth: bigint): Promise<Told<EarningsPage>>;
}

/** An answer, but for the head, which the store does not know. */
export type Told<Answer extends { readonly asOf: HistoryAsOf }> = Omit<Answer, "asOf"> & {
  readonly asOf: Omit<HistoryAsOf, "head">;
};

/** What the HTTP API offers of it. */
export interface HistoryBackend {
  leases(query: LeasesQuery): Promise<LeasesPage>;
  leaseHistory(lid: bigint, query: LeaseHistoryQuery): Promise<LeaseHistory>;
  earnings(query: EarningsQuery): Promise<EarningsPage>;
}

/** How far the history is, for health and metrics. */
export interface HistoryStatus {
  /** Block up to which it goes; null before the first. */
  readonly block: string | null;
  /** Newest block of the chain that is known; null before the first. */
  readonly head: string | null;
  /** Blocks between them. */
  readonly lag: number | null;
  /** Kept events. */
  readonly events: number;
  /** Whether this process is the one that reads the chain. */
  readonly indexing: boolean;
  /** Reorganisations that this process followed. */
  readonly reorganisations: number;
}
