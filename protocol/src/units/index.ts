export { type Amount, amount, bytes, type Bytes, type Rate, rate, type Seconds, seconds } from "./units.ts";
export { formatAmount, parseAmount, PER_HOUR_SECONDS } from "./format-amount.ts";
export { costOf, RATE_SCALE, ratePerHour, rateFromHourly } from "./rates.ts";
