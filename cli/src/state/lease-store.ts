import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { addressSchema, bytes32Schema, toWire, uintSchema } from "@fizz/protocol/messages";
import { quoteSchema, signedGrantSchema, signedReceiptSchema } from "@fizz/protocol/typed-data";
import { type Address, type Hex } from "viem";
import { z } from "zod";
import { readJsonFile, writePrivateFile } from "../files.ts";

const sessionSchema = z.strictObject({ privateKey: bytes32Schema, signed: signedGrantSchema });
/** A session key and the grant that the tenant's wallet signed for it. */
export type Session = z.infer<typeof sessionSchema>;

/** One version of the manifest: its text and salts give the same hashes again, so it can be delivered again. */
const versionSchema = z.strictObject({
  version: z.number().int().min(1),
  text: z.string(),
  openSalt: bytes32Schema,
  sealedSalt: bytes32Schema,
  quote: quoteSchema,
});

const recordSchema = z.strictObject({
  format: z.literal(1),
  leaseHash: bytes32Schema,
  /** Null from before `open` is sent until its lid is known. */
  lid: uintSchema(256).nullable(),
  tenant: addressSchema,
  nodeId: uintSchema(64),
  /** libp2p id of the node, recovered from its signed quote. */
  peerId: z.string().max(100).nullable(),
  manifest: versionSchema.nullable(),
  /** A requested version that the node has not confirmed. */
  pending: versionSchema.nullable(),
  receipt: signedReceiptSchema.nullable(),
  session: sessionSchema.nullable(),
});
export type LeaseRecord = z.infer<typeof recordSchema>;

/** What the CLI keeps of each lease, one file per lease hash: a number may point to another lease after a reorg. */
export class LeaseStore {
  readonly #folder: string;

  constructor(stateFolder: string, market: { readonly chainId: number; readonly address: Address }) {
    this.#folder = join(stateFolder, "leases", `${market.chainId}-${market.address.toLowerCase()}`);
  }

  async find(leaseHash: Hex): Promise<LeaseRecord | undefined> {
    return await readJsonFile(this.#pathOf(leaseHash), recordSchema);
  }

  /** All that can be read; one that cannot is left out. */
  async list(): Promise<LeaseRecord[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const records: LeaseRecord[] = [];
    for (const name of names.filter((entry) => entry.endsWith(".json")).sort()) {
      const record = await readJsonFile(join(this.#folder, name), recordSchema).catch(() => undefined);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  async save(record: LeaseRecord): Promise<void> {
    await writePrivateFile(this.#pathOf(record.leaseHash), `${toWire(record)}\n`);
  }

  /** Forgets a lease that is over: its secrets are of no more use. */
  async remove(leaseHash: Hex): Promise<void> {
    await rm(this.#pathOf(leaseHash), { force: true });
  }

  #pathOf(leaseHash: Hex): string {
    return join(this.#folder, `${leaseHash}.json`);
  }
}
