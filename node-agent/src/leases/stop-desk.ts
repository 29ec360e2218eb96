import { reason, type Reason } from "@fizz/protocol/scores";
import { type Logger } from "../observability/logger.ts";
import { type StopTimes } from "../owner-ports.ts";
import { type Clock } from "../ports.ts";

/** How often it is looked whether the last lease is over. */
const LOOK_EVERY_MS = 1_000;
/** A lease may still come of a quote for this time after it was signed: its life, and what the chain takes to tell. */
export const QUOTE_ECHO_MS = 90_000;

export interface StopDeskComponents {
  readonly clock: Clock;
  readonly log: Logger;
  /** Leases of this node that are not closed; undefined before the first look at the chain. */
  readonly leases: () => number | undefined;
  /** Unix milliseconds of the newest quote; undefined when there was none. */
  readonly lastQuoteAt: () => number | undefined;
  /** The offer has changed. */
  readonly onChange: () => void;
}

/** Ends the agent in an orderly way: it takes no new orders, and ends with its last lease, or in time. */
export class StopDesk {
  readonly #components: StopDeskComponents;
  readonly #ended = new AbortController();
  #times: StopTimes | undefined;
  #watching = false;

  constructor(components: StopDeskComponents) {
    this.#components = components;
  }

  /** Aborts when the agent is to end. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  times(): StopTimes | undefined {
    return this.#times;
  }

  /** Why no order is taken; undefined while nothing is to end. Updates of running leases go on. */
  gate(order: { readonly isUpdate: boolean }): Reason | undefined {
    if (this.#times === undefined || order.isUpdate) return undefined;
    return reason("node.paused", "the node is about to stop");
  }

  /** @param withinMs Time after which it ends whatever runs; 0 for at once, null for when the last lease is over. */
  stop(withinMs: number | null): StopTimes {
    const { clock, log, onChange } = this.#components;
    const now = clock.now();
    const deadline = withinMs === null ? null : now + withinMs;
    this.#times = { since: this.#times?.since ?? now, deadline };
    log.info({ event: "node.stop_asked", deadline }, "The agent is asked to stop.");
    onChange();
    if (withinMs === 0) this.#ended.abort();
    else if (!this.#watching) void this.#watch();
    return this.#times;
  }

  async #watch(): Promise<void> {
    this.#watching = true;
    while (!this.#ended.signal.aborted) {
      if (this.#isOver()) this.#ended.abort();
      else await this.#components.clock.sleep(LOOK_EVERY_MS, this.#ended.signal);
    }
  }

  #isOver(): boolean {
    const { clock, leases, lastQuoteAt } = this.#components;
    const now = clock.now();
    const { deadline } = this.#times ?? { deadline: null };
    if (deadline !== null && now >= deadline) return true;
    const quotedAt = lastQuoteAt();
    const mayStillCome = quotedAt !== undefined && now - quotedAt < QUOTE_ECHO_MS;
    return leases() === 0 && !mayStillCome;
  }
}
