import { z } from "zod";
import { jsonRecordSchema } from "./json-record.ts";

/** What happens to a deployment on its node. A code never changes its meaning. */
export const leaseEventCodes = [
  "manifest.accepted",
  "manifest.refused",
  "deployment.initializing",
  "image.pull.started",
  "image.pull.progress",
  "image.pulled",
  "image.pull.failed",
  "image.port_silent",
  "container.creating",
  "container.created",
  "container.starting",
  "container.started",
  "container.exited",
  "container.oom",
  "container.restarted",
  "container.failed",
  "container.network_lost",
  "container.disk.exceeded",
  "container.healthy",
  "container.unhealthy",
  "container.resized",
  "container.resize_refused",
  "container.parked",
  "container.returned",
  "container.removed",
  "gpu.lost",
  "network.applying",
  "network.applied",
  "doors.opened",
  "doors.failed",
  "deployment.started",
  "deployment.failed",
  "lease.confirmed",
  "lease.declined",
  "lease.reclaiming",
  "lease.closed",
  "update.requested",
  "update.applied",
  "update.declined",
  "update.expired",
  "engine.unreachable",
  "engine.reachable",
  "chain.unreachable",
  "chain.reachable",
] as const;
export type LeaseEventCode = (typeof leaseEventCodes)[number];

export const leaseEventSchema = z.object({
  /** Grows by one per event of a lease, from 1. */
  cursor: z.number().int().min(1),
  /** Unix milliseconds. */
  at: z.number(),
  /** A code of `leaseEventCodes`; a later version may know more. */
  code: z.string().max(60),
  service: z.string().max(63).optional(),
  replica: z.number().int().min(0).optional(),
  message: z.string().max(2_000),
  data: jsonRecordSchema.optional(),
});
export type LeaseEvent = z.infer<typeof leaseEventSchema>;
