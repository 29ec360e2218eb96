import { ProtocolError } from "@fizz/protocol/errors";
import {
  type EarningsDay,
  type EarningsPage,
  type EarningsQuery,
  type HistoryAsOf,
  type HistoryLease,
  type LeaseHistory,
  type LeaseHistoryQuery,
  type LeasesPage,
  type LeasesQuery,
} from "@fizz/protocol/messages";
import type { SQL } from "drizzle-orm";
import { type Address, type Hex } from "viem";
import {
  dateOfDay,
  earningsCursor,
  eventCursor,
  firstWholeDay,
  leasesCursor,
  readEarningsCursor,
  readEventCursor,
  readLeasesCursor,
  withFinality,
} from "../domain/history-cursor.ts";
import { type FoldedLease } from "../domain/lease-fold.ts";
import { type Told } from "../history-ports.ts";
import { and, asc, desc, eq, gte, inArray, isNotNull, lt, sql } from "./drizzle.ts";
import { findCheckpoint } from "./event-index.ts";
import { eventOfRow, leaseOfRow } from "./history-rows.ts";
import { historyEvents, historyLeases, historyState } from "./history-schema.ts";
import { type RunOnDatabase } from "./request-store.ts";
import { type SqlDatabase } from "./sql-engine.ts";

/** One moment for all statements of an answer: what it says and the block that it is true for belong together. */
const ONE_MOMENT = { isolationLevel: "repeatable read", accessMode: "read only" } as const;

type AsOf = Omit<HistoryAsOf, "head">;

/** Answers from the history. */
export class HistoryReader {
  readonly #run: RunOnDatabase;

  constructor(run: RunOnDatabase) {
    this.#run = run;
  }

  async leases(query: LeasesQuery, depth: bigint): Promise<Told<LeasesPage>> {
    const { limit, cursor } = query;
    return await this.#atOneMoment(depth, async (database, asOf) => {
      const after = cursor === undefined ? undefined : lidBelow(readLeasesCursor(cursor));
      const rows = await database
        .select({ body: historyLeases.body })
        .from(historyLeases)
        .where(and(...leaseFilters(query), after))
        .orderBy(desc(historyLeases.lid))
        .limit(limit + 1);
      const leases = rows.slice(0, limit).map((row) => tellLease(leaseOfRow(row), asOf));
      const last = leases.at(-1);
      const nextCursor = rows.length > limit && last !== undefined ? leasesCursor(last.lid) : null;
      return { asOf, leases, nextCursor };
    });
  }

  async leaseHistory(lid: bigint, query: LeaseHistoryQuery, depth: bigint): Promise<Told<LeaseHistory>> {
    const { limit, cursor } = query;
    return await this.#atOneMoment(depth, async (database, asOf) => {
      const id = lid.toString();
      const [lease] = await database.select().from(historyLeases).where(eq(historyLeases.lid, id));
      if (lease === undefined)
        throw new ProtocolError(
          "LEASE_NOT_FOUND",
          `The history has no lease ${lid}, up to block ${asOf.block}.`,
        );
      const after = cursor === undefined ? undefined : await standingAfter(database, id, cursor);
      const rows = await database
        .select()
        .from(historyEvents)
        .where(and(eq(historyEvents.lid, id), after))
        .orderBy(asc(historyEvents.block), asc(historyEvents.logIndex))
        .limit(limit + 1);
      const events = rows.slice(0, limit).map((row) => withFinality(eventOfRow(row), asOf.finalBlock));
      const last = events.at(-1);
      const nextCursor = rows.length > limit && last !== undefined ? eventCursor(last) : null;
      return { asOf, lease: tellLease(leaseOfRow(lease), asOf), events, nextCursor };
    });
  }

  async earnings(query: EarningsQuery, depth: bigint): Promise<Told<EarningsPage>> {
    const { limit, cursor } = query;
    return await this.#atOneMoment(depth, async (database, asOf) => {
      const rows = await sumDays(database, { query, cursor, since: firstWholeDay(asOf.completeSince) });
      const days = rows.slice(0, limit).map((row) => tellDay(row, query, asOf));
      const last = rows.at(limit - 1);
      const nextCursor = rows.length > limit && last !== undefined ? earningsCursor(last) : null;
      return { asOf, days, nextCursor };
    });
  }

  async #atOneMoment<Answer>(
    depth: bigint,
    answer: (database: SqlDatabase, asOf: AsOf) => Promise<Answer>,
  ): Promise<Answer> {
    return await this.#run((database) =>
      database.transaction(async (transaction) => {
        const at = await findCheckpoint(transaction, historyState);
        if (at === undefined)
          throw new ProtocolError("HISTORY_NOT_READY", "The gateway has not begun to read the history yet.");
        const { chainId, market, number: block, hash: blockHash, time, afterBlock, completeSince } = at;
        const finalBlock = block > depth ? block - depth : 0n;
        return await answer(transaction, {
          ...{ chainId, market, block, blockHash, time, finalBlock, afterBlock, completeSince },
        });
      }, ONE_MOMENT),
    );
  }
}

function leaseFilters({ tenant, nodeId, subnetId, state }: LeasesQuery): (SQL | undefined)[] {
  return [
    tenant === undefined ? undefined : eq(historyLeases.tenant, tenant),
    nodeId === undefined ? undefined : eq(historyLeases.nodeId, nodeId.toString()),
    subnetId === undefined ? undefined : eq(historyLeases.subnetId, subnetId),
    state === undefined ? undefined : eq(historyLeases.state, state),
  ];
}

function lidBelow(lid: bigint): SQL {
  return lt(historyLeases.lid, lid.toString());
}

/** @throws ProtocolError HISTORY_MOVED when what the cursor stands on is gone */
async function standingAfter(database: SqlDatabase, lid: string, cursor: string): Promise<SQL> {
  const { block, logIndex, blockHash } = readEventCursor(cursor);
  const [found] = await database
    .select({ block: historyEvents.block })
    .from(historyEvents)
    .where(
      and(
        eq(historyEvents.block, block),
        eq(historyEvents.logIndex, logIndex),
        eq(historyEvents.blockHash, blockHash),
        eq(historyEvents.lid, lid),
      ),
    );
  if (found !== undefined)
    return sql`(${historyEvents.block}, ${historyEvents.logIndex}) > (${block}, ${logIndex})`;
  const message = "The chain was reorganised below the cursor: begin without one.";
  throw new ProtocolError("HISTORY_MOVED", message);
}

function tellLease(lease: FoldedLease, { finalBlock }: AsOf): HistoryLease {
  const [opened, last] = [withFinality(lease.opened, finalBlock), withFinality(lease.last, finalBlock)];
  return { ...lease, opened, last };
}

interface DayRow {
  readonly day: number;
  readonly token: string;
  readonly settlements: number;
  readonly released: string;
  readonly collected: string;
  readonly protocolReleased: string;
  readonly protocolCollected: string;
  readonly last: unknown;
}

/** What comes into earnings, and what leaves those of a node or a subnet. */
const RELEASED = "LeaseSettled";
const COLLECTED = { node: "EarningsCollected", subnet: "SubnetEarningsCollected" } as const;

interface DaysQuery {
  readonly query: EarningsQuery;
  readonly cursor: string | undefined;
  readonly since: number;
}

/** Sums in the order of the index of node or subnet, so that a page ends the reading. */
async function sumDays(database: SqlDatabase, { query, cursor, since }: DaysQuery): Promise<DayRow[]> {
  const { day, token, event, nodeId, subnetId, toNode, toSubnet, toProtocol } = historyEvents;
  const isOfNode = query.nodeId !== undefined;
  const [own, out] = isOfNode ? [toNode, COLLECTED.node] : [toSubnet, COLLECTED.subnet];
  const owner =
    query.nodeId === undefined ? eq(subnetId, query.subnetId ?? 0) : eq(nodeId, query.nodeId.toString());
  const total = (amount: typeof own, of: string): SQL<string> =>
    sql<string>`coalesce(sum(${amount}) filter (where ${event} = ${of}), 0)::text`;
  const at = cursor === undefined ? undefined : readEarningsCursor(cursor);
  return (await database
    .select({
      day,
      token: sql<string>`${token}`,
      settlements: sql<number>`(count(*) filter (where ${event} = ${RELEASED}))::int`,
      released: total(own, RELEASED),
      collected: total(own, out),
      protocolReleased: total(toProtocol, RELEASED),
      protocolCollected: total(toProtocol, out),
      last: NEWEST,
    })
    .from(historyEvents)
    .where(
      and(
        owner,
        isNotNull(token),
        inArray(event, [RELEASED, out]),
        gte(day, since),
        at === undefined ? undefined : sql`(${day}, ${token}) < (${at.day}, ${at.token})`,
      ),
    )
    .groupBy(day, token)
    .orderBy(desc(day), desc(token))
    .limit(query.limit + 1)) satisfies DayRow[];
}

/** Of a group of events: where the newest one stands. */
const NEWEST = sql<unknown>`(array_agg(jsonb_build_object(
  'block', ${historyEvents.block}::text, 'blockHash', ${historyEvents.blockHash},
  'txHash', ${historyEvents.txHash}, 'time', ${historyEvents.time})
  ORDER BY ${historyEvents.block} DESC, ${historyEvents.logIndex} DESC))[1]`;

function tellDay(row: DayRow, { nodeId }: EarningsQuery, { finalBlock }: AsOf): EarningsDay {
  const { block, blockHash, txHash, time } = row.last as Record<"block" | "blockHash" | "txHash", string> & {
    time: number;
  };
  const place = { block: BigInt(block), blockHash: blockHash as Hex, txHash: txHash as Hex, time };
  const protocol = {
    released: BigInt(row.protocolReleased),
    collected: BigInt(row.protocolCollected),
  };
  return {
    day: dateOfDay(row.day),
    token: row.token as Address,
    released: BigInt(row.released),
    collected: BigInt(row.collected),
    settlements: row.settlements,
    protocol: nodeId === undefined ? protocol : null,
    last: withFinality(place, finalBlock),
  };
}
