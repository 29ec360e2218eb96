import { packResources, priceCeilingPerSecond, resourcesOf } from "@fizz/protocol/manifest";
import { type QuotesResponse, type RankedQuote } from "@fizz/protocol/messages";
import { type ExplainedRanking, explainRanking, type RankedNode } from "@fizz/protocol/scores";
import { fizzDomain, quoteTypedData, type SignedQuote } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import { rankBids } from "../../../relayer/src/domain/ranking.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hash, MARKET, nodeFacts, nodeView, testKey } from "../../relayer/support/builders.ts";

const composed = sampleOrder();
const domain = fizzDomain(31_337, MARKET);
const ceilingPerSecond = priceCeilingPerSecond(composed.openPart);
const order = { openPartHash: composed.openPartHash, ceilingPerSecond };
const wanted = resourcesOf(composed.openPart);

describe("explainRanking", () => {
  it("finds nothing in a ranking that the gateway's own code made, and gives each part", async () => {
    const { response, nodes } = await setup([3n, 1n, 2n]);
    const { quotes, findings, holds } = await explainRanking({ response, order, domain, nodes });
    expect(findings).to.deep.equal([]);
    expect(holds).to.equal(true);
    expect(quotes.map(({ rank }) => rank)).to.deep.equal([1, 2, 3]);
    expect(quotes.map(({ ranked }) => ranked.signed.quote.nodeId)).to.deep.equal([2n, 3n, 1n]);
    for (const { ranked, parts } of quotes) expect(ranked.parts).to.deep.equal(parts);
  });

  const chain = (change: object) => (ranked: RankedQuote) => ({
    ...ranked,
    inputs: ranked.inputs && { ...ranked.inputs, chain: { ...ranked.inputs.chain, ...change } },
  });
  const tampered: readonly (readonly [string, string[], (quotes: RankedQuote[]) => RankedQuote[]])[] = [
    [
      "a score that is raised",
      ["ranking.score"],
      first((ranked) => ({ ...ranked, score: ranked.score + 1 })),
    ],
    [
      "a part that is moved to another",
      ["ranking.score"],
      first((ranked) => ({ ...ranked, parts: ranked.parts.toReversed() })),
    ],
    ["two that changed places", ["ranking.rank"], ([a, b, c]) => [b, a, c] as RankedQuote[]],
    ["a node that is listed twice", ["ranking.duplicate"], ([a, b]) => [a, a, b] as RankedQuote[]],
    [
      "inputs that are kept back",
      ["ranking.inputs"],
      first(({ signed, peerId, score, parts }) => ({ signed, peerId, score, parts })),
    ],
    ["another tier", ["ranking.tier"], first(chain({ tier: 4 }))],
    [
      "another total",
      ["ranking.total"],
      first(chain({ total: packResources({ ...wanted, milliCpu: 9_000 }) })),
    ],
    [
      "a measured round trip that its points do not fit",
      ["ranking.score"],
      first((ranked) => ({
        ...ranked,
        inputs: ranked.inputs && {
          ...ranked.inputs,
          gateway: { ...ranked.inputs.gateway, latencyMs: 499 },
        },
      })),
    ],
    [
      "a quote whose price was changed after it was signed",
      ["ranking.signature", "ranking.score"],
      first((ranked) => ({
        ...ranked,
        signed: { ...ranked.signed, quote: { ...ranked.signed.quote, ratePerSecond: ceilingPerSecond / 2n } },
      })),
    ],
  ];
  for (const [name, codes, change] of tampered)
    it(`finds ${name}`, async () => {
      const { response, nodes } = await setup([1n, 2n, 3n]);
      const quotes = change(response.quotes);
      const explained = await explainRanking({ response: { ...response, quotes }, order, domain, nodes });
      expect(codesOf(explained)).to.include.members(codes);
      expect(explained.holds).to.equal(false);
    });

  it("finds a tie that was broken the other way round, and knows the right one", async () => {
    const { response, nodes } = await setup([1n, 1n, 1n]);
    expect(new Set(response.quotes.map(({ score }) => score)).size).to.equal(1);
    expect(codesOf(await explainRanking({ response, order, domain, nodes }))).to.deep.equal([]);
    const quotes = response.quotes.toReversed();
    const explained = await explainRanking({ response: { ...response, quotes }, order, domain, nodes });
    expect(new Set(codesOf(explained))).to.deep.equal(new Set(["ranking.tie_break"]));
    expect(explained.quotes.map(({ rank }) => rank)).to.deep.equal([3, 2, 1]);
  });

  it("finds an answer for another order or ceiling, and quotes above the ceiling", async () => {
    const { response, nodes } = await setup([1n]);
    const stated = { openPartHash: hash(9), ceilingPerSecond: 1n };
    const other = await explainRanking({ response: { ...response, order: stated }, order, domain, nodes });
    expect(codesOf(other)).to.deep.equal(["ranking.order", "ranking.order"]);
    const low = { ...order, ceilingPerSecond: 0n };
    expect(codesOf(await explainRanking({ response, order: low, domain, nodes }))).to.include(
      "ranking.ceiling",
    );
  });

  it("finds a quote of an operator that the chain does not name", async () => {
    const { response, nodes } = await setup([1n]);
    const [node] = nodes.values();
    const others = new Map([[1n, { ...node, operator: MARKET } as RankedNode]]);
    expect(codesOf(await explainRanking({ response, order, domain, nodes: others }))).to.deep.equal([
      "ranking.signature",
    ]);
    const unknown = await explainRanking({ response, order, domain, nodes: new Map() });
    expect(codesOf(unknown)).to.deep.equal(["ranking.signature"]);
  });

  it("only notes what leases may have changed since", async () => {
    const { response, nodes } = await setup([1n]);
    const [node] = nodes.values();
    const now = new Map([[1n, { ...node, used: 5n } as RankedNode]]);
    const { findings, holds } = await explainRanking({ response, order, domain, nodes: now });
    expect(findings.map(({ code, severity }) => [code, severity])).to.deep.equal([["ranking.used", "note"]]);
    expect(holds).to.equal(true);
  });

  function first(change: (ranked: RankedQuote) => RankedQuote) {
    return ([best, ...rest]: RankedQuote[]): RankedQuote[] =>
      best === undefined ? [] : [change(best), ...rest];
  }

  function codesOf({ findings }: ExplainedRanking): string[] {
    return findings.map(({ code }) => code);
  }

  /** One node for each price, in tenths of the ceiling; ranked by the gateway's code. */
  async function setup(
    prices: readonly bigint[],
  ): Promise<{ response: QuotesResponse; nodes: Map<bigint, RankedNode> }> {
    const nodes = new Map<bigint, RankedNode>();
    const bids = await Promise.all(
      prices.map(async (price, index) => {
        const nodeId = BigInt(index + 1);
        const account = privateKeyToAccount(testKey(index + 1));
        const facts = nodeFacts({ nodeId, operator: account.address });
        const { operator, cpuTier, gpuTier, total, used } = facts;
        nodes.set(nodeId, { operator, cpuTier, gpuTier, total, used });
        const quote = sampleQuote(composed, hash(index + 1), {
          nodeId,
          nonce: nodeId,
          resources: packResources(wanted),
          ratePerSecond: (ceilingPerSecond * price) / 10n,
        });
        const signature = await account.signTypedData(quoteTypedData(domain, quote));
        const signed: SignedQuote = { quote, signature };
        return { signed, node: nodeView({ facts }), wanted };
      }),
    );
    const quotes = rankBids(bids, order);
    return { response: { quotes, refusals: [], order }, nodes };
  }
});
