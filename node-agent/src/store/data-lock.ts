import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ProtocolError } from "@fizz/protocol/errors";

/** SQLITE_BUSY. */
const BUSY = 5;

/**
 * One agent per data directory: two would start containers twice. The kernel holds the lock, by an empty database of its own,
 * and frees it however the process ends; a number in a file would name a stranger after a restart of the machine.
 *
 * @returns A function that gives the directory free.
 * @throws ProtocolError REQUIREMENT_MISSING when another agent has it, STORE_FAILED
 */
export function lockDataDir(dataDir: string): () => void {
  const path = join(dataDir, "lock.db");
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const taken = (database = new DatabaseSync(path, { timeout: 0 }));
    taken.exec("BEGIN EXCLUSIVE");
    return () => {
      taken.close();
    };
  } catch (cause) {
    database?.close();
    if ((cause as { readonly errcode?: number }).errcode !== BUSY)
      throw new ProtocolError("STORE_FAILED", `${path} cannot be locked.`, { cause });
    const message = `Another agent uses ${dataDir}. Stop it (npm run node -- stop), or set FIZZ_NODE_DATA_DIR.`;
    throw new ProtocolError("REQUIREMENT_MISSING", message);
  }
}
