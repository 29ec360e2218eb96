import { createRequire } from "node:module";
import type * as Driver from "drizzle-orm/node-postgres";
import type { Client, ClientConfig, Pool } from "pg";
import { type Logger } from "../ports.ts";
import { type Channel, CHANNELS } from "./channels.ts";
import { DirectoryLock } from "./directory-lock.ts";
import { migrate } from "./migrate.ts";
import * as pg from "./pg.ts";
import { PinnedSession } from "./pinned-session.ts";
import { type SqlDatabase, type SqlEngine, type SqlSession } from "./sql-engine.ts";

/** As drizzle.ts does. */
const { drizzle } = createRequire(import.meta.url)("drizzle-orm/node-postgres") as typeof Driver;

/** Connections of one process, without the one that listens. */
const MAX_CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** For the answer: longer than the server may work on it, so that only a server that is gone is given up. */
const ANSWER_TIMEOUT_MS = 15_000;
const IDLE_MS = 30_000;

export interface PostgresEngineInit {
  /** `postgresql://user:password@host:port/database?sslmode=…`. It is a secret. */
  readonly url: string;
  /** Folder of what is not in the database, which this process alone uses. */
  readonly directory: string;
  readonly logger: Logger;
  /** Called when another process, or this one, changed doors or nodes; and after an outage. */
  readonly onNotify?: (channel: Channel) => void;
}

/** PostgreSQL on a server, which several processes of one gateway may use. */
export function postgresEngine({
  url,
  directory,
  logger,
  onNotify = () => undefined,
}: PostgresEngineInit): SqlEngine {
  const config = postgresConfig(url);
  const lock = new DirectoryLock(directory);
  const listen = async (client: Client): Promise<void> => {
    client.on("notification", ({ channel }) => {
      for (const known of CHANNELS) if (known === channel) onNotify(known);
    });
    for (const channel of CHANNELS) await client.query(`LISTEN ${channel}`);
    for (const channel of CHANNELS) onNotify(channel);
  };
  const session = new PinnedSession({ config, logger, onConnect: listen });
  let pool: Pool | undefined;
  return {
    open: async (): Promise<SqlDatabase> => {
      await lock.acquire();
      await withClient(config, (client) => migrate(sessionOf(client)));
      await session.start();
      const limits = { max: MAX_CONNECTIONS, idleTimeoutMillis: IDLE_MS, query_timeout: ANSWER_TIMEOUT_MS };
      pool = new pg.Pool({ ...config, ...limits });
      // A connection that breaks while nobody uses it: the next call makes a new one.
      pool.on("error", (error) => {
        logger.warn({ event: "store.connection.lost", error }, "A connection to the database is gone.");
      });
      return drizzle(pool);
    },
    close: async () => {
      const open = pool;
      pool = undefined;
      await open?.end();
      await session.stop();
      await lock.release();
    },
  };
}

/** How every connection is made. */
export function postgresConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: "fizz-gateway",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
  };
}

async function withClient(config: ClientConfig, task: (client: Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  try {
    await client.connect();
    await task(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function sessionOf(client: Client): SqlSession {
  return {
    exec: async (text) => {
      const result: unknown = await client.query(text);
      const last: unknown = Array.isArray(result) ? result.at(-1) : result;
      return (last as { rows: Record<string, unknown>[] }).rows;
    },
  };
}
