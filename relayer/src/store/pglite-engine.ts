import { createRequire } from "node:module";
import type * as Embedded from "@electric-sql/pglite";
import type * as Driver from "drizzle-orm/pglite";
import { compileOnce, compileOnceSync } from "./compile-once.ts";
import { databaseFolder } from "./database-folder.ts";
import { DirectoryLock } from "./directory-lock.ts";
import { migrate } from "./migrate.ts";
import { type SqlEngine, type SqlSession } from "./sql-engine.ts";

/** As drizzle.ts does, and the same copy of PGlite for both. */
const load = createRequire(import.meta.url);
const { PGlite } = load("@electric-sql/pglite") as typeof Embedded;
const { drizzle } = load("drizzle-orm/pglite") as typeof Driver;

/** A few thousand small rows: the default of 128 MiB of buffers would double the memory of the whole gateway. */
const START_PARAMS = [
  ...PGlite.defaultStartParams,
  ...["shared_buffers=2MB", "wal_buffers=64kB", "max_connections=2"].flatMap((setting) => ["-c", setting]),
];

/**
 * PostgreSQL embedded in this process.
 *
 * @param directory Folder that this process alone uses.
 */
export function pgliteEngine(directory: string): SqlEngine {
  const lock = new DirectoryLock(directory);
  let client: Embedded.PGlite | undefined;
  return {
    open: async () => {
      await lock.acquire();
      client = await create(await databaseFolder(directory));
      await migrate(sessionOf(client));
      return drizzle(client);
    },
    close: async () => {
      const open = client;
      client = undefined;
      await open?.close();
      await lock.release();
    },
  };
}

/** Compiled well, one function of PostgreSQL's takes 550 MiB for a moment and 50 MiB for good (docs/adr/0052). */
async function create(dataDir: string): Promise<Embedded.PGlite> {
  const client = await compileOnce(() => PGlite.create(dataDir, { startParams: START_PARAMS }));
  const exec = client.execProtocolRawSync.bind(client);
  client.execProtocolRawSync = (message) => compileOnceSync(() => exec(message));
  return client;
}

function sessionOf(client: Embedded.PGlite): SqlSession {
  return { exec: async (text) => (await client.exec(text)).at(-1)?.rows ?? [] };
}
