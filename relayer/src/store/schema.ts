import { bigint, index, integer, jsonb, numeric, pgTable, primaryKey, sql, text } from "./drizzle.ts";

/** A number that grows with every change of any lease's doors. */
export const nextRevision = sql`nextval('lease_revisions')`;

/** Public ports, one row each: the database itself refuses to give a number twice. */
export const doors = pgTable(
  "doors",
  {
    publicPort: integer("public_port").primaryKey(),
    leaseHash: text("lease_hash").notNull(),
    service: text("service").notNull(),
    replica: integer("replica").notNull(),
    port: integer("port").notNull(),
    protocol: text("protocol", { enum: ["tcp", "udp"] }).notNull(),
    wish: integer("wish"),
    doorGroup: integer("door_group"),
    proxyProtocol: text("proxy_protocol", { enum: ["v1", "v2"] }),
    /** Place in the list that the node asked for. */
    position: integer("position").notNull(),
  },
  (table) => [index("doors_by_lease").on(table.leaseHash)],
);

export const leases = pgTable("leases", {
  leaseHash: text("lease_hash").primaryKey(),
  lid: numeric("lid", { precision: 78, scale: 0 }).notNull(),
  nodeId: numeric("node_id", { precision: 20, scale: 0 }).notNull(),
  lastState: text("last_state").notNull(),
  /** Of its doors: another process that has seen it needs not read them again. */
  revision: bigint("revision", { mode: "number" }).notNull().default(0),
});

/** Ports that are reached by host name, in the order in which the node asked for them. */
export const routes = pgTable(
  "routes",
  {
    leaseHash: text("lease_hash").notNull(),
    position: integer("position").notNull(),
    body: jsonb("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.leaseHash, table.position] })],
);

/** Host names of tenants. Several leases may want one; the lowest number in the line has it. */
export const hostClaims = pgTable(
  "host_claims",
  {
    leaseHash: text("lease_hash").notNull(),
    name: text("name").notNull(),
    since: bigint("since", { mode: "number" }).notNull().unique(),
  },
  (table) => [primaryKey({ columns: [table.leaseHash, table.name] })],
);

/** Sealed manifests on their way to a node. */
export const deliveries = pgTable(
  "deliveries",
  {
    id: text("id").primaryKey(),
    nodeId: numeric("node_id", { precision: 20, scale: 0 }).notNull(),
    leaseHash: text("lease_hash").notNull(),
    version: integer("version").notNull(),
    receivedAt: bigint("received_at", { mode: "number" }).notNull(),
    body: jsonb("body").notNull(),
  },
  (table) => [
    index("deliveries_by_node").on(table.nodeId),
    index("deliveries_by_lease").on(table.leaseHash, table.version),
  ],
);

export const receipts = pgTable(
  "receipts",
  {
    leaseHash: text("lease_hash").notNull(),
    version: integer("version").notNull(),
    savedAt: bigint("saved_at", { mode: "number" }).notNull(),
    body: jsonb("body").notNull(),
  },
  (table) => [primaryKey({ columns: [table.leaseHash, table.version] })],
);
