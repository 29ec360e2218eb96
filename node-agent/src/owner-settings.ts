import { errorToWire } from "@fizz/protocol/errors";
import { z } from "zod";
import { parseCalendar } from "./domain/calendar.ts";
import { type MachineShare, parseShare } from "./domain/machine-share.ts";

const flag = z
  .enum(["0", "1", "true", "false", ""])
  .default("0")
  .transform((text) => text === "1" || text === "true");

const share = (kind: keyof MachineShare) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return parseShare(kind, text);
      } catch (error) {
        context.addIssue({ code: "custom", message: errorToWire(error).message });
        return z.NEVER;
      }
    })
    .optional();

/** Settings of the machine's owner: how orders are priced, and when the machine is his. */
export const ownerShape = {
  FIZZ_NODE_PRICE_SCRIPT: z.string().min(1).max(1_000).optional(),
  FIZZ_NODE_PRICE_SCRIPT_MS: z.coerce.number().int().min(100).max(10_000).default(2_000),
  FIZZ_NODE_PRICE_SCRIPT_ELSE: z.enum(["list", "none"]).default("list"),
  FIZZ_NODE_PRICE_BELOW_LIST: flag,
  FIZZ_NODE_BUSY_HOURS: z
    .string()
    .max(4_000)
    .default("")
    .transform((text, context) => {
      try {
        return parseCalendar(text);
      } catch (error) {
        context.addIssue({ code: "custom", message: errorToWire(error).message });
        return z.NEVER;
      }
    }),
  FIZZ_NODE_RECLAIM: flag,
  FIZZ_NODE_BENCHMARK_SECONDS: z.coerce.number().int().min(0).max(60).default(6),
  FIZZ_NODE_SHARE_CPU: share("cpu"),
  FIZZ_NODE_SHARE_MEMORY: share("memory"),
  FIZZ_NODE_SHARE_DISK: share("disk"),
  FIZZ_NODE_SHARE_GPU: share("gpu"),
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
  [
    "FIZZ_NODE_BUSY_HOURS",
    "none",
    "when you need the machine, such as Mon-Fri 08:00-18:00 Europe/Berlin, several with semicolons between: no leases that run into it",
  ],
  [
    "FIZZ_NODE_RECLAIM",
    "0",
    "1: leases that run into busy hours are taken, and given notice so that it is over when the hours begin",
  ],
  [
    "FIZZ_NODE_BENCHMARK_SECONDS",
    "6",
    "seconds in which the CPU is measured; 0: nothing is measured or refused, and the CPU is not rated (development networks only)",
  ],
  [
    "FIZZ_NODE_SHARE_CPU",
    "all that is registered",
    "most CPU that all leases together get: 80% of the machine's, or cores such as 6",
  ],
  ["FIZZ_NODE_SHARE_MEMORY", "all that is registered", "most memory: 80% of the machine's, or such as 24Gi"],
  [
    "FIZZ_NODE_SHARE_DISK",
    "all that is registered",
    "most disk: 50% of the data directory's file system, or such as 500Gi",
  ],
  ["FIZZ_NODE_SHARE_GPU", "all that is registered", "most GPUs: 50% of those registered, or a number"],
  ["FIZZ_NODE_PRICE_BELOW_LIST", "0", "1: the pricing script may ask less than the price list"],
];
