import { type DiskMethod } from "@fizz/protocol/messages";
import { type Reason } from "@fizz/protocol/scores";
import { type Amount } from "@fizz/protocol/units";
import { type BusyTime } from "./domain/calendar.ts";
import { type QuoteReport, type RefusedFor } from "./domain/quote-counts.ts";
import { type PricedOrder } from "./domain/script-order.ts";

/** What a gate is told of an order. */
export interface GatedOrder {
  readonly durationSeconds: number;
  /** For a lease that runs already. */
  readonly isUpdate: boolean;
}

/** Something beside the order's fit that may keep the node from it: a stop, busy hours, a disk that is nearly full. */
export type QuoteGate = (order: GatedOrder) => Reason | undefined;

export type PriceAnswer =
  /** Token units per hour. */
  | { readonly type: "price"; readonly perHour: Amount }
  | { readonly type: "declined"; readonly reason: Reason };

/** The runs of the owner's pricing script since the agent started. */
export interface PricingReport {
  readonly runs: number;
  readonly failures: number;
  /** Why the newest failure; null when there was none. Times are Unix milliseconds. */
  readonly lastFailure: { readonly at: number; readonly message: string } | null;
}

/** Says what an order costs. Never throws. */
export interface Pricing {
  price(order: PricedOrder): Promise<PriceAnswer>;
  /** Undefined where no script prices. */
  report(): PricingReport | undefined;
}

/** Counts what becomes of orders. Never throws. */
export interface QuoteCounter {
  quoted(now: number): void;
  refused(now: number, reasons: readonly RefusedFor[]): void;
}

/** An orderly end of the agent. */
export interface StopTimes {
  /** Unix milliseconds. */
  readonly since: number;
  /** When it ends at the latest; null: with the last lease. */
  readonly deadline: number | null;
}

/** What the running agent says of itself. Times are Unix milliseconds. */
export interface AgentStatus {
  readonly version: string;
  readonly startedAt: number;
  /** Null while there is no session with the gateway. */
  readonly subnetId: number | null;
  /** Null before the first look at the chain. */
  readonly leases: number | null;
  /** Why no new orders are taken now, besides what the chain says; empty when they are. */
  readonly closedFor: readonly string[];
  readonly quotes: QuoteReport;
  /** When the owner needs the machine, now or next; null where he never does. */
  readonly busy: (BusyTime & { readonly reclaims: boolean }) | null;
  /** Null where the list alone prices. */
  readonly pricing: PricingReport | null;
  /** How what containers have on disk is held to their leases, as the offer says it. */
  readonly disk: DiskMethod;
  readonly stopping: StopTimes | null;
}
