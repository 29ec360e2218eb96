import { ProtocolError } from "@fizz/protocol/errors";
import { type ChainLeaseState } from "@fizz/protocol/chain";
import { fromWire, type ManifestDelivery, manifestDeliverySchema, toWire } from "@fizz/protocol/messages";
import { type SignedReceipt, signedReceiptSchema } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { type LeaseDoors, type ReceiptKey, type Store, type StoredDelivery } from "../ports.ts";
import { type HistoryStore } from "../history-ports.ts";
import { type RequestStore } from "../request-ports.ts";
import { type RoundsStore } from "../rounds-ports.ts";
import { type SharedDoors } from "../sharing-ports.ts";
import { type UptimeStore } from "../uptime-ports.ts";
import { and, asc, count, desc, DrizzleQueryError, eq, gt, inArray, lt } from "./drizzle.ts";
import { SqlRequestStore } from "./request-store.ts";
import { allLeaseDoors, doorRowOf } from "./rows.ts";
import { deliveries, doors, hostClaims, leases, nextRevision, receipts, routes } from "./schema.ts";
import { type SqlDatabase, type SqlEngine } from "./sql-engine.ts";
import { sqlUptimes } from "./uptime-store.ts";
import { sqlHistory } from "./sql-history.ts";
import { SqlRounds } from "./rounds-store.ts";

const UNIQUE_VIOLATION = "23505";
const TAKEN = { taken: true };
/** Calls that wait for the database at once. */
const MAX_CALLS = 1_024;

/** The store in PostgreSQL, embedded or on a server. */
export class SqlStore implements Store, SharedDoors {
  readonly #engine: SqlEngine;
  #database: SqlDatabase | undefined;
  #calls = 0;

  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }

  async start(): Promise<void> {
    if (this.#database !== undefined) return;
    try {
      this.#database = await guarded(() => this.#engine.open());
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#database = undefined;
    await this.#engine.close();
  }

  async allDoors(): Promise<LeaseDoors[]> {
    return await this.run(async (database) => {
      const [leaseRows, doorRows, routeRows, claimRows] = await Promise.all([
        database.select().from(leases),
        database.select().from(doors).orderBy(asc(doors.position)),
        database.select().from(routes).orderBy(asc(routes.position)),
        database.select().from(hostClaims).orderBy(asc(hostClaims.since)),
      ]);
      return allLeaseDoors(leaseRows, { doors: doorRows, routes: routeRows, claims: claimRows });
    });
  }

  async doorRevisions(): Promise<Map<Hex, number>> {
    const { leaseHash, revision } = leases;
    const rows = await this.run((database) => database.select({ leaseHash, revision }).from(leases));
    return new Map(rows.map((row) => [row.leaseHash as Hex, row.revision]));
  }

  async doorsOf(leaseHashes: readonly Hex[]): Promise<LeaseDoors[]> {
    const wanted = [...leaseHashes];
    return await this.run(async (database) => {
      const [leaseRows, doorRows, routeRows, claimRows] = await Promise.all([
        database.select().from(leases).where(inArray(leases.leaseHash, wanted)),
        database.select().from(doors).where(inArray(doors.leaseHash, wanted)).orderBy(asc(doors.position)),
        database.select().from(routes).where(inArray(routes.leaseHash, wanted)).orderBy(asc(routes.position)),
        database
          .select()
          .from(hostClaims)
          .where(inArray(hostClaims.leaseHash, wanted))
          .orderBy(asc(hostClaims.since)),
      ]);
      return allLeaseDoors(leaseRows, { doors: doorRows, routes: routeRows, claims: claimRows });
    });
  }

  async saveDoors(entry: LeaseDoors): Promise<void> {
    await this.run(async (database) => {
      await database.transaction(async (transaction) => {
        const { leaseHash, lastState } = entry;
        const [lid, nodeId] = [entry.lid.toString(), entry.nodeId.toString()];
        const values = { lid, nodeId, lastState, revision: nextRevision };
        await transaction
          .insert(leases)
          .values({ leaseHash, ...values })
          .onConflictDoUpdate({ target: leases.leaseHash, set: values });
        await transaction.delete(doors).where(eq(doors.leaseHash, leaseHash));
        const rows = entry.doors.map((door, position) => doorRowOf(leaseHash, door, position));
        if (rows.length > 0) await transaction.insert(doors).values(rows);
        await transaction.delete(routes).where(eq(routes.leaseHash, leaseHash));
        const routed = entry.routes.map((body, position) => ({ leaseHash, position, body }));
        if (routed.length > 0) await transaction.insert(routes).values(routed);
        await transaction.delete(hostClaims).where(eq(hostClaims.leaseHash, leaseHash));
        const claims = entry.claims.map((claim) => ({ leaseHash, ...claim }));
        if (claims.length > 0) await transaction.insert(hostClaims).values(claims);
      });
    });
  }

  async saveState(leaseHash: Hex, lastState: ChainLeaseState): Promise<void> {
    await this.run((database) =>
      database.update(leases).set({ lastState }).where(eq(leases.leaseHash, leaseHash)),
    );
  }

  async removeDoors(leaseHash: Hex): Promise<void> {
    await this.run((database) => database.delete(leases).where(eq(leases.leaseHash, leaseHash)));
  }

  async addDelivery({ id, nodeId, receivedAt, delivery }: StoredDelivery, keep: number): Promise<void> {
    const { leaseHash, version } = delivery;
    const body: unknown = JSON.parse(toWire(delivery));
    await this.run(async (database) => {
      const row = { id, nodeId: nodeId.toString(), leaseHash, version, receivedAt, body };
      await database.insert(deliveries).values(row).onConflictDoNothing();
      const excess = database
        .select({ id: deliveries.id })
        .from(deliveries)
        .where(and(eq(deliveries.leaseHash, leaseHash), eq(deliveries.version, version)))
        .orderBy(desc(deliveries.receivedAt), desc(deliveries.id))
        .offset(keep);
      await database.delete(deliveries).where(inArray(deliveries.id, excess));
    });
  }

  async deliveriesOf(nodeId: bigint): Promise<StoredDelivery[]> {
    const rows = await this.run((database) =>
      database
        .select()
        .from(deliveries)
        .where(eq(deliveries.nodeId, nodeId.toString()))
        .orderBy(asc(deliveries.receivedAt), asc(deliveries.id)),
    );
    return rows.map(({ id, receivedAt, body }) => ({ id, nodeId, receivedAt, delivery: readDelivery(body) }));
  }

  async deliveriesAfter(id: string, limit: number): Promise<StoredDelivery[]> {
    const rows = await this.run((database) =>
      database
        .select()
        .from(deliveries)
        .where(gt(deliveries.id, id))
        .orderBy(asc(deliveries.id))
        .limit(limit),
    );
    return rows.map(({ nodeId, body, ...row }) => ({
      ...{ id: row.id, receivedAt: row.receivedAt },
      ...{ nodeId: BigInt(nodeId), delivery: readDelivery(body) },
    }));
  }

  async removeDelivery(id: string): Promise<void> {
    await this.run((database) => database.delete(deliveries).where(eq(deliveries.id, id)));
  }

  async countDeliveries(): Promise<number> {
    const rows = await this.run((database) => database.select({ total: count() }).from(deliveries));
    return rows[0]?.total ?? 0;
  }

  async saveReceipt(
    { leaseHash, version }: ReceiptKey,
    signed: SignedReceipt,
    savedAt: number,
  ): Promise<void> {
    const body: unknown = JSON.parse(toWire(signed));
    await this.run(async (database) => {
      await database.transaction(async (transaction) => {
        await transaction
          .insert(receipts)
          .values({ leaseHash, version, savedAt, body })
          .onConflictDoUpdate({ target: [receipts.leaseHash, receipts.version], set: { savedAt, body } });
        await transaction
          .delete(deliveries)
          .where(and(eq(deliveries.leaseHash, leaseHash), eq(deliveries.version, version)));
      });
    });
  }

  async findReceipt({ leaseHash, version }: ReceiptKey): Promise<SignedReceipt | undefined> {
    const rows = await this.run((database) =>
      database
        .select()
        .from(receipts)
        .where(and(eq(receipts.leaseHash, leaseHash), eq(receipts.version, version))),
    );
    const row = rows[0];
    return row === undefined ? undefined : fromWire(signedReceiptSchema, row.body);
  }

  async dropOlderThan(time: number): Promise<void> {
    await this.run(async (database) => {
      await database.delete(deliveries).where(lt(deliveries.receivedAt, time));
      await database.delete(receipts).where(lt(receipts.savedAt, time));
    });
  }

  /** The relayed requests, in the same database. */
  requests(): RequestStore {
    return new SqlRequestStore((task) => this.run(task));
  }

  /** How long nodes were there, in the same database. */
  uptimes(): UptimeStore {
    return sqlUptimes((task) => this.run(task));
  }

  /** What the chain's events tell, in the same database. */
  history(): HistoryStore {
    return sqlHistory((task) => this.run(task));
  }

  /** What the chain says of capacity rounds, in the same database. */
  rounds(): RoundsStore {
    return new SqlRounds((task) => this.run(task));
  }

  /** Asks the database for nothing. @throws ProtocolError STORE_FAILED when it does not answer */
  async ping(): Promise<void> {
    await this.run((database) => database.execute("SELECT 1"));
  }

  /** Lets another part use the tables of its own. @throws ProtocolError STORE_FAILED */
  async run<Result>(task: (database: SqlDatabase) => Promise<Result>): Promise<Result> {
    const database = this.#database;
    if (database === undefined) throw new ProtocolError("STORE_FAILED", "The store is not open.");
    if (this.#calls >= MAX_CALLS)
      throw new ProtocolError("STORE_FAILED", `${MAX_CALLS} calls wait for the gateway's store.`);
    this.#calls += 1;
    try {
      return await guarded(() => task(database));
    } finally {
      this.#calls -= 1;
    }
  }
}

/** The database refused a number that it has already. */
function isTaken(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === UNIQUE_VIOLATION;
}

function readDelivery(body: unknown): ManifestDelivery {
  return fromWire(manifestDeliverySchema, body);
}

async function guarded<Result>(task: () => Promise<Result>): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    // Drizzle's own error has all that was to be written in its message.
    const cause = error instanceof DrizzleQueryError ? error.cause : error;
    if (isTaken(cause))
      throw new ProtocolError("STORE_FAILED", "Another process was faster.", { cause, details: TAKEN });
    throw new ProtocolError("STORE_FAILED", "The gateway's store cannot be read or written.", { cause });
  }
}
