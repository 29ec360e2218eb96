import { isErrorCode } from "@fizz/protocol/errors";
import { fromWire, type RelayedState, toWire } from "@fizz/protocol/messages";
import { signedForwardRequestSchema } from "@fizz/protocol/typed-data";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { type Address, type Hex } from "viem";
import {
  type KeptRequest,
  type LinkedChange,
  type RelaySlot,
  type RelayTransaction,
  type RelayUsage,
  type RequestChange,
  type RequestStore,
} from "../request-ports.ts";
import { and, asc, count, desc, eq, gte, inArray, lt, max, notInArray, sum } from "./drizzle.ts";
import { relayedRequests, relaySlots, relayTransactions } from "./request-schema.ts";

type Database = PgDatabase<PgQueryResultHKT>;
type RequestRow = typeof relayedRequests.$inferSelect;
type TransactionRow = typeof relayTransactions.$inferSelect;

const LIVE: RelayedState[] = ["queued", "sent", "mined"];

/** Runs a task on the database, and turns what it throws into STORE_FAILED. */
export type RunOnDatabase = <Result>(task: (database: Database) => Promise<Result>) => Promise<Result>;

/** Relayed requests in PostgreSQL, embedded or not. */
export class SqlRequestStore implements RequestStore {
  readonly #run: RunOnDatabase;

  constructor(run: RunOnDatabase) {
    this.#run = run;
  }

  async addRequest(request: KeptRequest): Promise<void> {
    await this.#run((database) => database.insert(relayedRequests).values(rowOf(request)));
  }

  async findRequest(id: Hex): Promise<KeptRequest | undefined> {
    const rows = await this.#run((database) =>
      database.select().from(relayedRequests).where(eq(relayedRequests.id, id)),
    );
    return rows[0] === undefined ? undefined : requestOf(rows[0]);
  }

  async liveOf(signer: Address): Promise<KeptRequest[]> {
    const rows = await this.#run((database) =>
      database
        .select()
        .from(relayedRequests)
        .where(and(eq(relayedRequests.signer, signer), inArray(relayedRequests.state, LIVE)))
        .orderBy(asc(relayedRequests.nonce)),
    );
    return rows.map(requestOf);
  }

  async queued(): Promise<KeptRequest[]> {
    const rows = await this.#run((database) =>
      database
        .select()
        .from(relayedRequests)
        .where(eq(relayedRequests.state, "queued"))
        .orderBy(asc(relayedRequests.receivedAt), asc(relayedRequests.nonce), asc(relayedRequests.id)),
    );
    return rows.map(requestOf);
  }

  async finalSince(block: bigint, limit: number): Promise<KeptRequest[]> {
    const { state, block: height } = relayedRequests;
    const rows = await this.#run((database) =>
      database
        .select()
        .from(relayedRequests)
        .where(and(eq(state, "final"), gte(height, block.toString())))
        .orderBy(desc(height))
        .limit(limit),
    );
    return rows.map(requestOf);
  }

  async countLive(): Promise<number> {
    const rows = await this.#run((database) =>
      database.select({ total: count() }).from(relayedRequests).where(inArray(relayedRequests.state, LIVE)),
    );
    return rows[0]?.total ?? 0;
  }

  async changeRequest(id: Hex, change: RequestChange): Promise<void> {
    await this.#run((database) => changeIn(database, { id, change }));
  }

  async usage(since: number, signer?: Address): Promise<RelayUsage> {
    const recent = gte(relayedRequests.receivedAt, since);
    const rows = await this.#run((database) =>
      database
        .select({ requests: count(), gas: sum(relayedRequests.gas) })
        .from(relayedRequests)
        .where(signer === undefined ? recent : and(recent, eq(relayedRequests.signer, signer))),
    );
    return { requests: rows[0]?.requests ?? 0, gas: BigInt(rows[0]?.gas ?? 0) };
  }

  async slots(relayer: Address): Promise<RelaySlot[]> {
    return await this.#run(async (database) => {
      const slots = await database
        .select()
        .from(relaySlots)
        .where(eq(relaySlots.relayer, relayer))
        .orderBy(asc(relaySlots.nonce));
      const rows = await database
        .select()
        .from(relayTransactions)
        .where(eq(relayTransactions.relayer, relayer))
        .orderBy(asc(relayTransactions.position));
      return slots.map(({ nonce, requestId }) => ({
        nonce,
        requestId: (requestId ?? undefined) as Hex | undefined,
        transactions: rows.filter((row) => row.nonce === nonce).map(transactionOf),
      }));
    });
  }

  async openSlot(relayer: Address, slot: RelaySlot, linked?: LinkedChange): Promise<void> {
    const { nonce, requestId } = slot;
    await this.#run(async (database) => {
      await database.transaction(async (inside) => {
        await inside.insert(relaySlots).values({ relayer, nonce, requestId: requestId ?? null });
        const rows = slot.transactions.map((entry, position) =>
          transactionRowOf({ relayer, nonce, position }, entry),
        );
        await inside.insert(relayTransactions).values(rows);
        if (linked !== undefined) await changeIn(inside, linked);
      });
    });
  }

  async addTransaction(
    relayer: Address,
    nonce: number,
    { transaction, linked }: { readonly transaction: RelayTransaction; readonly linked?: LinkedChange },
  ): Promise<void> {
    await this.#run(async (database) => {
      await database.transaction(async (inside) => {
        const [last] = await inside
          .select({ position: max(relayTransactions.position) })
          .from(relayTransactions)
          .where(and(eq(relayTransactions.relayer, relayer), eq(relayTransactions.nonce, nonce)));
        const place = { relayer, nonce, position: (last?.position ?? -1) + 1 };
        await inside.insert(relayTransactions).values(transactionRowOf(place, transaction));
        if (linked !== undefined) await changeIn(inside, linked);
      });
    });
  }

  async closeSlot(relayer: Address, nonce: number, linked?: LinkedChange): Promise<void> {
    await this.#run(async (database) => {
      await database.transaction(async (inside) => {
        await inside
          .delete(relaySlots)
          .where(and(eq(relaySlots.relayer, relayer), eq(relaySlots.nonce, nonce)));
        if (linked !== undefined) await changeIn(inside, linked);
      });
    });
  }

  async dropSettled(before: number): Promise<void> {
    await this.#run((database) =>
      database
        .delete(relayedRequests)
        .where(and(lt(relayedRequests.receivedAt, before), notInArray(relayedRequests.state, LIVE))),
    );
  }
}

async function changeIn(database: Database, { id, change }: LinkedChange): Promise<void> {
  const { gas, block, ...rest } = change;
  const values = {
    ...rest,
    ...(gas === undefined ? {} : { gas: gas.toString() }),
    ...(block === undefined ? {} : { block: block?.toString() ?? null }),
  };
  await database.update(relayedRequests).set(values).where(eq(relayedRequests.id, id));
}

function rowOf(request: KeptRequest): RequestRow {
  const { id, kind, signed, state, receivedAt, txHash, code, reason } = request;
  return {
    ...{ id, kind, state, receivedAt, txHash, code, reason },
    signer: signed.request.from,
    nonce: signed.request.nonce.toString(),
    body: JSON.parse(toWire(signed)) as unknown,
    gas: request.gas.toString(),
    block: request.block?.toString() ?? null,
  };
}

function requestOf(row: RequestRow): KeptRequest {
  const { kind, state, receivedAt, reason } = row;
  return {
    ...{ kind, state, receivedAt, reason },
    id: row.id as Hex,
    signed: fromWire(signedForwardRequestSchema, row.body),
    gas: BigInt(row.gas),
    txHash: row.txHash as Hex | null,
    block: row.block === null ? null : BigInt(row.block),
    code: row.code === null || !isErrorCode(row.code) ? null : row.code,
  };
}

interface Place {
  readonly relayer: Address;
  readonly nonce: number;
  readonly position: number;
}

function transactionRowOf(place: Place, transaction: RelayTransaction): TransactionRow {
  const { hash, raw, purpose, gas, fees, sentBlock } = transaction;
  return {
    ...{ ...place, hash, raw, purpose },
    gas: gas.toString(),
    maxFee: fees.maxFeePerGas.toString(),
    priorityFee: fees.maxPriorityFeePerGas.toString(),
    sentBlock: sentBlock.toString(),
  };
}

function transactionOf(row: TransactionRow): RelayTransaction {
  return {
    hash: row.hash as Hex,
    raw: row.raw as Hex,
    purpose: row.purpose,
    gas: BigInt(row.gas),
    fees: { maxFeePerGas: BigInt(row.maxFee), maxPriorityFeePerGas: BigInt(row.priorityFee) },
    sentBlock: BigInt(row.sentBlock),
  };
}
