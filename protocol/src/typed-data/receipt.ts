import { type Hex, recoverTypedDataAddress, type TypedDataDefinition } from "viem";
import { z } from "zod";
import { bytes32Schema, hexSchema, uintSchema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { manifestReceiptTypes } from "./types.ts";

/** The node's word that it holds the manifest of a lease: with it a missed start costs the node, not the tenant. */
export const manifestReceiptSchema = z.strictObject({
  lid: uintSchema(256),
  leaseHash: bytes32Schema,
  manifestHash: bytes32Schema,
});
export type ManifestReceipt = z.infer<typeof manifestReceiptSchema>;

export const signedReceiptSchema = z.strictObject({
  receipt: manifestReceiptSchema,
  signature: hexSchema(65),
});
export type SignedReceipt = z.infer<typeof signedReceiptSchema>;

export function receiptTypedData(
  domain: FizzDomain,
  receipt: ManifestReceipt,
): TypedDataDefinition<typeof manifestReceiptTypes, "ManifestReceipt"> {
  return { domain, types: manifestReceiptTypes, primaryType: "ManifestReceipt" as const, message: receipt };
}

/** Address that signed the receipt. */
export async function recoverReceiptSigner(domain: FizzDomain, signed: SignedReceipt): Promise<Hex> {
  return await recoverTypedDataAddress({
    ...receiptTypedData(domain, signed.receipt),
    signature: signed.signature,
  });
}
