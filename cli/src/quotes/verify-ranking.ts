import { priceCeilingPerSecond } from "@fizz/protocol/manifest";
import { type QuotesResponse, type RankedQuote } from "@fizz/protocol/messages";
import { type Order } from "@fizz/protocol/orders";
import { type ExplainedRanking, explainRanking } from "@fizz/protocol/scores";
import { fizzDomain } from "@fizz/protocol/typed-data";
import { type Chain } from "../chain/chain.ts";
import { type NodeOnChain, readNodes } from "../chain/ranked-nodes.ts";
import { type Token } from "../chain/tokens.ts";
import { type Terminal } from "../output/terminal.ts";

export interface RankingInput {
  readonly order: Pick<Order, "openPart" | "openPartHash">;
  readonly token: Token;
  readonly subnetId: number;
  readonly response: QuotesResponse;
}

export interface VerifiedRanking {
  readonly explained: ExplainedRanking;
  readonly nodes: ReadonlyMap<bigint, NodeOnChain>;
}

/** Holds a gateway's ranking against the chain and the published formula. @throws ProtocolError INPUT_TOO_LARGE, CHAIN_UNREACHABLE */
export async function verifyRanking(
  chain: Chain,
  { order, token, subnetId, response }: RankingInput,
): Promise<VerifiedRanking> {
  const ids = response.quotes.map(({ signed }) => signed.quote.nodeId);
  const nodes = await readNodes(chain, ids, subnetId);
  const { openPart, openPartHash } = order;
  const ceilingPerSecond = priceCeilingPerSecond(openPart, token.decimals);
  const domain = fizzDomain(chain.id, chain.contracts.leaseMarket);
  const explained = await explainRanking({
    response,
    order: { openPartHash, ceilingPerSecond },
    domain,
    nodes,
  });
  return { explained, nodes };
}

/** Says so when a ranking does not hold. @returns The quotes in their right order, as far as it is known. */
export function takeRanking(
  terminal: Terminal,
  { quotes, findings, holds }: ExplainedRanking,
): RankedQuote[] {
  const listed = quotes.map(({ ranked }) => ranked);
  if (holds) return listed;
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.every(({ code }) => code === "ranking.inputs")) {
    terminal.note(
      "this gateway does not publish what its scores are computed from: their order is its word.",
    );
    return listed;
  }
  const codes = [...new Set(errors.map(({ code }) => code))].join(", ");
  terminal.warn(
    `the gateway's ranking is not what the published formula gives (${codes}). The right order is used; ` +
      "`fizz quotes explain --manifest FILE` tells the differences.",
  );
  return quotes.toSorted((left, right) => placeOf(left) - placeOf(right)).map(({ ranked }) => ranked);
}

function placeOf({ rank }: ExplainedRanking["quotes"][number]): number {
  return rank ?? Number.MAX_SAFE_INTEGER;
}
