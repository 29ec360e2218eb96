import { encodeFunctionData, type Hex, isAddressEqual, type Transaction } from "viem";
import { type ForwarderDomain, type SignedForwardRequest } from "../typed-data/forward-request.ts";
import { fizzForwarderAbi } from "./generated.ts";

/** Call data with which a gateway has the forwarder do one request, and nothing else. */
export function carryData({ request, signature }: SignedForwardRequest): Hex {
  const { from, to, value, gas, deadline, data } = request;
  const args = [{ from, to, value, gas, deadline, data, signature }] as const;
  return encodeFunctionData({ abi: fizzForwarderAbi, functionName: "execute", args });
}

/**
 * Whether a transaction carries exactly this request, to the byte: if it succeeded, the request was done. What a gateway
 * says of a transaction is not enough, and neither is that it succeeded: it may be any other.
 */
export function carriesRequest(
  { to, input }: Pick<Transaction, "to" | "input">,
  { verifyingContract }: Pick<ForwarderDomain, "verifyingContract">,
  signed: SignedForwardRequest,
): boolean {
  return to !== null && isAddressEqual(to, verifyingContract) && input === carryData(signed);
}
