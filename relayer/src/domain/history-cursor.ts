import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { type EventPlace } from "./chain-event.ts";

const SECONDS_PER_DAY = 86_400;
const LEASES = /^(\d{1,78})$/;
const EVENTS = /^(\d{1,19})\.(\d{1,9})\.(0x[0-9a-f]{64})$/;
const EARNINGS = /^(\d{1,6})\.(0x[0-9a-fA-F]{40})$/;

/** The last lease of a page. */
export function leasesCursor(lid: bigint): string {
  return lid.toString();
}

/** @throws ProtocolError INPUT_INVALID */
export function readLeasesCursor(text: string): bigint {
  return BigInt(match(LEASES, text)[0] ?? "");
}

/** Where the last event of a page stands; the hash tells whether it still does. */
export interface EventCursor {
  readonly block: bigint;
  readonly logIndex: number;
  readonly blockHash: Hex;
}

export function eventCursor({ block, logIndex, blockHash }: EventCursor): string {
  return `${block}.${logIndex}.${blockHash}`;
}

/** @throws ProtocolError INPUT_INVALID */
export function readEventCursor(text: string): EventCursor {
  const [block = "", logIndex, blockHash] = match(EVENTS, text);
  return { block: BigInt(block), logIndex: Number(logIndex), blockHash: blockHash as Hex };
}

/** The last day and token of a page. */
export interface EarningsCursor {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly token: string;
}

export function earningsCursor({ day, token }: EarningsCursor): string {
  return `${day}.${token}`;
}

/** @throws ProtocolError INPUT_INVALID */
export function readEarningsCursor(text: string): EarningsCursor {
  const [day, token = ""] = match(EARNINGS, text);
  return { day: Number(day), token };
}

/** Days since 1970 as a date, such as 2026-11-30. */
export function dateOfDay(day: number): string {
  return new Date(day * SECONDS_PER_DAY * 1_000).toISOString().slice(0, 10);
}

/** The first day of which nothing was dropped. */
export function firstWholeDay(completeSince: number): number {
  return Math.ceil(completeSince / SECONDS_PER_DAY);
}

/** With what a reader needs to know whether a reorganisation may take it back. */
export function withFinality<Place extends EventPlace>(
  place: Place,
  finalBlock: bigint,
): Place & { readonly final: boolean } {
  return { ...place, final: place.block <= finalBlock };
}

function match(pattern: RegExp, text: string): string[] {
  const found = pattern.exec(text)?.slice(1);
  if (found !== undefined) return found;
  throw new ProtocolError("INPUT_INVALID", "The cursor is none of this gateway's: begin without one.");
}
