import { z } from "zod";
import { ProtocolError } from "../errors/index.ts";

/** JSON with bigints as decimal strings: the one encoding of control messages and HTTP bodies. */
export function toWire(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === "bigint" ? entry.toString() : entry,
  );
}

/**
 * Reads what another process sent. Of what it tells, fields that this version does not know are dropped (`z.object`);
 * what it asks for, and what is signed or hashed, must be known whole (`z.strictObject`): docs/adr/0051.
 *
 * @throws ProtocolError INPUT_INVALID with every problem, when it does not fit the schema.
 */
export function fromWire<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw new ProtocolError("INPUT_INVALID", z.prettifyError(result.error));
  return result.data;
}
