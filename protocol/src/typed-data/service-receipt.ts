import { type TypedDataDefinition } from "viem";
import { z } from "zod";
import { bytes32Schema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { serviceReceiptTypes } from "./types.ts";

const time = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40 - 1);

/** The word of a tenant, or of a second gateway, that a node served a lease from `from` until before `until`. */
export const serviceReceiptSchema = z.strictObject({ leaseHash: bytes32Schema, from: time, until: time });
export type ServiceReceipt = z.infer<typeof serviceReceiptSchema>;

/** Domain contract: Slasher; ISlasher.voidClaim takes the signature. */
export function serviceReceiptTypedData(
  domain: FizzDomain,
  receipt: ServiceReceipt,
): TypedDataDefinition<typeof serviceReceiptTypes, "ServiceReceipt"> {
  return { domain, types: serviceReceiptTypes, primaryType: "ServiceReceipt" as const, message: receipt };
}
