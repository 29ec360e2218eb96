import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StateDatabase, type StateDatabaseInit } from "../../../node-agent/src/store/state-database.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { hashOf } from "./builders.ts";
import { silentLog as log } from "./silent-log.ts";

export const OPERATOR_KEY = hashOf("operator");

/** A data directory of a test, and the states that were opened in it. */
export class StateFolder {
  readonly path: string;
  readonly #open = new Set<StateDatabase>();

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<StateFolder> {
    return new StateFolder(await mkdtemp(join(tmpdir(), "fizz-state-")));
  }

  get file(): string {
    return join(this.path, "state.db");
  }

  async open(changes: Partial<StateDatabaseInit> = {}): Promise<StateDatabase> {
    const init = { dataDir: this.path, operatorKey: OPERATOR_KEY, ...changes };
    const database = await StateDatabase.open({ clock, log }, init);
    this.#open.add(database);
    return database;
  }

  /** As a process that ends and starts again. */
  async reopen(changes: Partial<StateDatabaseInit> = {}): Promise<StateDatabase> {
    await this.close();
    return await this.open(changes);
  }

  async close(): Promise<void> {
    for (const database of this.#open) await database.stop();
    this.#open.clear();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { recursive: true, force: true });
  }
}
