import { pgliteEngine } from "../../../relayer/src/store/pglite-engine.ts";
import { postgresEngine } from "../../../relayer/src/store/postgres-engine.ts";
import { SqlStore } from "../../../relayer/src/store/sql-store.ts";
import { memoryLogger } from "./builders.ts";
import { temporaryEngine } from "./temporary-engine.ts";

/** Where a history is kept: a folder for the embedded database, or a server's too; neither for one that goes when it is closed. */
export interface StorePlace {
  readonly folder?: string;
  readonly url?: string;
}

const TABLES = {
  history_state: "single",
  history_blocks: "slot",
  history_leases: "lid",
  history_events: "block, log_index",
} as const;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export async function openHistoryStore({ folder, url }: StorePlace) {
  const logger = memoryLogger();
  const embedded = folder === undefined ? temporaryEngine() : pgliteEngine(folder);
  const engine = url === undefined ? embedded : postgresEngine({ url, directory: folder ?? "", logger });
  const whole = new SqlStore(engine);
  await whole.start();
  return {
    history: () => whole.history(),
    /** All rows of all tables of the history, as text. */
    dump: async (): Promise<string[]> => {
      const rows: string[] = [];
      for (const [table, order] of Object.entries(TABLES)) {
        const text = `SELECT row_to_json(t)::text AS row FROM (SELECT * FROM ${table} ORDER BY ${order}) t`;
        const found: unknown = await whole.run((database) => database.execute(text));
        rows.push(...(found as { rows: { row: string }[] }).rows.map(({ row }) => `${table} ${row}`));
      }
      return rows;
    },
    stop: () => whole.stop(),
  };
}
