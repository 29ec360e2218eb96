import { type Hex, recoverTypedDataAddress, type TypedDataDefinition } from "viem";
import { z } from "zod";
import { bytes32Schema, hexSchema, uintSchema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { eraReportTypes } from "./types.ts";

const uint32 = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** A gateway's word on what its nodes get, up to and including an era. Domain contract: EraRewards. */
export const eraReportSchema = z.strictObject({
  subnetId: uint32,
  era: uint32,
  root: bytes32Schema,
  cumulativeTotal: uintSchema(128),
});
export type EraReport = z.infer<typeof eraReportSchema>;

export const signedEraReportSchema = z.strictObject({ report: eraReportSchema, signature: hexSchema(65) });
export type SignedEraReport = z.infer<typeof signedEraReportSchema>;

export function eraReportTypedData(
  domain: FizzDomain,
  report: EraReport,
): TypedDataDefinition<typeof eraReportTypes, "EraReport"> {
  return { domain, types: eraReportTypes, primaryType: "EraReport" as const, message: report };
}

/** Address that signed the report. Compare it with the operator of the subnet's gateway on chain. */
export async function recoverEraReportSigner(domain: FizzDomain, signed: SignedEraReport): Promise<Hex> {
  return await recoverTypedDataAddress({
    ...eraReportTypedData(domain, signed.report),
    signature: signed.signature,
  });
}
