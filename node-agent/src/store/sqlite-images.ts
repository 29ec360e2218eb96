import { createHash } from "node:crypto";
import { fromWire, toWire } from "@fizz/protocol/messages";
import { bytesToHex } from "viem";
import { z } from "zod";
import { type PulledImage } from "../domain/pulled-image.ts";
import { type ImageBook } from "../image-ports.ts";
import { unusable } from "./sqlite-fault.ts";
import { type StateDatabase } from "./state-database.ts";

/** Most images whose pull a node remembers; those saved longest ago are forgotten first, and left to the owner. */
export const MAX_PULLED_IMAGES = 2_000;

const imageSchema = z.strictObject({
  name: z.string().max(1_024),
  reference: z.string().max(1_024),
  isPublic: z.boolean(),
  usedAt: z.number().int().min(0),
});

/** What the node pulled: in memory, and sealed in the state. */
export class SqliteImages implements ImageBook {
  readonly #database: StateDatabase;
  /** By key, in the order of saving. */
  readonly #images = new Map<string, PulledImage>();

  constructor({ database }: { readonly database: StateDatabase }) {
    this.#database = database;
  }

  /** @throws ProtocolError STORE_UNUSABLE when a row cannot be read, STORE_FAILED */
  start(): void {
    for (const row of this.#database.rows("SELECT key, body FROM images ORDER BY id")) {
      const key = bytesToHex(row["key"] as Uint8Array);
      const text = this.#database.vault.open(placeOf(key), row["body"]);
      try {
        this.#images.set(key, fromWire(imageSchema, JSON.parse(text)));
      } catch {
        throw unusable(this.#database.path, `this agent cannot read its row ${placeOf(key)}`);
      }
    }
  }

  images(): readonly PulledImage[] {
    return [...this.#images.values()];
  }

  find(name: string): PulledImage | undefined {
    return this.images().findLast((image) => image.name === name);
  }

  async save(image: PulledImage): Promise<void> {
    const { bytes, key } = keyOf(image);
    const body = this.#database.vault.seal(placeOf(key), toWire(image));
    await this.#database.commit([
      { sql: "DELETE FROM images WHERE key = ?", values: [bytes] },
      { sql: "INSERT INTO images (key, body) VALUES (?, ?)", values: [bytes, body] },
      {
        sql: "DELETE FROM images WHERE id NOT IN (SELECT id FROM images ORDER BY id DESC LIMIT ?)",
        values: [MAX_PULLED_IMAGES],
      },
    ]);
    this.#images.delete(key);
    this.#images.set(key, image);
    for (const oldest of this.#images.keys()) {
      if (this.#images.size <= MAX_PULLED_IMAGES) break;
      this.#images.delete(oldest);
    }
  }

  async remove(reference: string): Promise<void> {
    const keys = this.images()
      .filter((image) => image.reference === reference)
      .map(keyOf);
    await this.#database.commit(
      keys.map(({ bytes }) => ({ sql: "DELETE FROM images WHERE key = ?", values: [bytes] })),
    );
    for (const { key } of keys) this.#images.delete(key);
  }
}

/** Names are a tenant's: no row shows one. */
function keyOf({ name, reference }: PulledImage) {
  const bytes = new Uint8Array(createHash("sha256").update(`${name} ${reference}`).digest());
  return { bytes, key: bytesToHex(bytes) };
}

function placeOf(key: string): string {
  return `images/${key}`;
}
