import type { Quote } from "@fizz/protocol/typed-data";

/** Prepaid time nearest to the wish that the node takes. */
export function clampPrepaid(wished: number, quote: Pick<Quote, "minSeconds" | "maxSeconds">): number {
  return Math.min(Math.max(Math.floor(wished), quote.minSeconds), quote.maxSeconds);
}

/** What must be sent along with `open`: the contract puts it into the escrow account first. */
export function shortfall(locked: bigint, free: bigint): bigint {
  return locked > free ? locked - free : 0n;
}
