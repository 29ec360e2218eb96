import type { Quote } from "@fizz/protocol/typed-data";
import { rate } from "@fizz/protocol/units";
import { coin, coinPerHour, duration } from "../../format/format.ts";

export interface ReviewInput {
  readonly quote: Quote;
  /** Wei that the lease locks. */
  readonly locked: bigint;
  /** Wei sent along. */
  readonly value: bigint;
  /** Wei free in the escrow account; undefined until read. */
  readonly free: bigint | undefined;
  /** Most wei of gas; undefined until known, null when it cannot be known. */
  readonly gas: bigint | null | undefined;
}

export interface ReviewFact {
  readonly label: string;
  readonly value: string;
  readonly hint?: string;
}

const FRACTION = 9;
const PENDING = "…";

/** What a tenant should have read before signing. */
export function reviewFactsOf({ quote, locked, value, free, gas }: ReviewInput): ReviewFact[] {
  const shown = (wei: bigint | undefined): string => (wei === undefined ? PENDING : coin(wei, FRACTION));
  const percent = (bps: number): string => `${bps / 100} %`;
  return [
    { label: "Price", value: coinPerHour(rate(quote.ratePerSecond)) },
    {
      label: "Locked in advance",
      hint: "What is not used comes back when you close.",
      value: shown(locked),
    },
    { label: "Free in your escrow account", value: shown(free) },
    { label: "Sent with the transaction", value: free === undefined ? PENDING : shown(value) },
    { label: "Gas, at most", value: gas === null ? "not known" : shown(gas) },
    {
      label: "Cuts in the price",
      value: `subnet ${percent(quote.subnetCutBps)}, protocol ${percent(quote.protocolCutBps)}`,
    },
    { label: "The node must start within", value: duration(quote.startWindowSeconds) },
  ];
}
