import { z } from "zod";
import { type Option } from "./config-option.ts";

const MAX_BLOCK = 2n ** 53n;

/** Settings of the history of leases and earnings. */
export const historyShape = {
  historyFrom: z
    .union([
      z.literal(["off", "deployment"]),
      z.string().regex(/^\d{1,16}$/, "not a block number, off or deployment"),
      z.number().int().min(0),
    ])
    .default("deployment")
    .transform((from) => (from === "off" || from === "deployment" ? from : BigInt(from)))
    .refine((from) => typeof from === "string" || from < MAX_BLOCK, "not a block number"),
  historyDays: z.coerce.number().int().min(1).max(36_500).default(365),
  historyMaxEvents: z.coerce.number().int().min(1_000).max(100_000_000).default(1_000_000),
};

export const HISTORY_OPTIONS: readonly Option[] = [
  {
    env: "FIZZ_GATEWAY_HISTORY_FROM",
    key: "historyFrom",
    fallback: "deployment",
    text: "First block whose leases are kept in the history: a number, `deployment` of the market, or `off` for none.",
  },
  {
    env: "FIZZ_GATEWAY_HISTORY_DAYS",
    key: "historyDays",
    fallback: "365",
    text: "Days for which leases that are over stay in the history.",
  },
  {
    env: "FIZZ_GATEWAY_HISTORY_MAX_EVENTS",
    key: "historyMaxEvents",
    fallback: "1000000",
    text: "Events in the history; above it the oldest leases that are over leave it earlier.",
  },
];
