import { type PriceList } from "@fizz/protocol/messages";
import { hourlyPriceOf, reason } from "@fizz/protocol/scores";
import { gpuModelOf } from "@fizz/protocol/tiers";
import { type PricedOrder } from "../domain/script-order.ts";
import { type PriceAnswer, type Pricing } from "../owner-ports.ts";

/** Prices by the owner's list. */
export class ListPricing implements Pricing {
  readonly #prices: PriceList;

  constructor(prices: PriceList) {
    this.#prices = prices;
  }

  async price({ wanted }: PricedOrder): Promise<PriceAnswer> {
    return await Promise.resolve(this.priceOf(wanted));
  }

  priceOf(wanted: PricedOrder["wanted"]): PriceAnswer {
    const model = gpuModelOf(wanted.gpuModel)?.model ?? "*";
    const { gpuPerHour } = this.#prices;
    if (wanted.gpuUnits > 0 && !Object.hasOwn(gpuPerHour, model) && !Object.hasOwn(gpuPerHour, "*"))
      return {
        type: "declined",
        reason: reason("price.unpriced", `the node has no price for the GPU ${model}`),
      };
    return { type: "price", perHour: hourlyPriceOf(this.#prices, wanted) };
  }

  report(): undefined {
    return undefined;
  }
}
