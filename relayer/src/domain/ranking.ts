import { type ResourceVector, unpackResources } from "@fizz/protocol/manifest";
import { type RankedQuote } from "@fizz/protocol/messages";
import { compareRanked, scoreQuote, tieBreakOf } from "@fizz/protocol/scores";
import { quoteHash, type SignedQuote } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { type NodeView } from "../ports.ts";
import { freeOn } from "./screening.ts";

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

/** Scores bids by the published formula and sorts them, best first. */
export function rankBids(bids: readonly Bid[], order: RankedOrder): RankedQuote[] {
  return bids
    .map((bid) => {
      const tieBreak = tieBreakOf(order.openPartHash, quoteHash(bid.signed.quote));
      return { bid, tieBreak, ...scoreOf(bid, order) };
    })
    .toSorted(compareRanked)
    .map(({ bid, score, parts }) => ({
      signed: bid.signed,
      peerId: bid.node.peerId,
      score,
      parts: parts.map((part) => ({ ...part })),
    }));
}

function scoreOf(
  { signed, node, wanted }: Bid,
  { ceilingPerSecond }: RankedOrder,
): ReturnType<typeof scoreQuote> {
  return scoreQuote({
    ratePerSecond: signed.quote.ratePerSecond,
    ceilingPerSecond,
    wanted,
    free: freeOn(node),
    total: unpackResources(node.facts.total),
    uptimeBps: node.uptimeBps,
    latencyMs: node.latencyMs,
    tier: wanted.gpuUnits > 0 ? node.facts.gpuTier : node.facts.cpuTier,
  });
}
