import { bigint, boolean, integer, jsonb, numeric, pgTable, primaryKey, text } from "./drizzle.ts";
import { block, blocksTable, seconds, stateTable } from "./index-schema.ts";

const amount = (name: string) => numeric(name, { precision: 78, scale: 0 });

/** How far the history goes. */
export const historyState = stateTable("history_state");
export const historyBlocks = blocksTable("history_blocks");

/** Leases, folded from their events. */
export const historyLeases = pgTable("history_leases", {
  lid: numeric("lid", { precision: 78, scale: 0 }).primaryKey(),
  tenant: text("tenant").notNull(),
  nodeId: numeric("node_id", { precision: 20, scale: 0 }).notNull(),
  subnetId: bigint("subnet_id", { mode: "number" }).notNull(),
  state: text("state").notNull(),
  isDone: boolean("is_done").notNull(),
  lastBlock: block("last_block"),
  lastTime: seconds("last_time"),
  body: jsonb("body").notNull(),
});

/** Events of the lease market. */
export const historyEvents = pgTable(
  "history_events",
  {
    block: block("block"),
    logIndex: integer("log_index").notNull(),
    blockHash: text("block_hash").notNull(),
    txHash: text("tx_hash").notNull(),
    time: seconds("time"),
    event: text("event").notNull(),
    args: jsonb("args").notNull(),
    /** Null for what is of a node or a subnet, not of a lease. */
    lid: numeric("lid", { precision: 78, scale: 0 }),
    /** These are set where money became or left earnings: the lease's own where the event does not say them. */
    nodeId: numeric("node_id", { precision: 20, scale: 0 }),
    subnetId: bigint("subnet_id", { mode: "number" }),
    token: text("token"),
    toNode: amount("to_node"),
    toSubnet: amount("to_subnet"),
    toProtocol: amount("to_protocol"),
    /** Days since 1970, UTC. */
    day: integer("day").notNull(),
  },
  (table) => [primaryKey({ columns: [table.block, table.logIndex] })],
);
