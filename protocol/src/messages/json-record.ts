import { z } from "zod";

/** Deepest nesting of JSON whose shape a message leaves open. A manifest's open part has less than half of that. */
export const MAX_JSON_DEPTH = 64;

/** JSON of any shape, but not so deep that code which walks it runs out of stack. */
export const jsonRecordSchema = z
  .record(z.string(), z.unknown())
  .refine(isShallow, `nested deeper than ${MAX_JSON_DEPTH}`);

function isShallow(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_DEPTH) return false;
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? (Object.values(value) as unknown[]) : [],
    );
  }
  return true;
}
