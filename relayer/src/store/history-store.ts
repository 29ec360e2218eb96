import { type HistoryEventName } from "@fizz/protocol/messages";
import { type FoldedLease, foldLease, lidOf, type MarketEvent } from "../domain/lease-fold.ts";
import { type HistoryCut } from "../history-ports.ts";
import { and, asc, desc, eq, gt, inArray, isNull, lt, lte, sql } from "./drizzle.ts";
import { type KeptEvents } from "./event-index.ts";
import { eventOfRow, eventRowOf, leaseOfRow, leaseRowOf } from "./history-rows.ts";
import { historyBlocks, historyEvents, historyLeases, historyState } from "./history-schema.ts";
import { type SqlDatabase } from "./sql-engine.ts";

/** Rows of one statement. */
const ROWS_AT_ONCE = 500;

/** Keeps the market's events, and the leases that they make. */
export const marketEvents: KeptEvents<HistoryEventName> = {
  state: historyState,
  blocks: historyBlocks,
  clear: async (database) => {
    for (const table of [historyEvents, historyLeases]) await database.delete(table);
  },
  known: async (database, atMost, limit) =>
    await database
      .selectDistinct({ number: historyEvents.block, hash: historyEvents.blockHash })
      .from(historyEvents)
      .where(lte(historyEvents.block, atMost))
      .orderBy(desc(historyEvents.block))
      .limit(limit),
  add: addEvents,
  takeBack,
  drop: async (database, cut, limit) => {
    const { newest, ...dropped } = await dropLeases(database, cut, limit);
    const before = newest === undefined ? cut.before : newest + 1;
    if (before === undefined) return { count: 0, blocks: [], completeSince: undefined };
    const isOld = and(lt(historyEvents.time, before), lte(historyEvents.block, cut.upTo));
    const loose = await database
      .delete(historyEvents)
      .where(and(isNull(historyEvents.lid), isOld))
      .returning({ block: historyEvents.block });
    const blocks = [...dropped.blocks, ...loose.map(({ block }) => block)];
    return { count: dropped.leases, blocks, completeSince: before };
  },
};

/** Takes back what came after a block: leases become what the events that are left make of them. */
async function takeBack(database: SqlDatabase, fork: bigint): Promise<number> {
  const gone = await database
    .delete(historyEvents)
    .where(gt(historyEvents.block, fork))
    .returning({ lid: historyEvents.lid });
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

interface DroppedLeases {
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
): Promise<DroppedLeases> {
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
