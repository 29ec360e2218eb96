import { type PortRange, type RequiredVram } from "./types.ts";

/** Largest number of digits on each side of the point that any quantity may have. */
const NUMBER = String.raw`(\d{1,18})(?:\.(\d{1,18}))?`;

export const SIZE = new RegExp(`^${NUMBER}(k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)$`);
export const CPU = new RegExp(`^${NUMBER}(m?)$`);
export const DURATION = new RegExp(`^${NUMBER}(s|min|h|d|mon|y)$`);
export const DECIMAL = new RegExp(`^${NUMBER}$`);

export const PORT_RANGE = /^(\d{1,5})\s?-\s?(\d{1,5})$/;
/** Capital letters are read as small ones. */
export const BANDWIDTH = /^(\d{1,6})(?:\.(\d{1,3}))?\s?([mM][bB][pP][sS]|[gG][bB][pP][sS])$/;
export const VRAM = /^(>=|<=|>|<)\s?(\d{1,3})$/;

const BYTES_PER_SUFFIX: Readonly<Record<string, bigint>> = {
  k: 1_000n,
  M: 1_000n ** 2n,
  G: 1_000n ** 3n,
  T: 1_000n ** 4n,
  P: 1_000n ** 5n,
  E: 1_000n ** 6n,
  Ki: 1_024n,
  Mi: 1_024n ** 2n,
  Gi: 1_024n ** 3n,
  Ti: 1_024n ** 4n,
  Pi: 1_024n ** 5n,
  Ei: 1_024n ** 6n,
};

const SECONDS_PER_UNIT: Readonly<Record<string, bigint>> = {
  s: 1n,
  min: 60n,
  h: 3_600n,
  d: 86_400n,
  mon: 30n * 86_400n,
  y: 365n * 86_400n,
};

/** An exact fraction. */
interface Ratio {
  readonly top: bigint;
  readonly bottom: bigint;
}

function ratioOf(match: RegExpExecArray): Ratio {
  const fraction = match[2] ?? "";
  return { top: BigInt((match[1] ?? "0") + fraction), bottom: 10n ** BigInt(fraction.length) };
}

function roundUp(ratio: Ratio, factor: bigint): bigint {
  return (ratio.top * factor + ratio.bottom - 1n) / ratio.bottom;
}

/** `1.5Gi` → bytes, exact; a part of a byte counts as a whole one. Undefined when it is no size. */
export function parseSize(text: string): bigint | undefined {
  const match = SIZE.exec(text);
  const factor = BYTES_PER_SUFFIX[match?.[3] ?? ""];
  return match === null || factor === undefined ? undefined : roundUp(ratioOf(match), factor);
}

/** `0.5`, `2`, `100m` → milli-CPU. Undefined when it is no amount, or finer than a milli-CPU. */
export function parseCpu(text: string): number | undefined {
  const match = CPU.exec(text);
  if (match === null) return undefined;
  const ratio = ratioOf(match);
  const scaled = ratio.top * (match[3] === "m" ? 1n : 1_000n);
  return scaled % ratio.bottom === 0n ? Number(scaled / ratio.bottom) : undefined;
}

/** `1.5h` → seconds, rounded up to whole ones. Undefined when it is no duration. */
export function parseDuration(text: string): bigint | undefined {
  const match = DURATION.exec(text);
  const factor = SECONDS_PER_UNIT[match?.[3] ?? ""];
  return match === null || factor === undefined ? undefined : roundUp(ratioOf(match), factor);
}

/** `0.120` → `0.12`: a decimal number above zero without needless zeros. Undefined otherwise. */
export function parsePrice(text: string): string | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const whole = (match[1] ?? "").replace(/^0+(?=\d)/, "");
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  const price = fraction === "" ? whole : `${whole}.${fraction}`;
  return price === "0" ? undefined : price;
}

/** `8443-8445`, both ends included. Undefined when it is no range. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = PORT_RANGE.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2]);
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : undefined;
}

/** `100mbps`, `1gbps`, `2.5gbps` → whole Mbit/s. Undefined otherwise. */
export function parseBandwidth(text: string): number | undefined {
  const match = BANDWIDTH.exec(text);
  if (match === null) return undefined;
  const ratio = ratioOf(match);
  return Number(roundUp(ratio, match[3]?.toLowerCase() === "gbps" ? 1_000n : 1n));
}

/** `>=80` → at least 80 percent of the GPU's memory is free. Undefined otherwise. */
export function parseVram(text: string): RequiredVram | undefined {
  const match = VRAM.exec(text);
  if (match === null) return undefined;
  const percent = Number(match[2]);
  const comparison = match[1] as RequiredVram["comparison"];
  return percent <= 100 ? { comparison, percent } : undefined;
}
