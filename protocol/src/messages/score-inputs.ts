import { z } from "zod";
import { uintSchema } from "./primitives.ts";

/**
 * What a quote's score was computed from, beside the quote itself and the order's ceiling, by whose word it is. Words of
 * resources are packed as in contracts/types/Resources.sol.
 */
export const scoreInputsSchema = z.object({
  /** Anyone can read it. */
  chain: z.object({
    /** Registered by the node; reserved by its leases. */
    total: uintSchema(128),
    used: uintSchema(128),
    /** Index of the performance tier that the order uses: of the GPU when it wants one, else of the CPU. */
    tier: z.number().int().min(0).max(65_535),
  }),
  /** The gateway's word alone: what it measured, and what it heard from the node. */
  gateway: z.object({
    /** Free by the node's offer; never counts for more than the chain leaves of the total. */
    free: uintSchema(128),
    /** In 1/10000; null without a history. */
    uptimeBps: z.number().int().min(0).max(10_000).nullable(),
    /** Milliseconds; null before the first measurement. */
    latencyMs: z.number().nullable(),
  }),
});
export type ScoreInputs = z.infer<typeof scoreInputsSchema>;
