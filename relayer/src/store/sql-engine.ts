import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** A database that speaks PostgreSQL, wherever it runs. */
export type SqlDatabase = PgDatabase<PgQueryResultHKT>;

/** How a store's database is opened. */
export interface SqlEngine {
  /**
   * Opens it, with its tables up to date.
   *
   * @throws ProtocolError CONFIG_INVALID when this process may not use it; what the driver throws when it cannot.
   */
  open(): Promise<SqlDatabase>;
  close(): Promise<void>;
}

/** One session, for statements as text. */
export interface SqlSession {
  /** @returns The rows of the last statement. */
  exec(text: string): Promise<readonly Record<string, unknown>[]>;
}
