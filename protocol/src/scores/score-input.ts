import { type ResourceVector, unpackResources } from "../manifest/resources.ts";
import { type ScoreInputs } from "../messages/score-inputs.ts";
import { type Quote } from "../typed-data/quote.ts";
import { type QuoteScoreInput } from "./score-quote.ts";

export interface PublishedScore {
  readonly quote: Pick<Quote, "ratePerSecond" | "resources">;
  readonly inputs: ScoreInputs;
  /** Token units × 1e12 per second. */
  readonly ceilingPerSecond: bigint;
}

/** What `scoreQuote` takes, from what a gateway publishes of a quote. */
export function scoreInputOf({ quote, inputs, ceilingPerSecond }: PublishedScore): QuoteScoreInput {
  const { chain, gateway } = inputs;
  return {
    ratePerSecond: quote.ratePerSecond,
    ceilingPerSecond,
    wanted: unpackResources(quote.resources),
    free: leastFree(chain, gateway.free),
    total: unpackResources(chain.total),
    uptimeBps: gateway.uptimeBps,
    latencyMs: gateway.latencyMs,
    tier: chain.tier,
  };
}

/**
 * What a node has free: by its own word, and never more than the chain leaves of what it registered.
 *
 * @param offered Packed, as in its offer.
 */
export function leastFree(
  chain: { readonly total: bigint; readonly used: bigint },
  offered: bigint,
): ResourceVector {
  const [total, used, free] = [
    unpackResources(chain.total),
    unpackResources(chain.used),
    unpackResources(offered),
  ];
  const least = (name: "milliCpu" | "memoryMiB" | "storageGiB" | "gpuUnits"): number =>
    Math.max(0, Math.min(free[name], total[name] - used[name]));
  return {
    milliCpu: least("milliCpu"),
    memoryMiB: least("memoryMiB"),
    storageGiB: least("storageGiB"),
    gpuUnits: least("gpuUnits"),
    gpuModel: total.gpuModel,
  };
}
