import { type ResourceVector } from "../manifest/resources.ts";
import { type PriceList } from "../messages/hello.ts";
import { gpuModelOf } from "../tiers/index.ts";
import { type Amount, amount } from "../units/index.ts";

const MILLI = 1_000n;
const MIB_PER_GIB = 1_024n;
/** Common denominator of milli-CPU and MiB. */
const DENOMINATOR = MILLI * MIB_PER_GIB;

/**
 * Price of a resource vector for one hour by a price list, rounded down: what a node with that list asks, and what others
 * may expect it to ask.
 *
 * @param vector Its `gpuModel` is the node's.
 * @returns Token units.
 */
export function hourlyPriceOf(prices: PriceList, vector: ResourceVector): Amount {
  const gpu = vector.gpuUnits === 0 ? 0n : gpuPriceOf(prices, gpuModelOf(vector.gpuModel)?.model);
  const scaled =
    BigInt(vector.milliCpu) * prices.cpuPerHour * MIB_PER_GIB +
    BigInt(vector.memoryMiB) * prices.memoryGiBPerHour * MILLI +
    BigInt(vector.storageGiB) * prices.storageGiBPerHour * DENOMINATOR +
    BigInt(vector.gpuUnits) * gpu * DENOMINATOR;
  return amount(scaled / DENOMINATOR);
}

function gpuPriceOf(prices: PriceList, model: string | undefined): bigint {
  if (model !== undefined && Object.hasOwn(prices.gpuPerHour, model)) return prices.gpuPerHour[model] ?? 0n;
  return Object.hasOwn(prices.gpuPerHour, "*") ? (prices.gpuPerHour["*"] ?? 0n) : 0n;
}
