import { type DatabaseSync, type SQLInputValue, type SQLOutputValue } from "node:sqlite";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { type Logger } from "../observability/logger.ts";
import { type Clock } from "../ports.ts";
import { CommitThread } from "./commit-thread.ts";
import { type Statement, type StoreFault } from "./commit-messages.ts";
import { openForReading } from "./open-file.ts";
import { CHECK_PLACE, CHECK_TEXT, prepareState, type StateInit } from "./prepare-state.ts";
import { storeError, unusable } from "./sqlite-fault.ts";
import { faultOf } from "./state-fault.ts";
import { Vault } from "./vault.ts";

/** Most writes that wait for the disk. */
export const MAX_WAITING_WRITES = 10_000;
/** Writes of one transaction. */
const MAX_BATCH = 500;
/** Before what failed and must not be lost is tried again, in milliseconds. */
const RETRY_MS = 1_000;
/** Largest database, unless another is given. */
export const MAX_STATE_BYTES = 4 * 1024 ** 3;

export interface StateComponents {
  readonly clock: Clock;
  readonly log: Logger;
}

export interface StateDatabaseInit extends StateInit {
  readonly operatorKey: Hex;
  readonly maxBytes?: number;
}

/** A write that waits. `failed` is undefined where it is tried until it succeeds. */
interface Write {
  readonly statements: readonly Statement[];
  readonly done: () => void;
  readonly failed: ((error: ProtocolError) => void) | undefined;
}

/**
 * The state of a node: one SQLite database. Writes are transactions on the disk, in the order in which they were asked for,
 * as many at a time as came meanwhile; a thread waits for the disk. Reads see what is on the disk.
 */
export class StateDatabase {
  readonly vault: Vault;
  readonly path: string;
  readonly #components: StateComponents;
  readonly #thread: CommitThread;
  readonly #reader: DatabaseSync;
  readonly #stop = new AbortController();
  readonly #broken = Promise.withResolvers<ProtocolError>();
  #waiting: Write[] = [];
  #pump: Promise<void> | undefined;
  /** Why nothing can be written any more. */
  #end: ProtocolError | undefined;

  private constructor(
    components: StateComponents,
    parts: Pick<StateDatabase, "path" | "vault"> & Connections,
  ) {
    ({ path: this.path, vault: this.vault } = parts);
    this.#components = components;
    this.#thread = parts.thread;
    this.#reader = parts.reader;
    void this.#thread.ended.then((reason) => {
      this.#break(storeError(this.path, { isDamage: false, message: reason }));
    });
  }

  /**
   * Opens the state of a data directory, and makes it when there is none. The caller holds the lock of the directory.
   *
   * @throws ProtocolError STORE_UNUSABLE when it is damaged, of another key, or newer; STORE_FAILED
   */
  static async open(components: StateComponents, init: StateDatabaseInit): Promise<StateDatabase> {
    const { operatorKey, maxBytes = MAX_STATE_BYTES } = init;
    const path = prepareState(init, (salt) => new Vault(operatorKey, salt));
    const thread = new CommitThread({ path, maxBytes });
    const ready = await thread.ready();
    if (ready !== undefined) throw storeError(path, ready);
    const reader = openReader(path);
    try {
      const metaOf = (name: string) =>
        reader.prepare("SELECT value FROM meta WHERE name = ?").get(name)?.["value"];
      const vault = new Vault(operatorKey, metaOf("salt") as Uint8Array);
      if (!opens(vault, metaOf("check"))) throw unusable(path, "it belongs to another operator key");
      return new StateDatabase(components, { path, vault, thread, reader });
    } catch (error) {
      reader.close();
      await thread.close();
      throw error;
    }
  }

  /** Resolves, with the reason, when nothing can be written any more: the agent has to end. */
  get broken(): Promise<ProtocolError> {
    return this.#broken.promise;
  }

  /** What is on the disk. @throws ProtocolError STORE_FAILED, STORE_UNUSABLE */
  rows(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    try {
      return this.#reader.prepare(sql).all(...values);
    } catch (error) {
      throw this.#errorOf(faultOf(error));
    }
  }

  /** Writes all of it or nothing. Durable when it resolves. @throws ProtocolError STORE_FAILED, STORE_UNUSABLE, LIMIT_REACHED */
  async commit(statements: readonly Statement[]): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    if (this.#waiting.length >= MAX_WAITING_WRITES)
      throw new ProtocolError("LIMIT_REACHED", `${MAX_WAITING_WRITES} writes wait for ${this.path}.`);
    await new Promise<void>((resolve, reject) => {
      this.#add({ statements, done: resolve, failed: reject });
    });
  }

  /**
   * Writes, however often it takes; nothing that is asked for later is written before.
   *
   * @param onKept Called when it is durable.
   * @returns False when too much waits: nothing is written then.
   */
  keep(statements: readonly Statement[], onKept: () => void = () => undefined): boolean {
    if (this.#end !== undefined || this.#waiting.length >= MAX_WAITING_WRITES) return false;
    this.#add({ statements, done: onKept, failed: undefined });
    return true;
  }

  /** Writes what waits, once more where it failed, and closes. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#pump;
    this.#end ??= new ProtocolError("STORE_FAILED", `${this.path} is closed.`);
    this.#reader.close();
    await this.#thread.close();
  }

  #add(write: Write): void {
    this.#waiting.push(write);
    this.#pump ??= this.#writeAll().finally(() => {
      this.#pump = undefined;
    });
  }

  async #writeAll(): Promise<void> {
    // What is asked for in this turn goes into one transaction.
    await Promise.resolve();
    while (this.#waiting.length > 0 && this.#end === undefined) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const fault = await this.#thread.commit(batch.flatMap(({ statements }) => statements));
      if (fault === undefined) for (const { done } of batch) done();
      else if (!(await this.#putBack(batch, fault))) return;
    }
  }

  /** @returns Whether to go on. */
  async #putBack(batch: readonly Write[], fault: StoreFault): Promise<boolean> {
    const error = this.#errorOf(fault);
    const kept = batch.filter(({ failed }) => failed === undefined);
    this.#waiting.unshift(...kept);
    for (const { failed } of batch) failed?.(error);
    const { log, clock } = this.#components;
    const isLastTry = this.#stop.signal.aborted;
    const fields = { event: "store.failed", waiting: kept.length, error };
    if (kept.length > 0) log.error(fields, isLastTry ? "Writes are lost." : "A write failed; trying again.");
    if (kept.length > 0) await clock.sleep(RETRY_MS, this.#stop.signal);
    return !isLastTry;
  }

  #errorOf(fault: StoreFault): ProtocolError {
    const error = storeError(this.path, fault);
    if (fault.isDamage) this.#break(error);
    return error;
  }

  #break(error: ProtocolError): void {
    this.#end ??= error;
    this.#broken.resolve(error);
    for (const { failed } of this.#waiting.splice(0)) failed?.(error);
  }
}

interface Connections {
  readonly thread: CommitThread;
  readonly reader: DatabaseSync;
}

/** @throws ProtocolError STORE_UNUSABLE, STORE_FAILED */
function openReader(path: string): DatabaseSync {
  try {
    return openForReading(path);
  } catch (error) {
    throw storeError(path, faultOf(error));
  }
}

function opens(vault: Vault, check: unknown): boolean {
  try {
    return vault.open(CHECK_PLACE, check) === CHECK_TEXT;
  } catch {
    return false;
  }
}
