import { type ResourceVector } from "@fizz/protocol/manifest";
import { type PriceList } from "@fizz/protocol/messages";
import { type Amount, amount } from "@fizz/protocol/units";

const MILLI = 1_000n;
const MIB_PER_GIB = 1_024n;
/** Common denominator of milli-CPU and MiB. */
const DENOMINATOR = MILLI * MIB_PER_GIB;

/**
 * Price of a resource vector for one hour, rounded down.
 *
 * @param gpuModel Short name of the node's GPU model, or undefined without one.
 */
export function hourlyPriceOf(prices: PriceList, vector: ResourceVector, gpuModel?: string): Amount {
  const scaled =
    BigInt(vector.milliCpu) * prices.cpuPerHour * MIB_PER_GIB +
    BigInt(vector.memoryMiB) * prices.memoryGiBPerHour * MILLI +
    BigInt(vector.storageGiB) * prices.storageGiBPerHour * DENOMINATOR +
    BigInt(vector.gpuUnits) * gpuPriceOf(prices, gpuModel) * DENOMINATOR;
  return amount(scaled / DENOMINATOR);
}

function gpuPriceOf(prices: PriceList, model: string | undefined): bigint {
  if (model !== undefined && Object.hasOwn(prices.gpuPerHour, model)) return prices.gpuPerHour[model] ?? 0n;
  return Object.hasOwn(prices.gpuPerHour, "*") ? (prices.gpuPerHour["*"] ?? 0n) : 0n;
}
