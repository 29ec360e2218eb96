import { ProtocolError } from "@fizz/protocol/errors";
import { parseDuration } from "@fizz/protocol/manifest";
import { addressSchema, hexSchema } from "@fizz/protocol/messages";
import { type Amount, parseAmount } from "@fizz/protocol/units";
import { InvalidArgumentError } from "commander";
import { type Address, type Hex } from "viem";
import { type Token } from "./chain/tokens.ts";

const MAX_SECONDS = 2n ** 32n - 1n;
const MS_PER_SECOND = 1_000;
const SESSION_KEY_BYTES = 33;
const MAX_TAIL = 100_000;
const MAX_PORT = 65_535;
const MAX_WAIT_SECONDS = 86_400;

/** A number of a lease or a node. */
export function parseId(text: string): bigint {
  if (!/^[1-9]\d{0,18}$/.test(text)) throw new InvalidArgumentError("Write a number, such as 12.");
  return BigInt(text);
}

/** Of an account. */
export function parseAddress(text: string): Address {
  const address = addressSchema.safeParse(text);
  if (address.success) return address.data;
  throw new InvalidArgumentError("Write an address, 0x and 40 hex digits.");
}

/** Counted from 0. */
export function parseIndex(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError("Write a number from 0 on.");
  return Number(text);
}

export interface PortPair {
  /** Port of this machine; 0 when it does not matter. */
  readonly local: number;
  /** Port of the service. */
  readonly remote: number;
}

/** `8080`, or `5000:8080` with the local port in front. */
export function parsePortPair(text: string): PortPair {
  const [, first = "0", second = ""] = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(text) ?? [];
  const pair = { local: Number(first), remote: Number(second) };
  if (pair.local > MAX_PORT || pair.remote < 1 || pair.remote > MAX_PORT)
    throw new InvalidArgumentError(
      "Write a port, or two as in 5000:8080: this machine's, then the service's.",
    );
  return pair;
}

/** `90min`, `2h` → seconds; a bare number is seconds. */
export function parseSeconds(text: string): number {
  const seconds = /^\d+$/.test(text) ? BigInt(text.slice(0, 20)) : parseDuration(text);
  if (seconds === undefined || seconds < 1n || seconds > MAX_SECONDS)
    throw new InvalidArgumentError("Write a duration with s, min, h, d, mon or y, such as 90min.");
  return Number(seconds);
}

/** A duration of at most a day, `5m` for minutes too: for how long somebody sits there and waits. */
export function parseWait(text: string): number {
  const seconds = parseSeconds(text.replace(/m$/, "min"));
  if (seconds > MAX_WAIT_SECONDS) throw new InvalidArgumentError("Wait for a day at most.");
  return seconds;
}

/** `15min` ago, or a time such as `2026-11-30T12:00:00Z` → Unix milliseconds. */
export function parseSince(text: string): number {
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return Math.max(0, Date.now() - parseSeconds(text) * MS_PER_SECOND);
  const time = Date.parse(text);
  if (!(time >= 0)) throw new InvalidArgumentError("Write a time, such as 2026-11-30T12:00:00Z.");
  return time;
}

/** A session key, as `session list` shows it. */
export function parseSessionKey(text: string): Hex {
  const key = hexSchema(SESSION_KEY_BYTES).safeParse(text);
  if (!key.success) throw new InvalidArgumentError("Write the key as `fizz session list` shows it.");
  return key.data;
}

/** A decimal amount, checked for its form; the token says later how many decimals it has. */
export function parseDecimal(text: string): string {
  if (!/^\d{1,30}(\.\d{1,30})?$/.test(text)) throw new InvalidArgumentError("Write an amount, such as 0.25.");
  return text;
}

/** Lines of `--tail`; null for all. */
export function parseTail(text: string): number | null {
  if (text === "all") return null;
  if (!/^\d{1,6}$/.test(text) || Number(text) > MAX_TAIL)
    throw new InvalidArgumentError(`Write a number up to ${MAX_TAIL}, or "all".`);
  return Number(text);
}

/** An http or https URL. */
export function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new InvalidArgumentError("Write a URL that begins with http:// or https://.");
  return text;
}

/** Whole tokens → token units. @throws ProtocolError USAGE when it is finer than the token. */
export function parseTokens(text: string, token: Token): Amount {
  try {
    return parseAmount(text, token.decimals);
  } catch (cause) {
    throw new ProtocolError("USAGE", `${text} is not an amount of ${token.symbol}.`, { cause });
  }
}
