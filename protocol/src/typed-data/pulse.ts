import { type TypedDataDefinition } from "viem";
import { z } from "zod";
import { bytes32Schema, uintSchema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { pulseTypes } from "./types.ts";

/**
 * Liveness receipt of a node, signed by its operator and by the operator of the subnet's gateway. It answers a report
 * of abandonment; a gateway that signs two of them for one node and one second, or one for a time in which it claims
 * that the node did not serve, loses stake. `leaseRoot` is the root of {@link leaseTree}.
 */
export const pulseSchema = z.strictObject({
  nodeId: uintSchema(64),
  subnetId: z
    .number()
    .int()
    .min(1)
    .max(2 ** 32 - 1),
  at: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40 - 1),
  leases: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  leaseRoot: bytes32Schema,
});
export type Pulse = z.infer<typeof pulseSchema>;

/** Domain contract: Slasher. */
export function pulseTypedData(
  domain: FizzDomain,
  pulse: Pulse,
): TypedDataDefinition<typeof pulseTypes, "Pulse"> {
  return { domain, types: pulseTypes, primaryType: "Pulse" as const, message: pulse };
}
