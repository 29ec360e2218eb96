import { hashTypedData, type Hex, recoverTypedDataAddress, type TypedDataDefinition } from "viem";
import { z } from "zod";
import { addressSchema, bytes32Schema, hexSchema, uintSchema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { MAX_GRANT_SECONDS, type SessionGrant } from "./session.ts";
import { revocationReceiptTypes, sessionRevocationTypes } from "./types.ts";

const SESSION_KEY_BYTES = 33;
/** In the place of a session key: all of the lease. */
export const ALL_SESSION_KEYS: Hex = `0x${"00".repeat(SESSION_KEY_BYTES)}`;

const time = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40 - 1);

/**
 * A tenant's word that grants of one lease are worth nothing any more: those of a session key, or all, that expire at
 * `upTo` (Unix seconds) or before. It says the same however often it is delivered, and nothing once `upTo` is over.
 */
export const sessionRevocationSchema = z.strictObject({
  tenant: addressSchema,
  nodeId: uintSchema(64),
  leaseHash: bytes32Schema,
  sessionKey: hexSchema(SESSION_KEY_BYTES),
  upTo: time,
});
export type SessionRevocation = z.infer<typeof sessionRevocationSchema>;

export const signedRevocationSchema = z.strictObject({
  revocation: sessionRevocationSchema,
  signature: hexSchema(65),
});
export type SignedRevocation = z.infer<typeof signedRevocationSchema>;

/** The node's word that it keeps a revocation: whoever carried it cannot pretend that. */
export const revocationReceiptSchema = z.strictObject({
  /** Digest of the revocation. */
  revocation: bytes32Schema,
  /** By the node's clock, Unix seconds. */
  at: time,
});
export type RevocationReceipt = z.infer<typeof revocationReceiptSchema>;

export const signedRevocationReceiptSchema = z.strictObject({
  receipt: revocationReceiptSchema,
  signature: hexSchema(65),
});
export type SignedRevocationReceipt = z.infer<typeof signedRevocationReceiptSchema>;

/**
 * `upTo` with which all grants are revoked that were signed until now. A grant has no time of issue; its expiry stands for
 * it, since no client signs for longer than MAX_GRANT_SECONDS, and those of Fizz for exactly that: what is signed a second
 * later outlives the revocation.
 *
 * @param now Unix seconds.
 */
export function revokedUntilNow(now: number): number {
  return now + MAX_GRANT_SECONDS;
}

/** Whether a grant of the same lease is worth nothing by this revocation. */
export function revokes(
  { sessionKey, upTo }: Pick<SessionRevocation, "sessionKey" | "upTo">,
  grant: Pick<SessionGrant, "sessionKey" | "expiresAt">,
): boolean {
  const isMeant = sessionKey === ALL_SESSION_KEYS || sessionKey === grant.sessionKey;
  return isMeant && grant.expiresAt <= upTo;
}

export function revocationTypedData(
  domain: FizzDomain,
  revocation: SessionRevocation,
): TypedDataDefinition<typeof sessionRevocationTypes, "SessionRevocation"> {
  return {
    domain,
    types: sessionRevocationTypes,
    primaryType: "SessionRevocation" as const,
    message: revocation,
  };
}

/** EIP-712 digest, by which a receipt names the revocation. */
export function revocationDigest(domain: FizzDomain, revocation: SessionRevocation): Hex {
  return hashTypedData(revocationTypedData(domain, revocation));
}

/** Address that signed the revocation. Must be the tenant of the lease. */
export async function recoverRevocationSigner(domain: FizzDomain, signed: SignedRevocation): Promise<Hex> {
  const { revocation, signature } = signed;
  return await recoverTypedDataAddress({ ...revocationTypedData(domain, revocation), signature });
}

export function revocationReceiptTypedData(
  domain: FizzDomain,
  receipt: RevocationReceipt,
): TypedDataDefinition<typeof revocationReceiptTypes, "RevocationReceipt"> {
  return {
    domain,
    types: revocationReceiptTypes,
    primaryType: "RevocationReceipt" as const,
    message: receipt,
  };
}

/** Address that signed the receipt. Must be the node's operator. */
export async function recoverRevocationReceiptSigner(
  domain: FizzDomain,
  signed: SignedRevocationReceipt,
): Promise<Hex> {
  const { receipt, signature } = signed;
  return await recoverTypedDataAddress({ ...revocationReceiptTypedData(domain, receipt), signature });
}
