import { advisoryLock } from "./advisory-lock.ts";
import { MIGRATIONS } from "./migrations.ts";
import { type SqlSession } from "./sql-engine.ts";

/** Waiting for another process that migrates, and each statement, may take as long. */
const STATEMENT_TIMEOUT = "60s";

/**
 * Brings the tables up to date, in one transaction. Of several processes that begin together one does it, and the
 * others find it done.
 */
export async function migrate(session: SqlSession): Promise<void> {
  await session.exec(`BEGIN; SET LOCAL statement_timeout = '${STATEMENT_TIMEOUT}'`);
  try {
    await session.exec(`SELECT pg_advisory_xact_lock(${advisoryLock("migration")})`);
    await session.exec("CREATE TABLE IF NOT EXISTS fizz_migrations (id integer PRIMARY KEY)");
    const rows = await session.exec("SELECT id FROM fizz_migrations");
    const applied = new Set(rows.map(({ id }) => id));
    for (const { id, sql } of MIGRATIONS.toSorted((a, b) => a.id - b.id)) {
      if (applied.has(id)) continue;
      await session.exec(sql);
      await session.exec(`INSERT INTO fizz_migrations (id) VALUES (${id})`);
    }
    await session.exec("COMMIT");
  } catch (error) {
    await session.exec("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
