import { type ResourceVector } from "@fizz/protocol/manifest";
import { type RankedQuote, type ScoreInputs } from "@fizz/protocol/messages";
import { compareRanked, hourlyPriceOf, scoreInputOf, scoreQuote, tieBreakOf } from "@fizz/protocol/scores";
import { quoteHash, type SignedQuote } from "@fizz/protocol/typed-data";
import { rateFromHourly } from "@fizz/protocol/units";
import { type Hex } from "viem";
import { type NodeView } from "../ports.ts";

/** A bid that says what was asked and is signed by its node. */
export interface Bid {
  readonly signed: SignedQuote;
  readonly node: NodeView;
  readonly wanted: ResourceVector;
}

export interface RankedOrder {
  readonly openPartHash: Hex;
  /** Most that the order pays, token units × 1e12 per second. */
  readonly ceilingPerSecond: bigint;
}

/** Scores bids by the published formula and sorts them, best first. Each carries what its score was computed from. */
export function rankBids(bids: readonly Bid[], order: RankedOrder): RankedQuote[] {
  const { openPartHash, ceilingPerSecond } = order;
  return bids
    .map((bid) => {
      const { quote } = bid.signed;
      const inputs = inputsOf(bid);
      const score = scoreQuote(scoreInputOf({ quote, inputs, ceilingPerSecond }));
      return { bid, inputs, tieBreak: tieBreakOf(openPartHash, quoteHash(quote)), ...score };
    })
    .toSorted(compareRanked)
    .map(({ bid, inputs, score, parts }) => ({
      signed: bid.signed,
      peerId: bid.node.peerId,
      score,
      parts: parts.map((part) => ({ ...part })),
      inputs,
    }));
}

/**
 * Nodes in the order in which they are asked: first those whose price list lets the best score be expected, so that a round
 * that asks some of many leaves out the worst.
 *
 * @param wantedOn What the order reserves on a node.
 */
export function askingOrder(
  nodes: readonly NodeView[],
  wantedOn: (node: NodeView) => ResourceVector,
  { ceilingPerSecond }: Pick<RankedOrder, "ceilingPerSecond">,
): NodeView[] {
  return nodes
    .map((node) => {
      const wanted = wantedOn(node);
      const ratePerSecond = rateFromHourly(hourlyPriceOf(node.offer.prices, wanted));
      const input = scoreInputOf({
        quote: { ratePerSecond, resources: 0n },
        inputs: inputsOf({ node, wanted }),
        ceilingPerSecond,
      });
      return { node, score: scoreQuote({ ...input, wanted }).score };
    })
    .toSorted((left, right) => right.score - left.score)
    .map(({ node }) => node);
}

function inputsOf({ node, wanted }: Pick<Bid, "node" | "wanted">): ScoreInputs {
  const { facts, offer } = node;
  return {
    chain: {
      total: facts.total,
      used: facts.used,
      tier: wanted.gpuUnits > 0 ? facts.gpuTier : facts.cpuTier,
    },
    gateway: {
      free: offer.free,
      uptimeBps: node.uptimeBps,
      latencyMs: node.latencyMs,
    },
  };
}
