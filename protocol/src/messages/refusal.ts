import { z } from "zod";
import { uintSchema } from "./primitives.ts";

/** Reasons listed in one refusal. */
export const MAX_REASONS = 32;
const MAX_VALUE_LENGTH = 1_000;

/**
 * One thing that keeps a node from an order. `needs` is what the order wants, `has` what there is, both in `unit`: a whole
 * number as text for `milliCpu`, `MiB`, `GiB`, `GPU`, `percent`, `Mbit/s`, `port`, `lease`, `bps` and `rate` (token units ×
 * 1e12 per second); otherwise names, several between semicolons. All three are left out where there is nothing to compare.
 */
export const refusalReasonSchema = z.object({
  code: z.string().max(80),
  message: z.string().max(2_000),
  needs: z.string().max(MAX_VALUE_LENGTH).optional(),
  has: z.string().max(MAX_VALUE_LENGTH).optional(),
  unit: z.string().max(40).optional(),
});
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

/** Why a node did not bid: `code` is that of the first reason, `message` tells all of them. */
export const refusalSchema = z.object({
  nodeId: uintSchema(64),
  code: z.string(),
  message: z.string(),
  /** Every reason, in the order in which a person would want to know. A gateway of an older version sends none. */
  reasons: z.array(refusalReasonSchema).max(MAX_REASONS).optional(),
});
export type Refusal = z.infer<typeof refusalSchema>;
