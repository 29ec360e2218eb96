import { faultOfTerms } from "@fizz/protocol/orders";
import { type Quote } from "@fizz/protocol/typed-data";
import { type Address, type Hex, zeroAddress } from "viem";
import { type GatewayIdentity } from "../ports.ts";

/** A quote with less time left than this cannot be turned into a lease. */
const MIN_VALID_SECONDS = 5;

export interface ExpectedQuote {
  readonly nodeId: bigint;
  readonly gateway: GatewayIdentity;
  readonly tenant: Address;
  readonly token: Address;
  readonly openPartHash: Hex;
  readonly resources: bigint;
  /** Unix seconds. */
  readonly now: number;
}

/** What is wrong with a node's bid, in words; undefined when it says what was asked. The signature is checked elsewhere. */
export function faultOfQuote(quote: Quote, expected: ExpectedQuote): string | undefined {
  const { gateway } = expected;
  const checks: readonly (readonly [boolean, string])[] = [
    [quote.nodeId === expected.nodeId, "it names another node"],
    [quote.subnetId === gateway.subnetId, "it names another subnet"],
    [quote.openPartHash === expected.openPartHash, "it prices another order"],
    [quote.resources === expected.resources, "it reserves other resources"],
    [
      sameAddress(quote.tenant, expected.tenant) || sameAddress(quote.tenant, zeroAddress),
      "it is for another tenant",
    ],
    [sameAddress(quote.token, expected.token), "it is in another token"],
    [quote.subnetCutBps === gateway.subnetCutBps, "its subnet cut is not the current one"],
    [quote.protocolCutBps === gateway.protocolCutBps, "its protocol cut is not the current one"],
    [quote.expiresAt >= expected.now + MIN_VALID_SECONDS, "it expires at once"],
  ];
  return checks.find(([holds]) => !holds)?.[1] ?? faultOfTerms(quote);
}

function sameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
