import { reason } from "@fizz/protocol/scores";
import { type Address } from "viem";
import { type PricedOrder, readScriptAnswer, scriptOrderOf } from "../domain/script-order.ts";
import { type Logger } from "../observability/logger.ts";
import { type PriceAnswer, type Pricing, type PricingReport } from "../owner-ports.ts";
import { type Clock } from "../ports.ts";
import { type ListPricing } from "./list-pricing.ts";
import { runScript } from "./run-script.ts";

/** Scripts that run at a time; orders that wait for one of them to end. */
export const MAX_SCRIPTS = 4;
export const MAX_WAITING_ORDERS = 32;

export interface ScriptPricingInit {
  /** Absolute path of an executable. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly mayUndercut: boolean;
  /** Whether the list prices where the script fails; otherwise there is no quote then. */
  readonly fallsBack: boolean;
  readonly token: Address;
  readonly tokenDecimals: number;
}

export interface ScriptPricingComponents {
  readonly list: ListPricing;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Prices by the owner's script, within the bounds of his list. */
export class ScriptPricing implements Pricing {
  readonly #components: ScriptPricingComponents;
  readonly #init: ScriptPricingInit;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #runs = 0;
  #failures = 0;
  #lastFailure: PricingReport["lastFailure"] = null;

  constructor(components: ScriptPricingComponents, init: ScriptPricingInit) {
    this.#components = components;
    this.#init = init;
  }

  report(): PricingReport {
    return { runs: this.#runs, failures: this.#failures, lastFailure: this.#lastFailure };
  }

  async price(order: PricedOrder): Promise<PriceAnswer> {
    const listed = this.#components.list.priceOf(order.wanted);
    if (listed.type === "declined") return listed;
    const { token, tokenDecimals: decimals, mayUndercut } = this.#init;
    const terms = { token, decimals, mayUndercut, listPerHour: listed.perHour };
    const result = await this.#run(scriptOrderOf(order, terms));
    const answer = result.type === "failed" ? result : readScriptAnswer(result.text, terms);
    if (answer.type !== "failed") return answer;
    this.#failed(answer.why);
    if (this.#init.fallsBack) return listed;
    return { type: "declined", reason: reason("price.unpriced", "the owner's pricing does not answer now") };
  }

  async #run(input: string): ReturnType<typeof runScript> {
    if (this.#waiting.length >= MAX_WAITING_ORDERS)
      return { type: "failed", why: `${MAX_WAITING_ORDERS} orders wait for it already` };
    if (this.#running >= MAX_SCRIPTS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    this.#runs += 1;
    try {
      const { path, timeoutMs } = this.#init;
      return await runScript({ path, input, timeoutMs });
    } finally {
      // The place goes on to the next one that waits.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #failed(message: string): void {
    const { clock, log } = this.#components;
    this.#failures += 1;
    this.#lastFailure = { at: clock.now(), message };
    log.warn({ event: "pricing.failed", why: message }, "The pricing script failed.");
  }
}
