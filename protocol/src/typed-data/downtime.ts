import { type TypedDataDefinition } from "viem";
import { z } from "zod";
import { bytes32Schema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { downtimeCreditTypes } from "./types.ts";

const MAX_SECONDS = 2 ** 32 - 1;

/** A node's word that it did not serve a lease for so long, all in all: the time comes off the bill. */
export const downtimeCreditSchema = z.strictObject({
  leaseHash: bytes32Schema,
  cumulativeSeconds: z.number().int().min(1).max(MAX_SECONDS),
});
export type DowntimeCredit = z.infer<typeof downtimeCreditSchema>;

/** What the node's operator signs; anyone brings it to the market. */
export function downtimeTypedData(
  domain: FizzDomain,
  credit: DowntimeCredit,
): TypedDataDefinition<typeof downtimeCreditTypes, "DowntimeCredit"> {
  return { domain, types: downtimeCreditTypes, primaryType: "DowntimeCredit" as const, message: credit };
}
