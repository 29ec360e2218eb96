import { z } from "zod";
import { type Failures } from "./certificate-orders.ts";

const MAX_REMEMBERED = 100_000;

/** What must not be forgotten at a restart, so that the authority's limits are kept. */
export interface OrderHistory {
  /** When the orders of the last hour were begun, Unix milliseconds. */
  readonly begun: readonly number[];
  readonly failures: ReadonlyMap<string, Failures>;
}

const time = z.number().int().nonnegative();
const historySchema = z.object({
  begun: z.array(time).max(MAX_REMEMBERED),
  failures: z
    .array(z.tuple([z.string(), z.object({ count: z.number().int().positive(), retryAt: time })]))
    .max(MAX_REMEMBERED),
});

/** The history of orders as it is kept, in JSON. @throws ZodError when it is something else */
export function readOrderHistory(kept: unknown): OrderHistory {
  const { begun, failures } = historySchema.parse(kept);
  return { begun, failures: new Map(failures) };
}
