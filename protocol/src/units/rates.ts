import { type Amount, amount, type Rate, rate, type Seconds } from "./units.ts";

/** Scale of a rate: ILeaseMarket counts token units × 1e12 per second. */
export const RATE_SCALE = 1_000_000_000_000n;
const SECONDS_PER_HOUR = 3_600n;

/** What `time` costs at `perSecond`, rounded up: the amount that `open` locks. */
export function costOf(perSecond: Rate, time: Seconds): Amount {
  return amount((perSecond * time + RATE_SCALE - 1n) / RATE_SCALE);
}

/** The rate of a price per hour, rounded down, so that an hour never costs more than the price. */
export function rateFromHourly(perHour: Amount): Rate {
  return rate((perHour * RATE_SCALE) / SECONDS_PER_HOUR);
}

/** Price per hour of a rate, rounded up. */
export function ratePerHour(perSecond: Rate): Amount {
  return amount((perSecond * SECONDS_PER_HOUR + RATE_SCALE - 1n) / RATE_SCALE);
}
