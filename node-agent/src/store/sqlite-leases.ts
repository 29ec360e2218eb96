import { type SQLOutputValue } from "node:sqlite";
import { ProtocolError } from "@fizz/protocol/errors";
import { fromWire, toWire } from "@fizz/protocol/messages";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { type z } from "zod";
import { type QuoteKey, type StoredLease, type StoredManifest } from "../domain/stored-lease.ts";
import { type Clock, type LeaseStore } from "../ports.ts";
import { type Statement } from "./commit-messages.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { leaseRowSchema, quoteKeySchema, storedManifestSchema } from "./schemas.ts";
import { unusable } from "./sqlite-fault.ts";
import { type StateDatabase } from "./state-database.ts";

/** Most keys of quotes that are kept; the oldest go first. */
export const MAX_QUOTE_KEYS = 5_000;
/** Most leases that are kept, those already closed included. */
export const MAX_STORED_LEASES = 2_000;

export interface SqliteLeasesComponents {
  readonly database: StateDatabase;
  readonly clock: Clock;
}

/** Leases, their manifests and the keys of quotes: all in memory, and sealed in the state. */
export class SqliteLeases implements LeaseStore {
  readonly #database: StateDatabase;
  readonly #clock: Clock;
  readonly #leases = new Map<Hex, StoredLease>();
  /** In order of their end. */
  readonly #keys = new Map<bigint, QuoteKey>();
  readonly #queue = new KeyedQueue();

  constructor({ database, clock }: SqliteLeasesComponents) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Reads everything. @throws ProtocolError STORE_UNUSABLE when a row cannot be read, STORE_FAILED */
  async start(): Promise<void> {
    const manifests = this.#readManifests();
    for (const row of this.#database.rows("SELECT hash, body FROM leases ORDER BY rowid")) {
      const hash = hexOf(row["hash"]);
      const lease = this.#open(leasePlace(hash), row["body"], leaseRowSchema);
      this.#leases.set(hash, { ...lease, manifests: manifests.get(hash) ?? [] });
    }
    for (const row of this.#database.rows("SELECT nonce, body FROM quote_keys ORDER BY keep_until")) {
      const nonce = BigInt(String(row["nonce"]));
      this.#keys.set(nonce, this.#open(keyPlace(nonce), row["body"], quoteKeySchema));
    }
    await this.#pruneKeys([]);
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
      const values = [hexToBytes(leaseHash)];
      await this.#database.commit([{ sql: "DELETE FROM leases WHERE hash = ?", values }]);
      this.#leases.delete(leaseHash);
    });
  }

  async saveQuoteKey(key: QuoteKey): Promise<void> {
    const body = this.#database.vault.seal(keyPlace(key.nonce), toWire(key));
    const sql = "INSERT OR REPLACE INTO quote_keys (nonce, keep_until, body) VALUES (?, ?, ?)";
    const values = [String(key.nonce), key.keepUntil, body];
    await this.#pruneKeys([{ sql, values }], key);
  }

  findQuoteKey(nonce: bigint): QuoteKey | undefined {
    return this.#keys.get(nonce);
  }

  async #write(lease: StoredLease): Promise<void> {
    const before = this.#leases.get(lease.leaseHash);
    if (before === undefined && this.#leases.size >= MAX_STORED_LEASES)
      throw new ProtocolError("LIMIT_REACHED", `The node keeps at most ${MAX_STORED_LEASES} leases.`);
    const { manifests, ...rest } = lease;
    const body = this.#database.vault.seal(leasePlace(lease.leaseHash), toWire(rest));
    await this.#database.commit([
      {
        sql: "INSERT INTO leases (hash, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        values: [hexToBytes(lease.leaseHash), body],
      },
      ...this.#manifestChanges(lease.leaseHash, before?.manifests ?? [], manifests),
    ]);
    this.#leases.set(lease.leaseHash, lease);
  }

  /** A manifest may have half a megabyte: only what changed is written. */
  #manifestChanges(
    leaseHash: Hex,
    before: readonly StoredManifest[],
    after: readonly StoredManifest[],
  ): Statement[] {
    const lease = hexToBytes(leaseHash);
    const gone = before.filter((known) => !after.includes(known));
    const added = after.filter((manifest) => !before.includes(manifest));
    return [
      ...gone.map(({ delivery }) => ({
        sql: "DELETE FROM manifests WHERE lease = ? AND version = ?",
        values: [lease, delivery.version],
      })),
      ...added.map((manifest) => {
        const { version } = manifest.delivery;
        const body = this.#database.vault.seal(manifestPlace(leaseHash, version), toWire(manifest));
        return {
          sql: "INSERT INTO manifests (lease, version, body) VALUES (?, ?, ?)",
          values: [lease, version, body],
        };
      }),
    ];
  }

  /** Writes, and in the same step removes the keys from which no lease can come any more. */
  async #pruneKeys(statements: readonly Statement[], added?: QuoteKey): Promise<void> {
    const now = this.#clock.now();
    const keys = [...this.#keys.values()].filter(({ nonce }) => nonce !== added?.nonce);
    const tooMany = keys.length + (added === undefined ? 0 : 1) - MAX_QUOTE_KEYS;
    const gone = keys.filter(({ keepUntil }, index) => keepUntil <= now || index < tooMany);
    const deletions = gone.map(({ nonce }) => ({
      sql: "DELETE FROM quote_keys WHERE nonce = ?",
      values: [String(nonce)],
    }));
    if (statements.length + deletions.length > 0) await this.#database.commit([...statements, ...deletions]);
    for (const { nonce } of gone) this.#keys.delete(nonce);
    if (added !== undefined) this.#keys.set(added.nonce, added);
  }

  #readManifests(): Map<Hex, StoredManifest[]> {
    const rows = this.#database.rows("SELECT lease, version, body FROM manifests ORDER BY lease, version");
    const manifests = new Map<Hex, StoredManifest[]>();
    for (const row of rows) {
      const hash = hexOf(row["lease"]);
      const place = manifestPlace(hash, Number(row["version"]));
      const manifest = this.#open(place, row["body"], storedManifestSchema);
      manifests.set(hash, [...(manifests.get(hash) ?? []), manifest]);
    }
    return manifests;
  }

  #open<Schema extends z.ZodType>(place: string, body: unknown, schema: Schema): z.output<Schema> {
    const text = this.#database.vault.open(place, body);
    try {
      return fromWire(schema, JSON.parse(text));
    } catch {
      // The cause would show what the row says.
      throw unusable(this.#database.path, `this agent cannot read its row ${place}`);
    }
  }
}

function leasePlace(leaseHash: Hex): string {
  return `leases/${leaseHash}`;
}

function manifestPlace(leaseHash: Hex, version: number): string {
  return `manifests/${leaseHash}/${version}`;
}

function keyPlace(nonce: bigint): string {
  return `quote_keys/${nonce}`;
}

function hexOf(value: SQLOutputValue | undefined): Hex {
  return bytesToHex(value as Uint8Array);
}
