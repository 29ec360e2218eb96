import { bigint, boolean, integer, pgTable, text } from "./drizzle.ts";

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export const block = (name: string) => bigint(name, { mode: "bigint" }).notNull();
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export const seconds = (name: string) => bigint(name, { mode: "number" }).notNull();

/** How far a copy of a contract's events goes: one row. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export const stateTable = (name: string) =>
  pgTable(name, {
    single: boolean("single").primaryKey().default(true),
    chainId: bigint("chain_id", { mode: "number" }).notNull(),
    market: text("market").notNull(),
    afterBlock: block("after_block"),
    block: block("block"),
    blockHash: text("block_hash").notNull(),
    blockTime: seconds("block_time"),
    head: block("head"),
    events: bigint("events", { mode: "number" }).notNull(),
    completeSince: seconds("complete_since"),
    droppedBlock: block("dropped_block"),
  });
export type StateTable = ReturnType<typeof stateTable>;

/**
 * Hashes of the newest blocks, in slots that are written over: nobody vacuums the embedded database, so that rows that
 * come and go would make it grow.
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export const blocksTable = (name: string) =>
  pgTable(name, {
    slot: integer("slot").primaryKey(),
    number: block("number"),
    hash: text("hash").notNull(),
  });
export type BlocksTable = ReturnType<typeof blocksTable>;
