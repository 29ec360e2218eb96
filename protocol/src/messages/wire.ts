import { z } from "zod";
import { ProtocolError } from "../errors/index.ts";

/** JSON with bigints as decimal strings: the one encoding of control messages and HTTP bodies. */
export function toWire(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === "bigint" ? entry.toString() : entry,
  );
}

/**
 * Reads what another process sent.
 *
 * @throws ProtocolError INPUT_INVALID with every problem, when it does not fit the schema.
 */
export function fromWire<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw new ProtocolError("INPUT_INVALID", z.prettifyError(result.error));
  return result.data;
}
