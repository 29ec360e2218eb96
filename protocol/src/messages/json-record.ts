import { z } from "zod";

/** Deepest nesting of JSON whose shape a message leaves open. A manifest's open part has less than half of that. */
export const MAX_JSON_DEPTH = 64;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** JSON of any shape, but not so deep that code which walks it runs out of stack. */
export const jsonRecordSchema = z
  .record(z.string(), z.unknown())
  .refine(isShallow, `nested deeper than ${MAX_JSON_DEPTH}`);

/** Such JSON whose texts can be kept: databases take no NUL, and no half of a surrogate pair. */
export const textRecordSchema = jsonRecordSchema.refine(isText, "a character that no text has");

function isText(root: unknown): boolean {
  let level: unknown[] = [root];
  while (level.length > 0) {
    if (
      level.some((value) => typeof value === "string" && (value.includes("\0") || LONE_SURROGATE.test(value)))
    )
      return false;
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? (Object.entries(value).flat() as unknown[]) : [],
    );
  }
  return true;
}

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
