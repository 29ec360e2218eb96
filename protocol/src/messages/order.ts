import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { signedQuoteSchema } from "../typed-data/quote.ts";
import { signedReceiptSchema } from "../typed-data/receipt.ts";
import { textRecordSchema } from "./json-record.ts";
import { addressSchema, bytes32Schema, bytesSchema, uintSchema } from "./primitives.ts";

/** Largest sealed part of a manifest, as ciphertext, in bytes. */
export const MAX_SEALED_BYTES = 96 * 1024;

/** An open part travels as JSON and is read with `openPartSchema` of protocol/manifest by whoever uses it. */
const openPartJson = textRecordSchema;

/** Gateway → node. */
export const quoteRequestSchema = z.strictObject({
  openPart: openPartJson,
  openSalt: bytes32Schema,
  tenant: addressSchema,
  token: addressSchema,
  /** Set when the quote is for an update of a running lease: its resources then count as free. */
  leaseHash: bytes32Schema.optional(),
});
export type QuoteRequest = z.infer<typeof quoteRequestSchema>;

export const quoteResponseSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("quote"), signed: signedQuoteSchema }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
export type QuoteResponse = z.infer<typeof quoteResponseSchema>;

/** HPKE (RFC 9180, DHKEM X25519, HKDF-SHA256, AES-256-GCM) of the salted sealed part. */
export const sealedSchema = z.strictObject({ enc: bytes32Schema, ciphertext: bytesSchema(MAX_SEALED_BYTES) });
export type Sealed = z.infer<typeof sealedSchema>;

/** Client → gateway → node: everything the node needs to run one manifest version of one lease. */
export const manifestDeliverySchema = z.strictObject({
  lid: uintSchema(256),
  leaseHash: bytes32Schema,
  version: z.number().int().min(1).max(65_535),
  manifestHash: bytes32Schema,
  /** Nonce of the quote whose sealing key was used. */
  quoteNonce: uintSchema(256),
  openPart: openPartJson,
  openSalt: bytes32Schema,
  sealed: sealedSchema,
});
export type ManifestDelivery = z.infer<typeof manifestDeliverySchema>;

export const manifestResponseSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("receipt"), signed: signedReceiptSchema }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
export type ManifestResponse = z.infer<typeof manifestResponseSchema>;
