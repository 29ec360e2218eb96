import { readFileSync } from "node:fs";
import { ProtocolError } from "@fizz/protocol/errors";
import { addressSchema, type PriceList } from "@fizz/protocol/messages";
import { findGpuModel } from "@fizz/protocol/tiers";
import { parseAmount } from "@fizz/protocol/units";
import { zeroAddress } from "viem";
import { z } from "zod";

/** Most GPU models of a price list. */
const MAX_GPU_PRICES = 256;
/** Most bytes of a price list. */
const MAX_PRICE_LIST_LENGTH = 64 * 1024;

const decimal = z.string().regex(/^\d{1,30}(\.\d{1,30})?$/, 'a decimal number in quotes, such as "0.01"');

const listSchema = z.strictObject({
  /** Zero for the chain's own coin. */
  token: addressSchema.default(zeroAddress),
  decimals: z.number().int().min(0).max(30).default(18),
  cpu: decimal,
  memoryGiB: decimal,
  storageGiB: decimal,
  gpu: z
    .record(z.string(), decimal)
    .refine((prices) => Object.keys(prices).length <= MAX_GPU_PRICES, `at most ${MAX_GPU_PRICES} models`)
    .default({}),
});

/** Coins per hour, for an owner who has not chosen prices yet. */
const BUILT_IN = { cpu: "0.000004", memoryGiB: "0.000001", storageGiB: "0.00000002", gpu: { "*": "0.0001" } };

export interface LoadedPrices {
  readonly prices: PriceList;
  readonly tokenDecimals: number;
}

/**
 * Reads the owner's price list: decimal tokens per hour.
 *
 * @param source JSON, the path of a JSON file, or undefined for the built-in one.
 * @throws ProtocolError CONFIG_INVALID
 */
export function loadPrices(source: string | undefined): LoadedPrices {
  const result = listSchema.safeParse(source === undefined ? BUILT_IN : readJson(source));
  if (!result.success) throw invalid(z.prettifyError(result.error));
  const { token, decimals, cpu, memoryGiB, storageGiB, gpu } = result.data;
  const perHour = (text: string): bigint => parseAmount(text, decimals);
  return {
    tokenDecimals: decimals,
    prices: {
      token,
      cpuPerHour: perHour(cpu),
      memoryGiBPerHour: perHour(memoryGiB),
      storageGiBPerHour: perHour(storageGiB),
      gpuPerHour: Object.fromEntries(
        Object.entries(gpu).map(([model, price]) => [shortName(model), perHour(price)]),
      ),
    },
  };
}

function shortName(model: string): string {
  if (model === "*") return model;
  const known = findGpuModel(model);
  if (known === undefined) throw invalid(`gpu: no model "${model}" in the tier tables`);
  return known.model;
}

function readJson(source: string): unknown {
  try {
    const text = source.trimStart().startsWith("{") ? source : readFileSync(source, "utf8");
    if (text.length > MAX_PRICE_LIST_LENGTH) throw new RangeError("the list is too long");
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalid(String(error));
  }
}

function invalid(problem: string): ProtocolError {
  return new ProtocolError("CONFIG_INVALID", `FIZZ_NODE_PRICES is wrong:\n${problem}`);
}
