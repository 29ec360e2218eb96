import { z } from "zod";
import { type OrderHistory } from "../certificate-ports.ts";

const MAX_REMEMBERED = 100_000;

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
