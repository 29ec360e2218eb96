import { type StartContext } from "./start-context.ts";
import { pgliteEngine } from "./store/pglite-engine.ts";
import { postgresEngine } from "./store/postgres-engine.ts";
import { SqlStore } from "./store/sql-store.ts";

/** The store, embedded or on a server: to be started first. */
export function createStore({ config, logger }: StartContext): SqlStore {
  const { databaseUrl: url, dataDir: directory } = config;
  if (url === undefined) return new SqlStore(pgliteEngine(directory));
  return new SqlStore(postgresEngine({ url, directory, logger: logger.child({ part: "store" }) }));
}
