import {
  type Address,
  hashTypedData,
  type Hex,
  type LocalAccount,
  recoverTypedDataAddress,
  type TypedDataDefinition,
} from "viem";
import { z } from "zod";
import { addressSchema, bytesSchema, hexSchema, uintSchema } from "../messages/primitives.ts";
import { forwardRequestTypes } from "./types.ts";

/** Most call data of a request, in bytes; an update with a quote, the longest that is relayed, takes about 1,000. */
export const MAX_REQUEST_DATA_BYTES = 4_096;

export interface ForwarderDomain {
  readonly name: "FizzForwarder";
  readonly version: "1";
  readonly chainId: number;
  readonly verifyingContract: Address;
}

/** EIP-712 domain of requests: that of the forwarder, not of the contract that is called. */
export function forwarderDomain(chainId: number, forwarder: Address): ForwarderDomain {
  return { name: "FizzForwarder", version: "1", chainId, verifyingContract: forwarder };
}

/**
 * A call that `from` signs and anybody may pay for: OpenZeppelin's ERC2771Forwarder.ForwardRequest.
 * `value` in wei, `gas` for the called contract alone, `nonce` sequential from 0, `deadline` in Unix seconds.
 */
export const forwardRequestSchema = z.strictObject({
  from: addressSchema,
  to: addressSchema,
  value: uintSchema(256),
  gas: uintSchema(256),
  nonce: uintSchema(256),
  deadline: z
    .number()
    .int()
    .min(0)
    .max(2 ** 48 - 1),
  data: bytesSchema(MAX_REQUEST_DATA_BYTES),
});
export type ForwardRequest = z.infer<typeof forwardRequestSchema>;

export const signedForwardRequestSchema = z.strictObject({
  request: forwardRequestSchema,
  signature: hexSchema(65),
});
export type SignedForwardRequest = z.infer<typeof signedForwardRequestSchema>;

export function forwardRequestTypedData(
  domain: ForwarderDomain,
  request: ForwardRequest,
): TypedDataDefinition<typeof forwardRequestTypes, "ForwardRequest"> {
  return { domain, types: forwardRequestTypes, primaryType: "ForwardRequest" as const, message: request };
}

/**
 * Signs a request.
 *
 * @param account The key of `request.from`.
 * @returns It, and its id at a gateway.
 */
export async function signForwardRequest(
  account: Pick<LocalAccount, "signTypedData">,
  domain: ForwarderDomain,
  request: ForwardRequest,
): Promise<{ readonly id: Hex; readonly signed: SignedForwardRequest }> {
  const signature = await account.signTypedData(forwardRequestTypedData(domain, request));
  return { id: forwardRequestId(domain, request), signed: { request, signature } };
}

/** EIP-712 digest of a request: what is signed, and the request's id at a gateway. */
export function forwardRequestId(domain: ForwarderDomain, request: ForwardRequest): Hex {
  return hashTypedData(forwardRequestTypedData(domain, request));
}

/** Address that signed the request. The forwarder takes it only when that is `from`. */
export async function recoverForwardRequestSigner(
  domain: ForwarderDomain,
  { request, signature }: SignedForwardRequest,
): Promise<Address> {
  return await recoverTypedDataAddress({ ...forwardRequestTypedData(domain, request), signature });
}
