import { type Address, type Hex } from "viem";
import { unpackResources } from "../manifest/resources.ts";
import { type QuotesResponse, type RankedQuote } from "../messages/http.ts";
import { type FizzDomain, quoteHash, recoverQuoteSigner } from "../typed-data/index.ts";
import { scoreInputOf } from "./score-input.ts";
import { compareRanked, type Ranked, type ScorePart, scoreQuote, tieBreakOf } from "./score-quote.ts";

/** What can be wrong with a ranking. A code never changes its meaning. */
export const rankingCodes = {
  "ranking.signature": "A quote is not signed by its node's operator on chain.",
  "ranking.order": "A quote, or the answer, is for another order, or states another ceiling.",
  "ranking.ceiling": "A quote is above the order's ceiling and should not be listed.",
  "ranking.inputs": "What a score was computed from is not published.",
  "ranking.total": "The registered resources are not those on chain.",
  "ranking.tier": "The performance tier is not that on chain.",
  "ranking.used": "Other resources are reserved on chain now: leases come and go.",
  "ranking.score": "A score, or a part of one, is not what the formula gives.",
  "ranking.rank": "A quote stands before one with a better score.",
  "ranking.tie_break": "Of equal scores, the wrong one stands first.",
  "ranking.duplicate": "A node is listed more than once.",
} as const satisfies Record<string, string>;

export type RankingCode = keyof typeof rankingCodes;

export interface RankingFinding {
  readonly code: RankingCode;
  /** Of a note, the gateway need not have done anything wrong. */
  readonly severity: "error" | "note";
  /** Null when it concerns the whole answer. */
  readonly nodeId: bigint | null;
  readonly message: string;
}

/** What the chain says about a node that bids. */
export interface RankedNode {
  readonly operator: Address;
  readonly cpuTier: number;
  readonly gpuTier: number;
  /** Packed as in contracts/types/Resources.sol. */
  readonly total: bigint;
  readonly used: bigint;
}

export interface RankingToExplain {
  readonly response: Pick<QuotesResponse, "quotes" | "order">;
  /** By one's own reckoning: hash and ceiling of the open part that was sent. */
  readonly order: { readonly openPartHash: Hex; readonly ceilingPerSecond: bigint };
  /** Of the lease market. */
  readonly domain: FizzDomain;
  readonly nodes: ReadonlyMap<bigint, RankedNode>;
}

export interface ExplainedQuote {
  readonly ranked: RankedQuote;
  /** Place by the formula, from 1; null where it cannot be computed. */
  readonly rank: number | null;
  readonly score: number | null;
  readonly parts: readonly ScorePart[];
}

export interface ExplainedRanking {
  /** In the order in which they were listed. */
  readonly quotes: readonly ExplainedQuote[];
  readonly findings: readonly RankingFinding[];
  /** Whether every score could be computed again and nothing but notes was found. */
  readonly holds: boolean;
}

interface Scored extends Ranked {
  readonly ranked: RankedQuote;
  readonly parts: readonly ScorePart[];
}

/**
 * Computes a gateway's ranking again from what it published and what the chain says, and tells each difference. Nothing is
 * believed but what is marked as the gateway's own word: round trip, uptime, and what the node says is free.
 */
export async function explainRanking(input: RankingToExplain): Promise<ExplainedRanking> {
  const { response } = input;
  const findings = [...checkOrder(input), ...duplicates(response.quotes)];
  const scored = response.quotes.map((ranked) => scoreAgain(ranked, input));
  for (const [index, ranked] of response.quotes.entries()) {
    findings.push(...(await checkQuote(ranked, input)));
    const again = scored[index];
    if (again !== undefined) findings.push(...compareScores(ranked, again));
  }
  const known = scored.filter((entry) => entry !== undefined);
  if (known.length === scored.length) findings.push(...checkRanks(known));
  const right = known.toSorted(compareRanked);
  const quotes = response.quotes.map((ranked, index): ExplainedQuote => {
    const again = scored[index];
    if (again === undefined) return { ranked, rank: null, score: null, parts: [] };
    return { ranked, rank: right.indexOf(again) + 1, score: again.score, parts: again.parts };
  });
  return { quotes, findings, holds: findings.every(({ severity }) => severity === "note") };
}

/** Undefined where the inputs are not published. */
function scoreAgain(ranked: RankedQuote, { nodes, order }: RankingToExplain): Scored | undefined {
  const { quote } = ranked.signed;
  const { inputs } = ranked;
  if (inputs === undefined) return undefined;
  const node = nodes.get(quote.nodeId);
  const chain =
    node === undefined
      ? inputs.chain
      : { ...inputs.chain, total: node.total, tier: tierOf(node, quote.resources) };
  const published = { quote, inputs: { ...inputs, chain }, ceilingPerSecond: order.ceilingPerSecond };
  const { score, parts } = scoreQuote(scoreInputOf(published));
  return { ranked, score, parts, tieBreak: tieBreakOf(order.openPartHash, quoteHash(quote)) };
}

function tierOf({ cpuTier, gpuTier }: RankedNode, resources: bigint): number {
  return unpackResources(resources).gpuUnits > 0 ? gpuTier : cpuTier;
}

function checkOrder({ response: { order: stated }, order }: RankingToExplain): RankingFinding[] {
  if (stated === undefined) return [];
  const findings: RankingFinding[] = [];
  if (stated.openPartHash !== order.openPartHash)
    findings.push(
      finding(
        "ranking.order",
        null,
        `the answer is for ${stated.openPartHash}, sent was ${order.openPartHash}`,
      ),
    );
  if (stated.ceilingPerSecond !== order.ceilingPerSecond) {
    const message = `the answer states the ceiling ${stated.ceilingPerSecond}, the order pays ${order.ceilingPerSecond}`;
    findings.push(finding("ranking.order", null, message));
  }
  return findings;
}

function duplicates(quotes: readonly RankedQuote[]): RankingFinding[] {
  const seen = new Set<bigint>();
  return quotes.flatMap(({ signed: { quote } }) => {
    if (seen.has(quote.nodeId)) return [finding("ranking.duplicate", quote.nodeId)];
    seen.add(quote.nodeId);
    return [];
  });
}

async function checkQuote(ranked: RankedQuote, input: RankingToExplain): Promise<RankingFinding[]> {
  const { order, domain, nodes } = input;
  const { signed, inputs } = ranked;
  const { nodeId, ratePerSecond, openPartHash } = signed.quote;
  const node = nodes.get(nodeId);
  const findings: RankingFinding[] = [];
  const signer = await recoverQuoteSigner(domain, signed).catch(() => undefined);
  if (node === undefined || signer?.toLowerCase() !== node.operator.toLowerCase())
    findings.push(finding("ranking.signature", nodeId));
  if (openPartHash !== order.openPartHash)
    findings.push(finding("ranking.order", nodeId, "the quote prices another order"));
  if (ratePerSecond > order.ceilingPerSecond) findings.push(finding("ranking.ceiling", nodeId));
  if (inputs === undefined) findings.push(finding("ranking.inputs", nodeId));
  else if (node !== undefined) findings.push(...compareFacts(ranked, inputs.chain, node));
  return findings;
}

function compareFacts(
  { signed: { quote } }: RankedQuote,
  told: NonNullable<RankedQuote["inputs"]>["chain"],
  node: RankedNode,
): RankingFinding[] {
  const findings: RankingFinding[] = [];
  const tier = tierOf(node, quote.resources);
  if (told.total !== node.total)
    findings.push(finding("ranking.total", quote.nodeId, `says ${told.total}, the chain ${node.total}`));
  if (told.tier !== tier)
    findings.push(finding("ranking.tier", quote.nodeId, `says ${told.tier}, the chain ${tier}`));
  if (told.used !== node.used) {
    const message = `says ${told.used}, the chain ${node.used} now; leases come and go`;
    findings.push({ ...finding("ranking.used", quote.nodeId, message), severity: "note" });
  }
  return findings;
}

function compareScores(ranked: RankedQuote, { score, parts }: Scored): RankingFinding[] {
  const { nodeId } = ranked.signed.quote;
  if (ranked.score !== score)
    return [finding("ranking.score", nodeId, `says ${ranked.score}, the formula gives ${score}`)];
  const wrong = parts.find(({ name, points, max }, index) => {
    const told = ranked.parts[index];
    return told?.name !== name || told.points !== points || told.max !== max;
  });
  if (wrong === undefined && ranked.parts.length === parts.length) return [];
  const message = `its part "${wrong?.name ?? "more"}" is not what the formula gives`;
  return [finding("ranking.score", nodeId, message)];
}

/** Each quote against the one below it, by the right scores. */
function checkRanks(scored: readonly Scored[]): RankingFinding[] {
  return scored.flatMap((entry, index) => {
    const next = scored[index + 1];
    if (next === undefined || compareRanked(entry, next) <= 0) return [];
    const { nodeId } = entry.ranked.signed.quote;
    const other = next.ranked.signed.quote.nodeId;
    if (entry.score === next.score)
      return [
        finding(
          "ranking.tie_break",
          nodeId,
          `stands before node ${other}, which comes first by the tie-break`,
        ),
      ];
    const message = `stands with ${entry.score} points before node ${other} with ${next.score}`;
    return [finding("ranking.rank", nodeId, message)];
  });
}

function finding(
  code: RankingCode,
  nodeId: bigint | null,
  message: string = rankingCodes[code],
): RankingFinding {
  return { code, severity: "error", nodeId, message };
}
