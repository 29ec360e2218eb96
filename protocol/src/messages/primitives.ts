import { type Address, getAddress, type Hex } from "viem";
import { z } from "zod";

/** An address in any case, read as EIP-55. */
export const addressSchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "not an address")
  .transform((text): Address => getAddress(text));

/** Hex of exactly `length` bytes. */
export const hexSchema = (length: number): z.ZodType<Hex, string> =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${length * 2}}$`), `not ${length} bytes of hex`)
    .transform((text): Hex => text.toLowerCase() as Hex);

/** Hex of at most `maxLength` bytes. */
export const bytesSchema = (maxLength: number): z.ZodType<Hex, string> =>
  z
    .string()
    .max(2 + maxLength * 2)
    .regex(/^0x(?:[0-9a-fA-F]{2})*$/, "not hex")
    .transform((text): Hex => text.toLowerCase() as Hex);

export const bytes32Schema = hexSchema(32);

/** An unsigned integer of at most `bits` bits; a decimal string on the wire, a bigint inside. */
export const uintSchema = (bits: number): z.ZodType<bigint, bigint | string> =>
  z
    .union([z.bigint(), z.string().regex(/^\d{1,78}$/, "not a decimal integer")])
    .transform((value) => BigInt(value))
    .refine((value) => value >= 0n && value < 1n << BigInt(bits), `not a uint${bits}`)
    .describe(`uint${bits}, in decimal digits`);
