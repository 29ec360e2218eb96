import { type Address, type Hex } from "viem";
import { type FoldedLease, foldLease, lidOf, type MarketEvent } from "../domain/lease-fold.ts";
import {
  type BlockRef,
  type Checkpoint,
  type HistoryBatch,
  type HistoryCut,
  type HistoryOrigin,
} from "../history-ports.ts";
import { and, asc, desc, eq, gt, inArray, isNull, lt, lte, sql } from "./drizzle.ts";
import { eventOfRow, eventRowOf, leaseOfRow, leaseRowOf } from "./history-rows.ts";
import { historyBlocks, historyEvents, historyLeases, historyState } from "./history-schema.ts";
import { type RunOnDatabase } from "./request-store.ts";
import { type SqlDatabase } from "./sql-engine.ts";

/** Blocks whose hashes are kept beside those with events. */
export const KEPT_BLOCKS = 256;
/** Rows of one statement. */
const ROWS_AT_ONCE = 500;

/** Writes the history: each step is one transaction. */
export class HistoryWriter {
  readonly #run: RunOnDatabase;

  constructor(run: RunOnDatabase) {
    this.#run = run;
  }

  async checkpoint(): Promise<Checkpoint | undefined> {
    return await this.#run(findCheckpoint);
  }

  async begin({ chainId, market, after }: HistoryOrigin): Promise<void> {
    await this.#run((database) =>
      database.transaction(async (transaction) => {
        for (const table of [historyEvents, historyLeases, historyBlocks, historyState])
          await transaction.delete(table);
        const { number, hash, time } = after;
        await transaction.insert(historyState).values({
          ...{ chainId, market, afterBlock: number, block: number, blockHash: hash, blockTime: time },
          ...{ head: number, events: 0, completeSince: 0, droppedBlock: 0n },
        });
        await keepBlocks(transaction, [after]);
      }),
    );
  }

  async knownBlocks(atMost: bigint, limit: number): Promise<BlockRef[]> {
    const [kept, withEvents] = await this.#run((database) =>
      Promise.all([
        database
          .select({ number: historyBlocks.number, hash: historyBlocks.hash })
          .from(historyBlocks)
          .where(lte(historyBlocks.number, atMost))
          .orderBy(desc(historyBlocks.number))
          .limit(limit),
        database
          .selectDistinct({ number: historyEvents.block, hash: historyEvents.blockHash })
          .from(historyEvents)
          .where(lte(historyEvents.block, atMost))
          .orderBy(desc(historyEvents.block))
          .limit(limit),
      ]),
    );
    const byNumber = new Map([...kept, ...withEvents].map(({ number, hash }) => [number, hash as Hex]));
    return [...byNumber]
      .map(([number, hash]) => ({ number, hash }))
      .toSorted((a, b) => Number(b.number - a.number))
      .slice(0, limit);
  }

  async append(batch: HistoryBatch): Promise<boolean> {
    return await this.#run((database) =>
      database.transaction(async (transaction) => {
        // Of two processes that both mean to be the one that writes, the second finds another place.
        await transaction.select({ block: historyState.block }).from(historyState).for("update");
        const at = await findCheckpoint(transaction);
        const { expected, fork, blocks, events } = batch;
        if (at?.number !== expected.number || at.hash !== expected.hash) return false;
        const removed = fork.number < at.number ? await takeBack(transaction, fork.number) : 0;
        const added = await addEvents(transaction, events);
        await keepBlocks(transaction, blocks);
        const last = blocks.at(-1) ?? { ...fork, time: at.time };
        await transaction.update(historyState).set({
          ...{ block: last.number, blockHash: last.hash, blockTime: last.time },
          ...{ head: batch.head, events: at.events - removed + added },
        });
        return true;
      }),
    );
  }

  async drop(cut: HistoryCut, limit: number): Promise<number> {
    return await this.#run((database) =>
      database.transaction(async (transaction) => {
        await transaction.select({ block: historyState.block }).from(historyState).for("update");
        const { newest, ...dropped } = await dropLeases(transaction, cut, limit);
        const before = newest === undefined ? cut.before : newest + 1;
        if (before === undefined) return 0;
        const isOld = and(lt(historyEvents.time, before), lte(historyEvents.block, cut.upTo));
        const loose = await transaction
          .delete(historyEvents)
          .where(and(isNull(historyEvents.lid), isOld))
          .returning({ block: historyEvents.block });
        const blocks = [...dropped.blocks, ...loose.map(({ block }) => block)];
        if (blocks.length === 0) return 0;
        const newestBlock = blocks.reduce((most, block) => (block > most ? block : most), 0n);
        await transaction.update(historyState).set({
          events: sql`${historyState.events} - ${blocks.length}`,
          completeSince: sql`greatest(${historyState.completeSince}, ${before})`,
          droppedBlock: sql`greatest(${historyState.droppedBlock}, ${newestBlock})`,
        });
        return dropped.leases;
      }),
    );
  }
}

export async function findCheckpoint(database: SqlDatabase): Promise<Checkpoint | undefined> {
  const [row] = await database.select().from(historyState);
  if (row === undefined) return undefined;
  const { block, blockHash, blockTime, market, chainId, afterBlock, head, ...rest } = row;
  const { events, completeSince, droppedBlock } = rest;
  return {
    ...{ number: block, hash: blockHash as Hex, time: blockTime, market: market as Address },
    ...{ chainId, afterBlock, head, events, completeSince, droppedBlock },
  };
}

/** Takes back what came after a block: leases become what the events that are left make of them. */
async function takeBack(database: SqlDatabase, fork: bigint): Promise<number> {
  const gone = await database
    .delete(historyEvents)
    .where(gt(historyEvents.block, fork))
    .returning({ lid: historyEvents.lid });
  await database.delete(historyBlocks).where(gt(historyBlocks.number, fork));
  const lids = [...new Set(gone.flatMap(({ lid }) => lid ?? []))];
  for (let at = 0; at < lids.length; at += ROWS_AT_ONCE)
    await foldAgain(database, lids.slice(at, at + ROWS_AT_ONCE));
  return gone.length;
}

async function foldAgain(database: SqlDatabase, lids: string[]): Promise<void> {
  const rows = await database
    .select()
    .from(historyEvents)
    .where(inArray(historyEvents.lid, lids))
    .orderBy(asc(historyEvents.block), asc(historyEvents.logIndex));
  const leases = new Map<string, FoldedLease>();
  for (const row of rows) {
    const lid = row.lid ?? "";
    const lease = foldLease(leases.get(lid), eventOfRow(row));
    if (lease !== undefined) leases.set(lid, lease);
  }
  await database.delete(historyLeases).where(inArray(historyLeases.lid, lids));
  await saveLeases(database, [...leases.values()]);
}

/** Adds what is of a lease that is known, or of none. @returns How many were added. */
async function addEvents(database: SqlDatabase, events: readonly MarketEvent[]): Promise<number> {
  let added = 0;
  for (let at = 0; at < events.length; at += ROWS_AT_ONCE) {
    const part = events.slice(at, at + ROWS_AT_ONCE);
    const leases = await leasesOf(database, part);
    const rows = part.flatMap((event) => {
      const lid = lidOf(event)?.toString();
      if (lid === undefined) return [eventRowOf(event, undefined)];
      const lease = foldLease(leases.get(lid), event);
      if (lease === undefined) return [];
      leases.set(lid, lease);
      return [eventRowOf(event, lease)];
    });
    if (rows.length > 0) await database.insert(historyEvents).values(rows);
    await saveLeases(database, [...leases.values()]);
    added += rows.length;
  }
  return added;
}

async function leasesOf(
  database: SqlDatabase,
  events: readonly MarketEvent[],
): Promise<Map<string, FoldedLease>> {
  const lids = [...new Set(events.flatMap((event) => lidOf(event)?.toString() ?? []))];
  if (lids.length === 0) return new Map();
  const rows = await database.select().from(historyLeases).where(inArray(historyLeases.lid, lids));
  return new Map(rows.map((row) => [row.lid, leaseOfRow(row)]));
}

async function saveLeases(database: SqlDatabase, leases: readonly FoldedLease[]): Promise<void> {
  if (leases.length === 0) return;
  const { tenant, nodeId, subnetId, state, isDone, lastBlock, lastTime, body } = historyLeases;
  const columns = { tenant, nodeId, subnetId, state, isDone, lastBlock, lastTime, body };
  const set = Object.fromEntries(
    Object.entries(columns).map(([key, column]) => [key, sql.raw(`excluded.${column.name}`)]),
  );
  await database
    .insert(historyLeases)
    .values(leases.map(leaseRowOf))
    .onConflictDoUpdate({ target: historyLeases.lid, set });
}

async function keepBlocks(database: SqlDatabase, blocks: readonly BlockRef[]): Promise<void> {
  const newest = new Map(
    blocks.map(({ number, hash }) => {
      const slot = Number(number % BigInt(KEPT_BLOCKS));
      return [slot, { slot, number, hash }] as const;
    }),
  );
  if (newest.size === 0) return;
  await database
    .insert(historyBlocks)
    .values([...newest.values()])
    .onConflictDoUpdate({
      target: historyBlocks.slot,
      set: { number: sql.raw("excluded.number"), hash: sql.raw("excluded.hash") },
    });
}

interface Dropped {
  readonly leases: number;
  /** Of the events that went with them. */
  readonly blocks: readonly bigint[];
  /** When the last event of the newest of them was, in Unix seconds. */
  readonly newest: number | undefined;
}

async function dropLeases(
  database: SqlDatabase,
  { before, upTo }: HistoryCut,
  limit: number,
): Promise<Dropped> {
  const { lid, isDone, lastTime, lastBlock } = historyLeases;
  const isOld = before === undefined ? undefined : lt(lastTime, before);
  const old = await database
    .select({ lid, lastTime })
    .from(historyLeases)
    .where(and(eq(isDone, true), isOld, lte(lastBlock, upTo)))
    .orderBy(asc(lastTime), asc(lid))
    .limit(limit);
  const lids = old.map((row) => row.lid);
  if (lids.length === 0) return { leases: 0, blocks: [], newest: undefined };
  const events = await database
    .delete(historyEvents)
    .where(inArray(historyEvents.lid, lids))
    .returning({ block: historyEvents.block });
  await database.delete(historyLeases).where(inArray(lid, lids));
  return { leases: lids.length, blocks: events.map(({ block }) => block), newest: old.at(-1)?.lastTime };
}
