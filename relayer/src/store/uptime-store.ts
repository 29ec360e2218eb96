import { z } from "zod";
import { type KeptUptime } from "../domain/uptime.ts";
import { type NodeUptime, type UptimeStore } from "../uptime-ports.ts";
import { bigint, eq, jsonb, lt, numeric, pgTable, sql } from "./drizzle.ts";
import { type SqlDatabase } from "./sql-engine.ts";

type Run = <Result>(task: (database: SqlDatabase) => Promise<Result>) => Promise<Result>;

const nodeUptimes = pgTable("node_uptimes", {
  nodeId: numeric("node_id", { precision: 20, scale: 0 }).primaryKey(),
  keptAt: bigint("kept_at", { mode: "number" }).notNull(),
  body: jsonb("body").notNull(),
});

const keptSchema = z.object({
  since: z.number(),
  last: z.number(),
  keptAt: z.number(),
  heard: z.array(z.number().min(0)),
  away: z.array(z.number().min(0)),
});

/** Uptimes in a table of the gateway's store. */
export function sqlUptimes(run: Run): UptimeStore {
  return {
    find: async (nodeId: bigint): Promise<KeptUptime | undefined> => {
      const rows = await run((database) =>
        database
          .select({ body: nodeUptimes.body })
          .from(nodeUptimes)
          .where(eq(nodeUptimes.nodeId, nodeId.toString())),
      );
      // What another version wrote in another way measures nothing.
      return keptSchema.safeParse(rows[0]?.body).data;
    },
    save: async (uptimes: readonly NodeUptime[]): Promise<void> => {
      if (uptimes.length === 0) return;
      const rows = uptimes.map(({ nodeId, ...body }) => ({
        nodeId: nodeId.toString(),
        keptAt: body.keptAt,
        body,
      }));
      const set = { keptAt: sql`excluded.kept_at`, body: sql`excluded.body` };
      await run((database) =>
        database.insert(nodeUptimes).values(rows).onConflictDoUpdate({ target: nodeUptimes.nodeId, set }),
      );
    },
    dropOlderThan: async (time: number): Promise<void> => {
      await run((database) => database.delete(nodeUptimes).where(lt(nodeUptimes.keptAt, time)));
    },
  };
}
