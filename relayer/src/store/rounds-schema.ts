import { bigint, boolean, integer, jsonb, pgTable, primaryKey, text } from "./drizzle.ts";
import { block, blocksTable, seconds, stateTable } from "./index-schema.ts";

/** How far the copy of the capacity rounds' events goes. */
export const roundsState = stateTable("rounds_state");
export const roundsBlocks = blocksTable("rounds_blocks");

/** One row that is there from the beginning: it counts how often the events changed. */
export const roundsRevision = pgTable("rounds_revision", {
  single: boolean("single").primaryKey().default(true),
  revision: bigint("revision", { mode: "number" }).notNull(),
});

/** Events of the capacity rounds, of all subnets. */
export const roundsEvents = pgTable(
  "rounds_events",
  {
    block: block("block"),
    logIndex: integer("log_index").notNull(),
    blockHash: text("block_hash").notNull(),
    txHash: text("tx_hash").notNull(),
    time: seconds("time"),
    event: text("event").notNull(),
    args: jsonb("args").notNull(),
    subnetId: bigint("subnet_id", { mode: "number" }).notNull(),
    round: bigint("round", { mode: "number" }).notNull(),
    /** Of one node or one root: all of them count. Of the others only the newest round's does. */
    isOfNode: boolean("is_of_node").notNull(),
    /** A node was convicted: it counts in every subnet. */
    isConviction: boolean("is_conviction").notNull(),
  },
  (table) => [primaryKey({ columns: [table.block, table.logIndex] })],
);
