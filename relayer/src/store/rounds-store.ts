import { type Hex } from "viem";
import { z } from "zod";
import { argumentOf } from "../domain/chain-event.ts";
import {
  isConviction,
  type RoundEvent,
  type RoundEventName,
  roundEventNames,
} from "../domain/node-rounds.ts";
import { type HistoryCut } from "../history-ports.ts";
import { type RoundsReading, type RoundsStore } from "../rounds-ports.ts";
import { and, asc, desc, eq, gt, lt, lte, sql } from "./drizzle.ts";
import { type Dropped, findCheckpoint, type KeptEvents, SqlEventIndex } from "./event-index.ts";
import { type RunOnDatabase } from "./request-store.ts";
import { roundsBlocks, roundsEvents, roundsRevision, roundsState } from "./rounds-schema.ts";
import { type SqlDatabase } from "./sql-engine.ts";

/** Events of nodes that are read at once, the newest: older ones are as if they were dropped. */
export const MAX_EVENTS_READ = 20_000;
/** Rows of one statement. */
const ROWS_AT_ONCE = 500;
/** One moment for all statements of a reading. */
const ONE_MOMENT = { isolationLevel: "repeatable read", accessMode: "read only" } as const;
/** Of these only that of the newest round counts. */
const OF_SUBNET = ["RootPosted", "RoundFinalised"] as const;

type EventRow = typeof roundsEvents.$inferSelect;

const argsSchema = z.record(z.string(), z.string());
const nameSchema = z.enum(roundEventNames);

const roundEvents: KeptEvents<RoundEventName> = {
  state: roundsState,
  blocks: roundsBlocks,
  clear: async (database) => {
    await database.delete(roundsEvents);
    await countChange(database);
  },
  known: async (database, atMost, limit) =>
    await database
      .selectDistinct({ number: roundsEvents.block, hash: roundsEvents.blockHash })
      .from(roundsEvents)
      .where(lte(roundsEvents.block, atMost))
      .orderBy(desc(roundsEvents.block))
      .limit(limit),
  add: async (database, events) => {
    for (let at = 0; at < events.length; at += ROWS_AT_ONCE)
      await database.insert(roundsEvents).values(events.slice(at, at + ROWS_AT_ONCE).map(rowOf));
    if (events.length > 0) await countChange(database);
    return events.length;
  },
  takeBack: async (database, fork) => {
    const { block } = roundsEvents;
    const gone = await database.delete(roundsEvents).where(gt(block, fork)).returning({ block });
    if (gone.length > 0) await countChange(database);
    return gone.length;
  },
  drop: dropOldest,
};

/** The capacity rounds in PostgreSQL, embedded or not. */
export class SqlRounds extends SqlEventIndex<RoundEventName> implements RoundsStore {
  readonly #run: RunOnDatabase;

  constructor(run: RunOnDatabase) {
    super(run, roundEvents);
    this.#run = run;
  }

  async revision(): Promise<number> {
    return await this.#run(findRevision);
  }

  async read(subnetId: number): Promise<RoundsReading | undefined> {
    return await this.#run((database) =>
      database.transaction(async (transaction) => {
        const at = await findCheckpoint(transaction, roundsState);
        if (at === undefined || at.number === at.afterBlock) return undefined;
        const ofNodes = await readOfNodes(transaction, subnetId);
        const oldest = ofNodes.length < MAX_EVENTS_READ ? undefined : ofNodes.at(-1);
        const rows = [...ofNodes.toReversed(), ...(await readOfSubnet(transaction, subnetId))];
        return {
          revision: await findRevision(transaction),
          block: at.number,
          head: at.head,
          since: Math.max(at.completeSince, oldest === undefined ? 0 : oldest.time + 1),
          events: rows.map(eventOf),
        };
      }, ONE_MOMENT),
    );
  }
}

/** Newest first: those of the subnet, and convictions elsewhere. */
async function readOfNodes(database: SqlDatabase, subnetId: number): Promise<EventRow[]> {
  const { isOfNode, isConviction: convicts, block, logIndex } = roundsEvents;
  const newest = [desc(block), desc(logIndex)] as const;
  const own = await database
    .select()
    .from(roundsEvents)
    .where(and(isOfNode, eq(roundsEvents.subnetId, subnetId)))
    .orderBy(...newest)
    .limit(MAX_EVENTS_READ);
  const convictions = await database
    .select()
    .from(roundsEvents)
    .where(and(convicts, sql`${roundsEvents.subnetId} <> ${subnetId}`))
    .orderBy(...newest)
    .limit(MAX_EVENTS_READ);
  return [...own, ...convictions]
    .toSorted((a, b) => Number(b.block - a.block) || b.logIndex - a.logIndex)
    .slice(0, MAX_EVENTS_READ);
}

async function readOfSubnet(database: SqlDatabase, subnetId: number): Promise<EventRow[]> {
  const { event, round, isOfNode } = roundsEvents;
  const found: EventRow[] = [];
  for (const name of OF_SUBNET)
    found.push(
      ...(await database
        .select()
        .from(roundsEvents)
        .where(and(sql`NOT ${isOfNode}`, eq(roundsEvents.subnetId, subnetId), eq(event, name)))
        .orderBy(desc(round))
        .limit(1)),
    );
  return found;
}

async function findRevision(database: SqlDatabase): Promise<number> {
  const [row] = await database.select({ revision: roundsRevision.revision }).from(roundsRevision);
  return row?.revision ?? 0;
}

async function countChange(database: SqlDatabase): Promise<void> {
  await database.update(roundsRevision).set({ revision: sql`${roundsRevision.revision} + 1` });
}

async function dropOldest(
  database: SqlDatabase,
  { before, upTo }: HistoryCut,
  limit: number,
): Promise<Dropped> {
  const { block, logIndex, time } = roundsEvents;
  const isOld = before === undefined ? undefined : lt(time, before);
  const old = await database
    .select({ block, logIndex, time })
    .from(roundsEvents)
    .where(and(isOld, lte(block, upTo)))
    .orderBy(asc(block), asc(logIndex))
    .limit(limit);
  const last = old.at(-1);
  if (last === undefined) return { count: 0, blocks: [], completeSince: undefined };
  await database
    .delete(roundsEvents)
    .where(sql`(${block}, ${logIndex}) <= (${last.block}, ${last.logIndex})`);
  await countChange(database);
  return { count: old.length, blocks: old.map((row) => row.block), completeSince: last.time + 1 };
}

function rowOf(event: RoundEvent): EventRow {
  const { block, logIndex, blockHash, txHash, time, event: name, args } = event;
  return {
    ...{ block, logIndex, blockHash, txHash, time, event: name, args },
    subnetId: Number(argumentOf(event, "subnetId")),
    round: Number(argumentOf(event, "round")),
    isOfNode: !OF_SUBNET.some((other) => other === name),
    isConviction: isConviction(event),
  };
}

function eventOf({ block, logIndex, blockHash, txHash, time, event, args }: EventRow): RoundEvent {
  return {
    ...{ block, logIndex, time, blockHash: blockHash as Hex, txHash: txHash as Hex },
    event: nameSchema.parse(event),
    args: argsSchema.parse(args),
  };
}
