import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { sessionProofSchema, signedGrantSchema } from "../typed-data/session.ts";
import { endpointSchema, MAX_DOORS_PER_LEASE } from "./doors.ts";
import { jsonRecordSchema } from "./json-record.ts";
import { logCursorSchema, MAX_LOG_CURSORS } from "./log-cursor.ts";
import { addressSchema, bytes32Schema, uintSchema } from "./primitives.ts";

/** Who asks: a grant, proven by being its session key's libp2p peer, or by a signed challenge. */
export const controlAuthSchema = z.strictObject({
  signed: signedGrantSchema,
  proof: sessionProofSchema.optional(),
});
export type ControlAuth = z.infer<typeof controlAuthSchema>;

export const challengeRequestSchema = z.strictObject({ leaseHash: bytes32Schema });
/** What a session proof signs. @property expiresAt Unix milliseconds */
export const challengeSchema = z.object({
  nodeId: uintSchema(64),
  nonce: bytes32Schema,
  expiresAt: z.number().int(),
});
export const challengeResponseSchema = z.discriminatedUnion("type", [
  challengeSchema.extend({ type: z.literal("challenge") }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
export type ChallengeResponse = z.infer<typeof challengeResponseSchema>;

export const statusRequestSchema = z.strictObject({ auth: controlAuthSchema });

export const serviceStatusSchema = z.object({
  service: z.string().max(63),
  replica: z.number().int().min(0),
  state: z.enum(["pending", "pulling", "starting", "running", "restarting", "exited", "failed"]),
  ready: z.boolean(),
  restarts: z.number().int().min(0),
  exitCode: z.number().int().nullable(),
  startedAt: z.number().int().nullable(),
  /** What the container is made of: `repository@sha256:…`, or the engine's id. Absent before there is one. */
  image: z.string().max(1_024).optional(),
  /** Of a running container that its manifest has checked. */
  health: z.enum(["starting", "healthy", "unhealthy"]).optional(),
});
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;

export const leaseStates = ["open", "active", "reclaiming", "closed"] as const;

/** A deployment as its node sees it. Times are Unix milliseconds. */
export const deploymentStatusSchema = z.object({
  lid: uintSchema(256),
  leaseHash: bytes32Schema,
  state: z.enum(leaseStates),
  nodeId: uintSchema(64),
  operator: addressSchema,
  manifestHash: bytes32Schema,
  version: z.number().int().min(1),
  replicas: z.object({ ready: z.number().int().min(0), total: z.number().int().min(0) }),
  services: z.array(serviceStatusSchema).max(256),
  endpoints: z.array(endpointSchema).max(MAX_DOORS_PER_LEASE),
  /** Open part of the running version and its salt, for diffs and updates. */
  openPart: jsonRecordSchema,
  openSalt: bytes32Schema,
  /** Sealed part hash of the running version: an update without a new quote must name it. */
  sealedPartHash: bytes32Schema,
});
export type DeploymentStatus = z.infer<typeof deploymentStatusSchema>;

export const statusResponseSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("status"), status: deploymentStatusSchema }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
export type StatusResponse = z.infer<typeof statusResponseSchema>;

const MAX_SEARCH_LENGTH = 256;

export const logsQuerySchema = z.strictObject({
  service: z.string().max(63).optional(),
  replica: z.number().int().min(0).optional(),
  /** Only lines from this time on, by the clock of the node; Unix milliseconds. */
  since: z.number().int().min(0).optional(),
  /** Only lines with this text in them, in whatever case. `tail` counts those. */
  search: z.string().min(1).max(MAX_SEARCH_LENGTH).optional(),
  follow: z.boolean().default(false),
  /** Last lines per container to begin with; null for all that the node keeps. */
  tail: z.number().int().min(0).max(100_000).nullable().default(null),
  /** The start-up steps of the deployment instead of the containers' output. */
  startup: z.boolean().default(false),
  /** Where the reader was: the newest cursor of each source. It goes on there, and `tail` counts no more. */
  after: z.array(logCursorSchema).max(MAX_LOG_CURSORS).optional(),
});
export type LogsQuery = z.infer<typeof logsQuerySchema>;
export const logsRequestSchema = z.strictObject({ auth: controlAuthSchema, query: logsQuerySchema });

/** Longest piece of one log line, in UTF-16 units; a longer line arrives in pieces. */
export const MAX_LOG_TEXT = 16_384;
export const logLineSchema = z.object({
  service: z.string().max(63),
  replica: z.number().int().min(0),
  stream: z.enum(["stdout", "stderr", "startup"]),
  /** Unix milliseconds. */
  at: z.number(),
  text: z.string().max(MAX_LOG_TEXT),
  cursor: logCursorSchema,
  /** No line: it only says where a reader without a tail begins. */
  mark: z.literal(true).optional(),
});
export type LogLine = z.infer<typeof logLineSchema>;

export const eventsQuerySchema = z.strictObject({
  follow: z.boolean().default(false),
  /** Only events after this cursor; 0 for all that are kept. */
  cursor: z.number().int().min(0).default(0),
});
export type EventsQuery = z.infer<typeof eventsQuerySchema>;
export const eventsRequestSchema = z.strictObject({ auth: controlAuthSchema, query: eventsQuerySchema });
