import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, MIGRATIONS } from "./migrations.ts";
import { UnusableState } from "./state-fault.ts";

/** Wait for a lock that another process has, a backup for instance, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5_000;
/** The log is cut to this after it was longer, in bytes. */
const LOG_BYTES = 16 * 1024 * 1024;

/** Opens a state for reading. @throws an error of node:sqlite */
export function openForReading(path: string): DatabaseSync {
  return new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
}

/**
 * Opens a state for writing and brings its layout up to date.
 *
 * @param maxBytes Largest database.
 * @throws UnusableState, an error of node:sqlite
 */
export function openForWriting(path: string, maxBytes: number, migrations = MIGRATIONS): DatabaseSync {
  check(path, migrations.length);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA secure_delete = ON");
    database.exec(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
    database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / numberOf(database, "page_size"))}`);
    migrate(database, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Takes the steps that a database has not behind it yet, each whole or not at all. */
export function migrate(database: DatabaseSync, migrations = MIGRATIONS): void {
  for (let step = numberOf(database, "user_version"); step < migrations.length; step += 1)
    inTransaction(database, () => {
      database.exec(migrations[step] ?? "");
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${step + 1}`);
    });
}

/** @throws what the work throws; nothing of it is left then */
export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    // A full disk has rolled back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Looks at every page before anything is written, and over a connection that cannot write: what is damaged stays as it is. */
function check(path: string, newest: number): void {
  const database = openForReading(path);
  try {
    const version = numberOf(database, "user_version");
    if (numberOf(database, "application_id") !== APPLICATION_ID || version < 1)
      throw new UnusableState("it is no state of a node, or was emptied");
    if (version > newest)
      throw new UnusableState(`a newer agent made it (layout ${version}, this agent knows ${newest})`);
    const found = database.prepare("PRAGMA integrity_check(3)").all().flatMap(Object.values).map(String);
    if (found.join() !== "ok") throw new UnusableState(`it is damaged: ${found.join("; ")}`);
  } finally {
    database.close();
  }
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
}
