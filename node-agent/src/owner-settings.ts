import { z } from "zod";

const flag = z
  .enum(["0", "1", "true", "false", ""])
  .default("0")
  .transform((text) => text === "1" || text === "true");

/** Settings of the machine's owner: how orders are priced. */
export const ownerShape = {
  FIZZ_NODE_PRICE_SCRIPT: z.string().min(1).max(1_000).optional(),
  FIZZ_NODE_PRICE_SCRIPT_MS: z.coerce.number().int().min(100).max(10_000).default(2_000),
  FIZZ_NODE_PRICE_SCRIPT_ELSE: z.enum(["list", "none"]).default("list"),
  FIZZ_NODE_PRICE_BELOW_LIST: flag,
} as const;

/** Name, default and meaning of each. */
export const ownerSettings: readonly (readonly [name: string, standard: string, meaning: string])[] = [
  [
    "FIZZ_NODE_PRICE_SCRIPT",
    "none",
    "absolute path of a program that prices each order: JSON in, JSON out; see docs/PRICING.md",
  ],
  ["FIZZ_NODE_PRICE_SCRIPT_MS", "2000", "milliseconds after which the pricing script is killed"],
  [
    "FIZZ_NODE_PRICE_SCRIPT_ELSE",
    "list",
    "when the pricing script fails: list (the price list prices) or none (no quote)",
  ],
  ["FIZZ_NODE_PRICE_BELOW_LIST", "0", "1: the pricing script may ask less than the price list"],
];
