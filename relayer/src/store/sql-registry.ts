import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayNetworkSchema } from "@fizz/protocol/messages";
import type { SQL } from "drizzle-orm";
import { FORGET_AFTER_MS } from "../domain/sharing-rules.ts";
import { type NodeView } from "../ports.ts";
import { type ProcessEntry } from "../process-ports.ts";
import { type OwnedNode, type Registry } from "../sharing-ports.ts";
import { sql } from "./drizzle.ts";
import { nodeViewFromJson, nodeViewToJson } from "./node-view-row.ts";
import { type SqlStore } from "./sql-store.ts";

/** Nodes read at once: those that are away come last. */
const MAX_NODES_READ = 20_000;
/** Processes of one gateway. */
const MAX_PROCESSES = 64;
/** A change may be seen as late as a statement may take. */
const OVERLAP = "15 seconds";
/** Nodes that are away for longer are forgotten. */
const AWAY_FOR = "30 days";
const MS_PER_SECOND = 1_000;

const multiaddrsSchema = gatewayNetworkSchema.shape.multiaddrs.catch([]);

type Row = Readonly<Record<string, unknown>>;

/** The processes of a gateway and their nodes, in the tables that they share. */
export class SqlRegistry implements Registry {
  readonly #store: SqlStore;

  constructor(store: SqlStore) {
    this.#store = store;
  }

  async join(operator: string): Promise<void> {
    await this.#rows(
      sql`INSERT INTO gateway_operator (operator) VALUES (${operator}) ON CONFLICT DO NOTHING`,
    );
    const [row] = await this.#rows(sql`SELECT operator FROM gateway_operator`);
    if (row?.["operator"] === operator) return;
    throw new ProtocolError(
      "CONFIG_INVALID",
      "The database is another gateway's: it has another operator key.",
    );
  }

  async beat(self: Parameters<Registry["beat"]>[0]): Promise<ProcessEntry[]> {
    const { id, address, multiaddrs, version } = self;
    await this.#rows(sql`
      INSERT INTO processes (id, address, multiaddrs, version)
      VALUES (${id}, ${address}, ${JSON.stringify(multiaddrs)}::jsonb, ${version})
      ON CONFLICT (id) DO UPDATE SET beat_at = clock_timestamp()`);
    await this.#rows(sql`
      DELETE FROM processes
      WHERE beat_at < clock_timestamp() - make_interval(secs => ${FORGET_AFTER_MS / MS_PER_SECOND})`);
    const rows = await this.#rows(sql`
      SELECT id, address, multiaddrs, version,
        (extract(epoch FROM started_at) * 1000)::float8 AS started,
        (extract(epoch FROM clock_timestamp() - beat_at) * 1000)::float8 AS silent
      FROM processes ORDER BY beat_at DESC LIMIT ${MAX_PROCESSES}`);
    return rows.map((row) => ({
      id: String(row["id"]),
      address: String(row["address"]),
      multiaddrs: multiaddrsSchema.parse(row["multiaddrs"]),
      version: String(row["version"]),
      startedAt: Math.round(Number(row["started"])),
      silentMs: Math.max(0, Math.round(Number(row["silent"]))),
    }));
  }

  async leave(id: string): Promise<void> {
    await this.#rows(sql`DELETE FROM processes WHERE id = ${id}`);
    await this.#rows(sql`
      DELETE FROM node_owners WHERE NOT online AND changed_at < clock_timestamp() - ${AWAY_FOR}::interval`);
  }

  async claim({ processId, view }: OwnedNode): Promise<string | undefined> {
    const nodeId = view.facts.nodeId.toString();
    const json = JSON.stringify(nodeViewToJson(view));
    return await this.#store.run((database) =>
      database.transaction(async (transaction) => {
        const [row] = rowsOf(
          await transaction.execute(sql`
            SELECT process_id FROM node_owners WHERE node_id = ${nodeId}::numeric FOR UPDATE`),
        );
        await transaction.execute(sql`
          INSERT INTO node_owners (node_id, process_id, online, view)
          VALUES (${nodeId}::numeric, ${processId}, ${view.online}, ${json}::jsonb)
          ON CONFLICT (node_id) DO UPDATE SET process_id = excluded.process_id, online = excluded.online,
            view = excluded.view, changed_at = clock_timestamp()`);
        const before = row?.["process_id"];
        return typeof before === "string" ? before : undefined;
      }),
    );
  }

  async publish(processId: string, views: readonly NodeView[]): Promise<Set<bigint>> {
    if (views.length === 0) return new Set();
    const rows = views.map((view) => ({
      node_id: view.facts.nodeId.toString(),
      online: view.online,
      view: nodeViewToJson(view),
    }));
    const mine = await this.#rows(sql`
      UPDATE node_owners o SET online = v.online, view = v.view, changed_at = clock_timestamp()
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS v (node_id numeric, online boolean, view jsonb)
      WHERE o.node_id = v.node_id AND o.process_id = ${processId}
      RETURNING o.node_id::text AS node`);
    return new Set(mine.map((row) => BigInt(String(row["node"]))));
  }

  async changes(since: string | undefined): Promise<{ readonly nodes: OwnedNode[]; readonly until: string }> {
    const [now] = await this.#rows(sql`SELECT clock_timestamp()::text AS now`);
    const newer =
      since === undefined ? sql`` : sql`WHERE changed_at > ${since}::timestamptz - ${OVERLAP}::interval`;
    const rows = await this.#rows(sql`
      SELECT process_id, view FROM node_owners ${newer}
      ORDER BY online DESC, changed_at DESC LIMIT ${MAX_NODES_READ}`);
    const nodes = rows.flatMap((row) => {
      const view = nodeViewFromJson(row["view"]);
      return view === undefined ? [] : [{ processId: String(row["process_id"]), view }];
    });
    return { nodes, until: String(now?.["now"]) };
  }

  async #rows(statement: SQL): Promise<readonly Row[]> {
    return rowsOf(await this.#store.run((database) => database.execute(statement)));
  }
}

function rowsOf(result: unknown): readonly Row[] {
  return (result as { readonly rows: readonly Row[] }).rows;
}
