import type { SQL } from "drizzle-orm";
import { type SqlDatabase } from "./sql-engine.ts";

/** Where statements run. */
export interface RowStore {
  /** @throws ProtocolError STORE_FAILED */
  run<Result>(task: (database: SqlDatabase) => Promise<Result>): Promise<Result>;
}

/** The rows of one statement. @throws ProtocolError STORE_FAILED */
export async function rowsIn(
  store: RowStore,
  statement: SQL,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const result: unknown = await store.run((database) => database.execute(statement));
  return (result as { readonly rows: readonly Readonly<Record<string, unknown>>[] }).rows;
}
