import { formatAmount, rate, ratePerHour } from "@fizz/protocol/units";
import { type Token } from "../chain/tokens.ts";

const MAX_FRACTION = 9;
const KIBI = 1_024;
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Token units for people, such as `0.0125 ETH`; an amount too small to show is not shown as nothing. */
export function showAmount(value: bigint, token: Token): string {
  const short = formatAmount(value, token.decimals, MAX_FRACTION);
  const text = short === "0" && value !== 0n ? formatAmount(value, token.decimals) : short;
  return `${text} ${token.symbol}`;
}

/** A rate of the contracts (token units × 1e12 per second) as a price per hour. */
export function showHourly(perSecond: bigint, token: Token): string {
  return `${showAmount(ratePerHour(rate(perSecond)), token)}/h`;
}

/** Seconds as `1d 2h`, at most two units. */
export function showDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [unit, size] of [
    ["d", DAY],
    ["h", HOUR],
    ["min", MINUTE],
    ["s", 1],
  ] as const) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)}${unit}`);
    rest %= size;
  }
  return parts.length === 0 ? "0s" : parts.slice(0, 2).join(" ");
}

/** Unix milliseconds as a time of day in UTC, to the second. */
export function showTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Bytes with one decimal in the unit that fits, such as `12.3 MiB`. */
export function showBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= KIBI && unit < SIZES.length - 1) {
    value /= KIBI;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${SIZES[unit] ?? "B"}`;
}
