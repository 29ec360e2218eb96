import { type ErrorCode } from "@fizz/protocol/errors";
import {
  addressSchema,
  bytes32Schema,
  challengeSchema,
  deliveredSchema,
  deploymentStatusSchema,
  earningsPageSchema,
  earningsQuerySchema,
  eventsQuerySchema,
  gatewayNetworkSchema,
  healthSchema,
  keptDeliverySchema,
  leaseEventSchema,
  leaseHistoryParamsSchema,
  leaseHistoryQuerySchema,
  leaseHistorySchema,
  leasesPageSchema,
  leasesQuerySchema,
  logCursorSchema,
  logLineSchema,
  logsQuerySchema,
  manifestDeliverySchema,
  MAX_LOG_CURSORS,
  networkQuerySchema,
  nodeResponseSchema,
  nodesBeatSchema,
  nodesDeltaSchema,
  nodesPageSchema,
  nodesQuerySchema,
  nodesSnapshotSchema,
  nodesStreamQuerySchema,
  quotesRequestSchema,
  quotesResponseSchema,
  relayedRequestSchema,
  revokedSchema,
  signerQueueSchema,
  statsQuerySchema,
  statsSnapshotSchema,
  uintSchema,
} from "@fizz/protocol/messages";
import {
  MAX_REQUEST_DATA_BYTES,
  signedForwardRequestSchema,
  signedRevocationSchema,
} from "@fizz/protocol/typed-data";
import { z } from "zod";
import { nodeErrorCodes } from "../domain/node-errors.ts";
import { type RouteContract } from "./route-contract.ts";

const MAX_QUOTES_BODY_BYTES = 256 * 1024;
const MAX_MANIFEST_BODY_BYTES = 512 * 1024;
const MAX_CHALLENGE_BODY_BYTES = 1_024;
const MAX_REVOCATION_BODY_BYTES = 2_048;
/** Call data in hexadecimal digits, and the rest of a request. */
const MAX_REQUEST_BODY_BYTES = 2 * MAX_REQUEST_DATA_BYTES + 1_024;
/** Most lines that `tail` may ask for, as in protocol/messages. */
const MAX_TAIL_LINES = 100_000;
const MAX_REPLICA = 1_000;

const leaseParams = z.object({ lid: uintSchema(256) });
const flag = z.enum(["true", "false", "1", "0", ""]).transform((text) => text !== "false" && text !== "0");
const whole = (max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, "not a whole number")
    .transform(Number)
    .refine((value) => value <= max, `above ${max}`);
/** The queries of protocol/messages, as text of an address. */
const logsParams = logsQuerySchema.extend({
  follow: flag.default(false),
  startup: flag.default(false),
  replica: whole(MAX_REPLICA).optional(),
  since: whole(Number.MAX_SAFE_INTEGER).optional(),
  after: z
    .union([logCursorSchema.transform((cursor) => [cursor]), z.array(logCursorSchema).max(MAX_LOG_CURSORS)])
    .optional(),
  tail: whole(MAX_TAIL_LINES).nullable().default(null),
});
const statsParams = statsQuerySchema.extend({
  follow: flag.default(false),
  replica: whole(MAX_REPLICA).optional(),
});
const eventsParams = eventsQuerySchema.extend({
  follow: flag.default(false),
  cursor: whole(Number.MAX_SAFE_INTEGER).default(0),
});

const chainErrors = ["CHAIN_UNREACHABLE", "CHAIN_MISMATCH", "IDENTITY_UNKNOWN"] as const;
/** What a node answers passes through; it may also be away. */
const nodeErrors: readonly ErrorCode[] = [
  ...chainErrors,
  "NODE_OFFLINE",
  "NODE_UNREACHABLE",
  ...nodeErrorCodes,
];
const ok = (means: string, schema: z.ZodType) => ({ status: 200, means, schema }) as const;

/** Every route of the gateway's API, but that of the document which is made of them. */
export const contracts = {
  health: {
    ...{ id: "health", method: "GET", path: "/v1/health" },
    summary: "How the gateway is. It answers 200 while it runs; `status` says whether it can serve.",
    answers: [ok("The gateway runs.", healthSchema)],
    errors: [],
  },
  network: {
    ...{ id: "network", method: "GET", path: "/v1/network", query: networkQuerySchema },
    summary:
      "Which chain, which contracts, and how to reach this gateway; with `nodeId`, the process that has the node.",
    answers: [ok("The same until the gateway is set up anew, or the node moves.", gatewayNetworkSchema)],
    errors: chainErrors,
  },
  nodes: {
    ...{ id: "nodes", method: "GET", path: "/v1/nodes", query: nodesQuerySchema },
    summary: "A page of the nodes that match all of the query.",
    answers: [ok("The page, and the cursor of the next one.", nodesPageSchema)],
    errors: [],
  },
  node: {
    ...{ id: "node", method: "GET", path: "/v1/nodes/:nodeId", params: z.object({ nodeId: uintSchema(64) }) },
    summary: "One node.",
    answers: [ok("The node as the gateway knows it.", nodeResponseSchema)],
    errors: ["NODE_UNKNOWN"],
  },
  nodesStream: {
    ...{ id: "nodesStream", method: "GET", path: "/v1/nodes/stream", query: nodesStreamQuerySchema },
    summary: "All nodes, or those that match, and then what changes. `Last-Event-ID` goes before `cursor`.",
    answers: [
      {
        ...{ status: 200, means: "Server-sent events.", type: "text/event-stream" },
        schema: { snapshot: nodesSnapshotSchema, delta: nodesDeltaSchema, beat: nodesBeatSchema },
      },
    ],
    errors: ["LIMIT_REACHED"],
  },
  quotes: {
    ...{ id: "quotes", method: "POST", path: "/v1/quotes", body: quotesRequestSchema },
    maxBodyBytes: MAX_QUOTES_BODY_BYTES,
    summary: "Bids of nodes for an order, ranked. One call counts as five.",
    answers: [ok("Bids, best first, and why the others did not bid.", quotesResponseSchema)],
    errors: [
      ...chainErrors,
      "MANIFEST_INVALID",
      "NODE_UNKNOWN",
      "NODE_REFUSED",
      "LIMIT_REACHED",
      "GATEWAY_DRAINING",
    ],
  },
  manifest: {
    ...{ id: "deliverManifest", method: "POST", path: "/v1/leases/:lid/manifest", params: leaseParams },
    ...{ body: manifestDeliverySchema, maxBodyBytes: MAX_MANIFEST_BODY_BYTES },
    summary: "Hands a sealed manifest to the node of a lease.",
    answers: [
      ok("The node has it.", deliveredSchema),
      { status: 202, means: "It is kept for a node that is away.", schema: keptDeliverySchema },
    ],
    errors: [...nodeErrors, "NODE_UNKNOWN", "MANIFEST_MISMATCH", "LEASE_WRONG_STATE", "STORE_FAILED"],
  },
  challenge: {
    ...{ id: "challenge", method: "POST", path: "/v1/leases/:lid/challenge", params: leaseParams },
    maxBodyBytes: MAX_CHALLENGE_BODY_BYTES,
    summary: "A nonce of the node for one session proof.",
    answers: [ok("Good for one call, for a short time.", challengeSchema)],
    errors: nodeErrors,
  },
  revoke: {
    ...{ id: "revoke", method: "POST", path: "/v1/leases/:lid/revocations", params: leaseParams },
    ...{ body: signedRevocationSchema, maxBodyBytes: MAX_REVOCATION_BODY_BYTES },
    summary: "The wallet's word that grants are worth nothing any more, for the lease's node.",
    answers: [ok("The node's receipt, and how much it ended.", revokedSchema)],
    errors: nodeErrors,
  },
  status: {
    ...{ id: "status", method: "GET", path: "/v1/leases/:lid/status", params: leaseParams, session: true },
    summary: "The deployment as its node sees it.",
    answers: [ok("The deployment.", deploymentStatusSchema)],
    errors: nodeErrors,
  },
  logs: {
    ...{ id: "logs", method: "GET", path: "/v1/leases/:lid/logs", params: leaseParams, session: true },
    query: logsParams,
    summary: "Lines that the containers wrote.",
    answers: [{ ...ok("A line of JSON for each line.", logLineSchema), type: "application/x-ndjson" }],
    errors: nodeErrors,
  },
  events: {
    ...{ id: "events", method: "GET", path: "/v1/leases/:lid/events", params: leaseParams, session: true },
    query: eventsParams,
    summary: "What happened to the deployment, from a cursor on.",
    answers: [{ ...ok("A line of JSON for each event.", leaseEventSchema), type: "application/x-ndjson" }],
    errors: nodeErrors,
  },
  stats: {
    ...{ id: "stats", method: "GET", path: "/v1/leases/:lid/stats", params: leaseParams, session: true },
    query: statsParams,
    summary: "What the containers use: once, or once a second.",
    answers: [
      { ...ok("A line of JSON for each snapshot.", statsSnapshotSchema), type: "application/x-ndjson" },
    ],
    errors: nodeErrors,
  },
} as const satisfies Record<string, RouteContract>;

const unpaidErrors = [
  "REQUEST_INVALID",
  "REQUEST_NOT_ALLOWED",
  "REQUEST_EXPIRED",
  "RELAYER_UNFUNDED",
] as const;

/** Routes of a gateway that pays for calls which others sign. */
export const requestContracts = {
  relay: {
    ...{ id: "relay", method: "POST", path: "/v1/requests", body: signedForwardRequestSchema },
    maxBodyBytes: MAX_REQUEST_BODY_BYTES,
    summary: "A signed call for the gateway to pay for. One call counts as five.",
    answers: [{ status: 202, means: "It is taken, or was before.", schema: relayedRequestSchema }],
    errors: [
      ...chainErrors,
      ...unpaidErrors,
      ...(["REQUEST_OUT_OF_ORDER", "QUOTA_EXCEEDED", "LIMIT_REACHED", "GATEWAY_DRAINING"] as const),
      ...(["TX_REVERTED", "STORE_FAILED"] as const),
    ],
  },
  request: {
    ...{ id: "request", method: "GET", path: "/v1/requests/:id", params: z.object({ id: bytes32Schema }) },
    summary: "What became of a request.",
    answers: [ok("Its state.", relayedRequestSchema)],
    errors: ["REQUEST_NOT_FOUND", "STORE_FAILED"],
  },
  queue: {
    ...{ id: "requestsOf", method: "GET", path: "/v1/requests", query: z.object({ signer: addressSchema }) },
    summary: "Requests of one signer that wait, and the nonce of its next one. One call counts as five.",
    answers: [ok("In the order of nonces.", signerQueueSchema)],
    errors: [...chainErrors, "STORE_FAILED"],
  },
} as const satisfies Record<string, RouteContract>;

const historyErrors = ["HISTORY_NOT_READY", "HISTORY_MOVED", "STORE_FAILED"] as const;

/** Routes of a gateway that keeps a history. One call counts as several: see docs/LIMITS.md. */
export const historyContracts = {
  leases: {
    ...{ id: "leases", method: "GET", path: "/v1/leases", query: leasesQuerySchema },
    summary: "Leases that match all of the query, newest first.",
    answers: [ok("The page, and the cursor of the next one.", leasesPageSchema)],
    errors: historyErrors,
  },
  leaseHistory: {
    ...{ id: "leaseHistory", method: "GET", path: "/v1/leases/:lid/history" },
    ...{ params: leaseHistoryParamsSchema, query: leaseHistoryQuerySchema },
    summary: "The events of a lease, oldest first.",
    answers: [ok("The page, and the cursor of the next one.", leaseHistorySchema)],
    errors: [...historyErrors, "LEASE_NOT_FOUND"],
  },
  earnings: {
    ...{ id: "earnings", method: "GET", path: "/v1/earnings", query: earningsQuerySchema },
    summary: "What a node, or a subnet, earned, by day and token.",
    answers: [ok("The page, and the cursor of the next one.", earningsPageSchema)],
    errors: historyErrors,
  },
} as const satisfies Record<string, RouteContract>;
