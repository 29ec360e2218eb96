import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Measurement, measurementSchema } from "../domain/measurement.ts";
import { openForReading } from "./open-file.ts";
import { STATE_FILE } from "./prepare-state.ts";
import { type StateDatabase } from "./state-database.ts";

/**
 * The newest measurement of a data directory, also while an agent runs on it. It is no secret, and not sealed.
 *
 * @returns Undefined when there is none that this agent can read.
 */
export function findMeasurement(dataDir: string): Measurement | undefined {
  const path = join(dataDir, STATE_FILE);
  if (!existsSync(path)) return undefined;
  let database: ReturnType<typeof openForReading> | undefined;
  try {
    database = openForReading(path);
    const row = database
      .prepare("SELECT CAST(value AS TEXT) AS report FROM meta WHERE name = 'measurement'")
      .get();
    const report = row?.["report"];
    if (typeof report !== "string") return undefined;
    return measurementSchema.safeParse(JSON.parse(report)).data;
  } catch {
    // What is wrong with the file, whoever works on it tells; a measurement can be made anew.
    return undefined;
  } finally {
    database?.close();
  }
}

/** Takes the place of the one before. Durable when it resolves. @throws ProtocolError STORE_FAILED, STORE_UNUSABLE */
export async function keepMeasurement(database: StateDatabase, measured: Measurement): Promise<void> {
  const sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('measurement', CAST(? AS BLOB))";
  await database.commit([{ sql, values: [JSON.stringify(measured)] }]);
}
