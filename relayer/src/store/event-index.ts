import { type Address, type Hex } from "viem";
import { type ChainEvent } from "../domain/chain-event.ts";
import {
  type BlockRef,
  type Checkpoint,
  type EventIndex,
  type HistoryBatch,
  type HistoryCut,
  type HistoryOrigin,
} from "../history-ports.ts";
import { desc, gt, lte, sql } from "./drizzle.ts";
import { type BlocksTable, type StateTable } from "./index-schema.ts";
import { type RunOnDatabase } from "./request-store.ts";
import { type SqlDatabase } from "./sql-engine.ts";

/** Blocks whose hashes are kept beside those with events. */
export const KEPT_BLOCKS = 256;

/** What one step dropped. */
export interface Dropped {
  /** As `limit` of EventIndex.drop counts. */
  readonly count: number;
  /** Of each event that went. */
  readonly blocks: readonly bigint[];
  /** Unix seconds from which on nothing is missing; undefined when nothing went. */
  readonly completeSince: number | undefined;
}

/** How the events of one contract are kept. All of it runs inside the transaction of a step. */
export interface KeptEvents<Name extends string> {
  readonly state: StateTable;
  readonly blocks: BlocksTable;
  clear(database: SqlDatabase): Promise<void>;
  /** Blocks with events, newest first. */
  known(database: SqlDatabase, atMost: bigint, limit: number): Promise<{ number: bigint; hash: string }[]>;
  /** @returns How many were added. */
  add(database: SqlDatabase, events: readonly ChainEvent<Name>[]): Promise<number>;
  /** Takes back what came after a block. @returns How many. */
  takeBack(database: SqlDatabase, fork: bigint): Promise<number>;
  drop(database: SqlDatabase, cut: HistoryCut, limit: number): Promise<Dropped>;
}

/** A copy of one contract's events: each step is one transaction. */
export class SqlEventIndex<Name extends string> implements EventIndex<Name> {
  readonly #run: RunOnDatabase;
  readonly #kept: KeptEvents<Name>;

  constructor(run: RunOnDatabase, kept: KeptEvents<Name>) {
    this.#run = run;
    this.#kept = kept;
  }

  async checkpoint(): Promise<Checkpoint | undefined> {
    return await this.#run((database) => findCheckpoint(database, this.#kept.state));
  }

  async begin({ chainId, market, after }: HistoryOrigin): Promise<void> {
    const { state, blocks } = this.#kept;
    await this.#run((database) =>
      database.transaction(async (transaction) => {
        await this.#kept.clear(transaction);
        for (const table of [blocks, state]) await transaction.delete(table);
        const { number, hash, time } = after;
        await transaction.insert(state).values({
          ...{ chainId, market, afterBlock: number, block: number, blockHash: hash, blockTime: time },
          ...{ head: number, events: 0, completeSince: 0, droppedBlock: 0n },
        });
        await keepBlocks(transaction, blocks, [after]);
      }),
    );
  }

  async knownBlocks(atMost: bigint, limit: number): Promise<BlockRef[]> {
    const { blocks } = this.#kept;
    const [kept, withEvents] = await this.#run((database) =>
      Promise.all([
        database
          .select({ number: blocks.number, hash: blocks.hash })
          .from(blocks)
          .where(lte(blocks.number, atMost))
          .orderBy(desc(blocks.number))
          .limit(limit),
        this.#kept.known(database, atMost, limit),
      ]),
    );
    const byNumber = new Map([...kept, ...withEvents].map(({ number, hash }) => [number, hash as Hex]));
    return [...byNumber]
      .map(([number, hash]) => ({ number, hash }))
      .toSorted((a, b) => Number(b.number - a.number))
      .slice(0, limit);
  }

  async append(batch: HistoryBatch<Name>): Promise<boolean> {
    const { state, blocks } = this.#kept;
    return await this.#run((database) =>
      database.transaction(async (transaction) => {
        // Of two processes that both mean to be the one that writes, the second finds another place.
        await transaction.select({ block: state.block }).from(state).for("update");
        const at = await findCheckpoint(transaction, state);
        const { expected, fork, events } = batch;
        if (at?.number !== expected.number || at.hash !== expected.hash) return false;
        const removed = fork.number < at.number ? await this.#takeBack(transaction, fork.number) : 0;
        const added = await this.#kept.add(transaction, events);
        await keepBlocks(transaction, blocks, batch.blocks);
        const last = batch.blocks.at(-1) ?? { ...fork, time: at.time };
        await transaction.update(state).set({
          ...{ block: last.number, blockHash: last.hash, blockTime: last.time },
          ...{ head: batch.head, events: at.events - removed + added },
        });
        return true;
      }),
    );
  }

  async drop(cut: HistoryCut, limit: number): Promise<number> {
    const { state } = this.#kept;
    return await this.#run((database) =>
      database.transaction(async (transaction) => {
        await transaction.select({ block: state.block }).from(state).for("update");
        const { count, blocks, completeSince } = await this.#kept.drop(transaction, cut, limit);
        if (blocks.length === 0 || completeSince === undefined) return 0;
        const newestBlock = blocks.reduce((most, block) => (block > most ? block : most), 0n);
        await transaction.update(state).set({
          events: sql`${state.events} - ${blocks.length}`,
          completeSince: sql`greatest(${state.completeSince}, ${completeSince})`,
          droppedBlock: sql`greatest(${state.droppedBlock}, ${newestBlock})`,
        });
        return count;
      }),
    );
  }

  async #takeBack(transaction: SqlDatabase, fork: bigint): Promise<number> {
    const { blocks } = this.#kept;
    const removed = await this.#kept.takeBack(transaction, fork);
    await transaction.delete(blocks).where(gt(blocks.number, fork));
    return removed;
  }
}

export async function findCheckpoint(
  database: SqlDatabase,
  state: StateTable,
): Promise<Checkpoint | undefined> {
  const [row] = await database.select().from(state);
  if (row === undefined) return undefined;
  const { block, blockHash, blockTime, market, chainId, afterBlock, head, ...rest } = row;
  const { events, completeSince, droppedBlock } = rest;
  return {
    ...{ number: block, hash: blockHash as Hex, time: blockTime, market: market as Address },
    ...{ chainId, afterBlock, head, events, completeSince, droppedBlock },
  };
}

async function keepBlocks(
  database: SqlDatabase,
  table: BlocksTable,
  blocks: readonly BlockRef[],
): Promise<void> {
  const newest = new Map(
    blocks.map(({ number, hash }) => {
      const slot = Number(number % BigInt(KEPT_BLOCKS));
      return [slot, { slot, number, hash }] as const;
    }),
  );
  if (newest.size === 0) return;
  await database
    .insert(table)
    .values([...newest.values()])
    .onConflictDoUpdate({
      target: table.slot,
      set: { number: sql.raw("excluded.number"), hash: sql.raw("excluded.hash") },
    });
}
