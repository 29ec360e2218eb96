import { type Rate, ratePerHour } from "@fizz/protocol/units";
import { formatUnits } from "viem";

const COIN_DECIMALS = 18;
const SHOWN_FRACTION = 6;
const MIB_PER_GIB = 1_024;

/** Wei as ETH with at most six digits after the point, cut off; what is not zero never reads as zero. */
export function coin(wei: bigint, maxFraction = SHOWN_FRACTION): string {
  const step = 10n ** BigInt(COIN_DECIMALS - maxFraction);
  if (wei > 0n && wei < step) return `< ${formatUnits(step, COIN_DECIMALS)} ETH`;
  return `${formatUnits(wei - (wei % step), COIN_DECIMALS)} ETH`;
}

/** Price of an hour at a contract's rate. */
export function coinPerHour(rate: Rate): string {
  return `${coin(ratePerHour(rate), 9)} / h`;
}

/** `0x1234…abcd`. */
export function shortHex(value: string): string {
  return value.length <= 13 ? value : `${value.slice(0, 6)}…${value.slice(-4)}`;
}

/** CPU of a packed resource word: 500 → "0.5". */
export function cpus(milliCpu: number): string {
  return String(milliCpu / 1_000);
}

/** MiB in the unit that reads best: 512 → "512 MiB", 1536 → "1.5 GiB". */
export function memory(mib: number): string {
  if (mib < MIB_PER_GIB) return `${mib} MiB`;
  return `${Math.round((mib / MIB_PER_GIB) * 10) / 10} GiB`;
}

/** Seconds in at most two units: 3660 → "1 h 1 min". */
export function duration(totalSeconds: number): string {
  const whole = Math.max(0, Math.floor(totalSeconds));
  const units: readonly (readonly [number, string])[] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  const shown = units.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** How long ago, in words; both in Unix milliseconds. */
export function ago(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1_000);
  if (seconds < 5) return "just now";
  return `${duration(seconds).split(" ").slice(0, 2).join(" ")} ago`;
}

/** Wall clock time of the reader, with seconds. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

/** Date and time of the reader. */
export function dateTime(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** "1 node", "2 nodes". */
export function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}

/** Part of a time in 1/10000, rounded down: 9999 → "99.99 %"; null is what was not measured yet. */
export function uptime(bps: number | null): string {
  return bps === null ? "new" : `${bps / 100} %`;
}
