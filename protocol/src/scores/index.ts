export {
  type ExplainedQuote,
  type ExplainedRanking,
  explainRanking,
  type RankedNode,
  rankingCodes,
  type RankingFinding,
} from "./explain-ranking.ts";
export {
  findGatewayMisfit,
  findMachineMisfits,
  findMisplacements,
  findPriceMisfit,
  findTierMisfit,
  type PlacedNode,
} from "./find-misfits.ts";
export { hourlyPriceOf } from "./hourly-price.ts";
export { findShortages } from "./find-shortages.ts";
export { type Comparison, reason, type Reason, textOfReasons } from "./reason.ts";
export { isRefusalCode, type RefusalCode, refusalCodes } from "./refusals.ts";
export { leastFree, type PublishedScore, scoreInputOf } from "./score-input.ts";
export {
  compareRanked,
  LATENCY_LIMIT_MS,
  type QuoteScore,
  type QuoteScoreInput,
  type Ranked,
  type ScorePart,
  scoreQuote,
  scoreWeights,
  tieBreakOf,
} from "./score-quote.ts";
