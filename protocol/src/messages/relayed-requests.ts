import { z } from "zod";
import { addressSchema, bytes32Schema, uintSchema } from "./primitives.ts";

/**
 * `queued` waits at the gateway; `sent` is out in a transaction; `mined` is in a block; `final` is so deep in the
 * chain that it stays, and waits again if even that is undone; `failed` and `expired` were not done and will not be.
 */
export const relayedStates = ["queued", "sent", "mined", "final", "failed", "expired"] as const;
export type RelayedState = (typeof relayedStates)[number];

/** Most requests of one signer that wait at one gateway. */
export const MAX_WAITING_REQUESTS = 8;

/** Answer to POST /v1/requests and GET /v1/requests/:id. */
export const relayedRequestSchema = z.object({
  /** EIP-712 digest of the request. */
  id: bytes32Schema,
  signer: addressSchema,
  nonce: uintSchema(256),
  state: z.enum(relayedStates),
  /** The newest transaction that carries it; null before the first. */
  txHash: bytes32Schema.nullable(),
  /** Number of the block that it is in. */
  block: uintSchema(64).nullable(),
  /** Why it failed: a code of docs/ERRORS.md and a sentence. */
  code: z.string().max(80).nullable(),
  reason: z.string().max(2_000).nullable(),
  /** Unix milliseconds. */
  receivedAt: z.number(),
});
export type RelayedRequest = z.infer<typeof relayedRequestSchema>;

/** GET /v1/requests?signer=0x…: what waits, in the order of nonces. */
export const signerQueueSchema = z.object({
  signer: addressSchema,
  /** What the next request must have. */
  nextNonce: uintSchema(256),
  requests: z.array(relayedRequestSchema).max(MAX_WAITING_REQUESTS),
});
export type SignerQueue = z.infer<typeof signerQueueSchema>;
