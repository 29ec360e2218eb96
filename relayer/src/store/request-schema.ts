import { relayedStates } from "@fizz/protocol/messages";
import { bigint, index, integer, jsonb, numeric, pgTable, primaryKey, text } from "./drizzle.ts";

const wei = (name: string) => numeric(name, { precision: 78, scale: 0 });
const count = (name: string) => numeric(name, { precision: 20, scale: 0 });

/** Signed calls that the gateway pays for. */
export const relayedRequests = pgTable(
  "relayed_requests",
  {
    id: text("id").primaryKey(),
    signer: text("signer").notNull(),
    nonce: wei("nonce").notNull(),
    kind: text("kind", { enum: ["node", "tenant"] }).notNull(),
    body: jsonb("body").notNull(),
    state: text("state", { enum: relayedStates }).notNull(),
    receivedAt: bigint("received_at", { mode: "number" }).notNull(),
    gas: count("gas").notNull(),
    txHash: text("tx_hash"),
    block: count("block"),
    code: text("code"),
    reason: text("reason"),
  },
  (table) => [
    index("relayed_requests_by_signer").on(table.signer, table.state),
    index("relayed_requests_by_state").on(table.state),
    index("relayed_requests_by_time").on(table.receivedAt),
  ],
);

/** Transaction numbers of a key that are not settled: the database itself refuses to give one twice. */
export const relaySlots = pgTable(
  "relay_slots",
  {
    relayer: text("relayer").notNull(),
    nonce: integer("nonce").notNull(),
    /** A request has one number at a time. */
    requestId: text("request_id").unique(),
  },
  (table) => [primaryKey({ columns: [table.relayer, table.nonce] })],
);

/** Everything that was signed under such a number, as it is sent. */
export const relayTransactions = pgTable(
  "relay_transactions",
  {
    hash: text("hash").primaryKey(),
    relayer: text("relayer").notNull(),
    nonce: integer("nonce").notNull(),
    position: integer("position").notNull(),
    raw: text("raw").notNull(),
    purpose: text("purpose", { enum: ["execute", "filler"] }).notNull(),
    gas: count("gas").notNull(),
    maxFee: wei("max_fee").notNull(),
    priorityFee: wei("priority_fee").notNull(),
    sentBlock: count("sent_block").notNull(),
  },
  (table) => [index("relay_transactions_by_slot").on(table.relayer, table.nonce)],
);
