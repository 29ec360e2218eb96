import { RATE_SCALE, type Rate, rate, type Seconds, seconds } from "../units/index.ts";
import { MAX_PRICE_DECIMALS } from "./limits.ts";
import { type OpenPart } from "./open-part.ts";

/** Symbol of the chain's own coin: address zero in the contracts. */
export const NATIVE_TOKEN = "ETH";
/** Decimals of the chain's own coin. */
export const NATIVE_DECIMALS = 18;
const SECONDS_PER_HOUR = 3_600n;

/**
 * Most that a lease of this manifest may cost: the prices of all replicas of all services, rounded down once.
 *
 * @param tokenDecimals Decimals of the payment token.
 * @returns Token units × 1e12 per second, as the contracts count.
 */
export function priceCeilingPerSecond(openPart: OpenPart, tokenDecimals = NATIVE_DECIMALS): Rate {
  let perHour = 0n;
  for (const service of openPart.services)
    perHour += scaledPrice(service.maxPricePerHour) * BigInt(service.count);
  const units = perHour * 10n ** BigInt(tokenDecimals) * RATE_SCALE;
  return rate(units / (10n ** BigInt(MAX_PRICE_DECIMALS) * SECONDS_PER_HOUR));
}

/** Time that the tenant wants to lease for. */
export function durationSeconds(openPart: OpenPart): Seconds {
  return seconds(BigInt(openPart.durationSeconds));
}

/** A price of the open part in 1e-18 of a whole token; its form was checked before. */
function scaledPrice(price: string): bigint {
  const [whole = "0", fraction = ""] = price.split(".");
  return BigInt(whole + fraction.padEnd(MAX_PRICE_DECIMALS, "0"));
}
