import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { fromWire, toWire } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type z } from "zod";
import { type QuoteKey, type StoredLease } from "../domain/stored-lease.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type LeaseStore } from "../ports.ts";
import {
  readFileIfThere,
  removeFile,
  storeFailed,
  TEMPORARY_SUFFIX,
  writeFileAtomically,
} from "./atomic-file.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { quoteKeySchema, storedLeaseSchema } from "./schemas.ts";

const PRIVATE_DIRECTORY = 0o700;
const SUFFIX = ".json";

/** Most keys of quotes that are kept; the oldest go first. */
export const MAX_QUOTE_KEYS = 5_000;
/** Most leases that are kept, those already closed included. */
export const MAX_STORED_LEASES = 2_000;

export interface FileStoreComponents {
  readonly clock: Clock;
  readonly log: Logger;
}

export interface FileStoreInit {
  readonly dataDir: string;
}

/** One JSON file per lease and per quote, in folders that only the agent's account reads. */
export class FileStore implements LeaseStore {
  readonly #components: FileStoreComponents;
  readonly #leaseDir: string;
  readonly #quoteDir: string;
  readonly #leases = new Map<Hex, StoredLease>();
  /** In order of their making. */
  readonly #keys = new Map<bigint, QuoteKey>();
  readonly #queue = new KeyedQueue();

  constructor(components: FileStoreComponents, init: FileStoreInit) {
    this.#components = components;
    this.#leaseDir = join(init.dataDir, "leases");
    this.#quoteDir = join(init.dataDir, "quotes");
  }

  /** Reads everything; half-written files of a crash are removed, unreadable ones are kept aside and reported. */
  async start(): Promise<void> {
    await this.#openDirectories();
    for (const lease of await this.#readAll(this.#leaseDir, storedLeaseSchema))
      this.#leases.set(lease.leaseHash, lease);
    const keys = await this.#readAll(this.#quoteDir, quoteKeySchema);
    for (const key of keys.sort((left, right) => left.keepUntil - right.keepUntil))
      this.#keys.set(key.nonce, key);
    await this.#pruneKeys();
  }

  async stop(): Promise<void> {
    await this.#queue.idle();
  }

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }

  find(leaseHash: Hex): StoredLease | undefined {
    return this.#leases.get(leaseHash);
  }

  async save(lease: StoredLease): Promise<void> {
    await this.#queue.run(lease.leaseHash, () => this.#write(lease));
  }

  async change(
    leaseHash: Hex,
    update: (lease: StoredLease) => StoredLease,
  ): Promise<StoredLease | undefined> {
    return await this.#queue.run(leaseHash, async () => {
      const lease = this.#leases.get(leaseHash);
      if (lease === undefined) return undefined;
      const next = update(lease);
      if (next !== lease) await this.#write(next);
      return next;
    });
  }

  async remove(leaseHash: Hex): Promise<void> {
    await this.#queue.run(leaseHash, async () => {
      await removeFile(this.#leasePath(leaseHash));
      this.#leases.delete(leaseHash);
    });
  }

  async saveQuoteKey(key: QuoteKey): Promise<void> {
    await writeFileAtomically(this.#quotePath(key.nonce), toWire(key));
    this.#keys.set(key.nonce, key);
    await this.#pruneKeys();
  }

  findQuoteKey(nonce: bigint): QuoteKey | undefined {
    return this.#keys.get(nonce);
  }

  async #write(lease: StoredLease): Promise<void> {
    if (!this.#leases.has(lease.leaseHash) && this.#leases.size >= MAX_STORED_LEASES)
      throw new ProtocolError("LIMIT_REACHED", `The node keeps at most ${MAX_STORED_LEASES} leases.`);
    await writeFileAtomically(this.#leasePath(lease.leaseHash), toWire(lease));
    this.#leases.set(lease.leaseHash, lease);
  }

  async #pruneKeys(): Promise<void> {
    const now = this.#components.clock.now();
    for (const key of this.#keys.values()) {
      if (key.keepUntil > now && this.#keys.size <= MAX_QUOTE_KEYS) continue;
      await removeFile(this.#quotePath(key.nonce));
      this.#keys.delete(key.nonce);
    }
  }

  async #openDirectories(): Promise<void> {
    try {
      for (const path of [this.#leaseDir, this.#quoteDir])
        await mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY });
    } catch (cause) {
      throw storeFailed(`${this.#leaseDir} cannot be made.`, cause);
    }
  }

  async #readAll<Schema extends z.ZodType>(directory: string, schema: Schema): Promise<z.output<Schema>[]> {
    const entries: z.output<Schema>[] = [];
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (name.endsWith(TEMPORARY_SUFFIX)) await removeFile(path);
      if (!name.endsWith(SUFFIX)) continue;
      const entry = await this.#readOne(path, schema);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** An unreadable file stays where it is: its containers are then held, not removed. */
  async #readOne<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    const text = await readFileIfThere(path);
    try {
      return fromWire(schema, JSON.parse(text ?? ""));
    } catch (error) {
      this.#components.log.error(
        { event: "store.unreadable", path, error },
        "A file of the store cannot be read.",
      );
      return undefined;
    }
  }

  #leasePath(leaseHash: Hex): string {
    return join(this.#leaseDir, `${leaseHash.slice(2)}${SUFFIX}`);
  }

  #quotePath(nonce: bigint): string {
    return join(this.#quoteDir, `${nonce.toString(16)}${SUFFIX}`);
  }
}
