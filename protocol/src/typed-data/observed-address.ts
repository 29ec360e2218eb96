import { type Hex, recoverTypedDataAddress, type TypedDataDefinition } from "viem";
import { z } from "zod";
import { addressSchema, hexSchema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { observedAddressTypes } from "./types.ts";

/**
 * A gateway's word that a peer has just connected to it from this address: another peer may try to reach it there.
 * Without it a peer could make others dial whatever it likes.
 */
export const observedAddressSchema = z.strictObject({
  /** Ethereum address of the peer's key. */
  peer: addressSchema,
  /** IPv4 or IPv6, in the usual text form. */
  host: z.string().regex(/^[0-9a-f.:]{2,45}$/, "not an IP address"),
  port: z.number().int().min(1).max(65_535),
  /** Unix seconds of the gateway's clock. */
  at: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40 - 1),
});
export type ObservedAddress = z.infer<typeof observedAddressSchema>;

export const signedObservedSchema = z.strictObject({
  observed: observedAddressSchema,
  signature: hexSchema(65),
});
export type SignedObserved = z.infer<typeof signedObservedSchema>;

export function observedTypedData(
  domain: FizzDomain,
  observed: ObservedAddress,
): TypedDataDefinition<typeof observedAddressTypes, "ObservedAddress"> {
  return { domain, types: observedAddressTypes, primaryType: "ObservedAddress" as const, message: observed };
}

/** Address that signed. Must be the gateway's key. */
export async function recoverObservedSigner(domain: FizzDomain, signed: SignedObserved): Promise<Hex> {
  return await recoverTypedDataAddress({
    ...observedTypedData(domain, signed.observed),
    signature: signed.signature,
  });
}
