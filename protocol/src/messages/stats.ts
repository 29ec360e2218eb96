import { z } from "zod";
import { controlAuthSchema } from "./control.ts";

/** Interval of the snapshots of a follower, in milliseconds. */
export const STATS_EVERY_MS = 1_000;
/** Frames of stats ahead of the reader's acknowledgement: one that is slow gets the newest snapshot, not a queue. */
export const STATS_WINDOW_FRAMES = 1;
const MAX_REPLICAS = 256;

export const statsQuerySchema = z.strictObject({
  service: z.string().max(63).optional(),
  replica: z.number().int().min(0).optional(),
  /** Without it, one snapshot. */
  follow: z.boolean().default(false),
});
export type StatsQuery = z.infer<typeof statsQuerySchema>;
export const statsRequestSchema = z.strictObject({ auth: controlAuthSchema, query: statsQuerySchema });

const count = z.number().int().min(0);

/** What a running container uses. Bytes of network and disk are counted since it started. */
export const replicaUsageSchema = z.object({
  /** CPU time of the last interval, in thousandths of one CPU; null while there is no interval yet. */
  milliCpu: count.nullable(),
  /** Without the page cache that the kernel can drop at once. */
  memoryBytes: count,
  receivedBytes: count,
  sentBytes: count,
  /** From and to block devices. */
  readBytes: count,
  writtenBytes: count,
  /** Processes and threads. */
  pids: count,
});
export type ReplicaUsage = z.infer<typeof replicaUsageSchema>;

export const replicaStatsSchema = z.object({
  service: z.string().max(63),
  replica: count,
  restarts: count,
  limits: z.object({ milliCpu: count, memoryBytes: count }),
  /** Null while the container does not run, or nothing is known of it yet. */
  usage: replicaUsageSchema.nullable(),
});
export type ReplicaStats = z.infer<typeof replicaStatsSchema>;

/** All replicas of a deployment at one time, by the node's clock in Unix milliseconds. */
export const statsSnapshotSchema = z.object({
  at: z.number().int(),
  replicas: z.array(replicaStatsSchema).max(MAX_REPLICAS),
});
export type StatsSnapshot = z.infer<typeof statsSnapshotSchema>;
