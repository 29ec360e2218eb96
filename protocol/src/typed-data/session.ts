import { type Hex, recoverTypedDataAddress, type TypedDataDefinition } from "viem";
import { z } from "zod";
import { addressSchema, bytes32Schema, hexSchema, uintSchema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { sessionGrantTypes, sessionProofTypes } from "./types.ts";

export const sessionScopes = ["status", "logs", "events", "exec", "update", "connect"] as const;
export type SessionScope = (typeof sessionScopes)[number];

/**
 * Life of a grant that clients sign, and the longest that a node accepts, in seconds: so the order of expiry is that of
 * signing, by which grants are revoked.
 */
export const MAX_GRANT_SECONDS = 7 * 24 * 3_600;

/**
 * A tenant's authority over one lease, signed by its wallet and bound to a session key.
 * `scopes` is a space separated list, readable in a wallet's prompt.
 */
export const sessionGrantSchema = z.strictObject({
  tenant: addressSchema,
  nodeId: uintSchema(64),
  leaseHash: bytes32Schema,
  sessionKey: hexSchema(33),
  scopes: z.string().max(200),
  expiresAt: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40 - 1),
});
export type SessionGrant = z.infer<typeof sessionGrantSchema>;

export const signedGrantSchema = z.strictObject({ grant: sessionGrantSchema, signature: hexSchema(65) });
export type SignedGrant = z.infer<typeof signedGrantSchema>;

/** Answer to a node's challenge, by the session key; for callers that are not the session key's libp2p peer. */
export const sessionProofSchema = z.strictObject({ nonce: bytes32Schema, signature: hexSchema(65) });
export type SessionProof = z.infer<typeof sessionProofSchema>;

export function grantTypedData(
  domain: FizzDomain,
  grant: SessionGrant,
): TypedDataDefinition<typeof sessionGrantTypes, "SessionGrant"> {
  return { domain, types: sessionGrantTypes, primaryType: "SessionGrant" as const, message: grant };
}

export function proofTypedData(
  domain: FizzDomain,
  proof: { nodeId: bigint; leaseHash: Hex; nonce: Hex },
): TypedDataDefinition<typeof sessionProofTypes, "SessionProof"> {
  return { domain, types: sessionProofTypes, primaryType: "SessionProof" as const, message: proof };
}

/** Address that signed the grant. Must be the tenant that the chain names. */
export async function recoverGrantSigner(domain: FizzDomain, signed: SignedGrant): Promise<Hex> {
  return await recoverTypedDataAddress({
    ...grantTypedData(domain, signed.grant),
    signature: signed.signature,
  });
}

/** Address that signed the proof. Must be the address of the grant's session key. */
export async function recoverProofSigner(
  domain: FizzDomain,
  grant: SessionGrant,
  proof: SessionProof,
): Promise<Hex> {
  const message = { nodeId: grant.nodeId, leaseHash: grant.leaseHash, nonce: proof.nonce };
  return await recoverTypedDataAddress({ ...proofTypedData(domain, message), signature: proof.signature });
}

/** Whether a grant covers an action. */
export function grantCovers(grant: SessionGrant, scope: SessionScope): boolean {
  return grant.scopes.split(" ").includes(scope);
}
