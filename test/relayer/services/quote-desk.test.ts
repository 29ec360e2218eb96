import { ProtocolError } from "@fizz/protocol/errors";
import { packResources, priceCeilingPerSecond } from "@fizz/protocol/manifest";
import { type QuoteRequest, type QuotesRequest } from "@fizz/protocol/messages";
import { fizzDomain, type Quote, quoteTypedData, type SignedQuote } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { resourcesOn } from "../../../relayer/src/domain/screening.ts";
import { NodeDirectory } from "../../../relayer/src/services/node-directory.ts";
import { type RoundLimits } from "../../../relayer/src/services/quote-round.ts";
import { QuoteDesk } from "../../../relayer/src/services/quote-desk.ts";
import { codeOf } from "../../support/code-of.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import {
  CONTRACTS,
  hash,
  MARKET,
  memoryLogger,
  nodeFacts,
  nodeView,
  offer,
  testKey,
} from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { UNROUTED } from "../support/unrouted.ts";

const TENANT = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const order = sampleOrder();
const ceiling = priceCeilingPerSecond(order.openPart);

describe("QuoteDesk", () => {
  it("asks every eligible node at once and ranks their bids", async () => {
    const { desk, asked } = await setup(3, (nodeId) =>
      bid(nodeId, { ratePerSecond: (ceiling * nodeId) / 10n }),
    );
    const answer = await desk.quotes(request(), soon());
    expect(answer.quotes.map(({ signed }) => signed.quote.nodeId)).to.deep.equal([1n, 2n, 3n]);
    expect(answer.refusals).to.deep.equal([]);
    expect(asked).to.have.length(3);
  });

  it("asks one node alone when it is named", async () => {
    const { desk, asked } = await setup(3, (nodeId) => bid(nodeId));
    const answer = await desk.quotes(request({ nodeId: 2n }), soon());
    expect(answer.quotes.map(({ signed }) => signed.quote.nodeId)).to.deep.equal([2n]);
    expect(asked).to.deep.equal([2n]);
    expect(await codeOf(desk.quotes(request({ nodeId: 9n }), soon()))).to.equal("NODE_UNKNOWN");
  });

  it("does not wait for a node that stays silent", async () => {
    const { desk } = await setup(2, (nodeId, signal) =>
      nodeId === 1n
        ? bid(nodeId)
        : new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              reject(new ProtocolError("TIMEOUT", "silent"));
            });
          }),
    );
    const answer = await desk.quotes(request(), soon());
    expect(answer.quotes).to.have.length(1);
    expect(answer.refusals).to.containSubset([{ nodeId: 2n, code: "node.no_answer" }]);
  });

  it("passes a node's own reasons on, and makes one of a reason without figures", async () => {
    const told = { code: "order.duration", message: "too long" };
    const reasons = [
      { ...told, needs: "9", has: "5", unit: "second" },
      { code: "capacity.cpu", message: "needs 2 CPU" },
    ];
    const { desk } = await setup(2, (nodeId) => {
      const details = { reason: told.code, ...(nodeId === 1n ? { reasons } : { reasons: "many" }) };
      return Promise.reject(new ProtocolError("NODE_REFUSED", told.message, { details }));
    });
    const answer = await desk.quotes(request(), soon());
    expect(answer.refusals).to.deep.equal([
      { nodeId: 1n, ...told, reasons },
      { nodeId: 2n, ...told, reasons: [told] },
    ]);
  });

  it("tells every reason for which a node was not asked, and the figures of a price", async () => {
    const { desk, asked } = await setup(1, (nodeId) => bid(nodeId, { ratePerSecond: ceiling * 2n }));
    const tooMuch = {
      ...order.openPart,
      tiers: [1],
      placement: { ...order.openPart.placement, regions: ["us-east"] },
    };
    const refused = await desk.quotes(request({ openPart: tooMuch }), soon());
    expect(refused.refusals).to.containSubset([
      {
        nodeId: 1n,
        code: "placement.region",
        message: "Needs the region us-east, is in eu-west; needs the trust tier 1, has 7.",
        reasons: [{ code: "placement.region" }, { code: "placement.tier", needs: "1", has: "7" }],
      },
    ]);
    expect(asked).to.deep.equal([]);
    const dear = await desk.quotes(request(), soon());
    expect(dear.refusals[0]?.message).to.match(/^Asks 0\.\d+ an hour, the order pays 0\.\d+\.$/);
    expect(dear.refusals[0]?.reasons).to.containSubset([
      { code: "price.above_ceiling", needs: `${ceiling}`, has: `${ceiling * 2n}`, unit: "rate" },
    ]);
  });

  it("does not show bids that are wrong, forged or too dear", async () => {
    const wrong: readonly (readonly [string, Partial<Quote>, number?])[] = [
      ["node.bad_answer", { openPartHash: hash(9) }],
      ["node.bad_answer", { subnetCutBps: 1 }],
      ["node.bad_answer", {}, 99],
      ["price.above_ceiling", { ratePerSecond: 2n ** 90n }],
    ];
    for (const [code, changes, signer] of wrong) {
      const { desk } = await setup(1, (nodeId) => bid(nodeId, changes, signer));
      const answer = await desk.quotes(request(), soon());
      expect(answer.quotes).to.deep.equal([]);
      expect(answer.refusals[0]?.code).to.equal(code);
    }
  });

  it("asks those first of whom the best score is expected, and publishes what the ranking stands on", async () => {
    const { desk, asked, nodes } = await setup(3, (nodeId) => bid(nodeId), { askedAtOnce: 1, enoughBids: 1 });
    const prices = { ...offer().prices, cpuPerHour: 10n ** 15n };
    for (const nodeId of [1n, 2n]) nodes.update(nodeId, { offer: offer({ prices }), latencyMs: 1 });
    nodes.update(3n, { offer: offer(), latencyMs: 400 });
    const { quotes, ...rest } = await desk.quotes(request(), soon());
    expect(asked).to.deep.equal([3n]);
    expect(rest.round).to.deep.equal({ eligible: 3, asked: 1 });
    expect(rest.order).to.deep.equal({
      openPartHash: order.openPartHash,
      ceilingPerSecond: ceiling,
    });
    const { total } = nodeFacts();
    expect(quotes[0]?.inputs).to.deep.equal({
      chain: { total, used: 0n, tier: 3 },
      gateway: { free: total, uptimeBps: null, latencyMs: 400 },
    });
  });

  it("makes one order, for one node, of several services and replicas, and says what one node lacks for all", async () => {
    const [web] = order.openPart.services;
    if (web === undefined) throw new Error("the example has a service");
    const large = { ...web, resources: { ...web.resources, milliCpu: 3_000 } };
    // 2 × 3 CPU and 1 × 3 CPU: each fits into the 8 CPU of a node, all together do not.
    const services = [
      { ...large, name: "api", count: 2, expose: [] },
      { ...large, name: "web", count: 1 },
    ];
    const { desk, asked } = await setup(1, (nodeId) => bid(nodeId));
    const openPart = { ...order.openPart, services };
    const { refusals } = await desk.quotes(request({ openPart }), soon());
    expect(asked).to.deep.equal([]);
    expect(refusals[0]?.message).to.equal("Needs 9 CPU, has 8 CPU free.");
    const one = { ...openPart, services: services.map((service) => ({ ...service, count: 1 })) };
    await desk.quotes(request({ openPart: one }), soon());
    expect(asked).to.deep.equal([1n]);
  });

  it("refuses an open part that breaks the rules, before any node is asked", async () => {
    const { desk, asked } = await setup(1, (nodeId) => bid(nodeId));
    expect(await codeOf(desk.quotes(request({ openPart: {} }), soon()))).to.equal("INPUT_INVALID");
    const [service] = order.openPart.services;
    const openPart = {
      ...order.openPart,
      services: [{ ...service, resources: { ...service?.resources, milliCpu: 900_000 } }],
    };
    expect(await codeOf(desk.quotes(request({ openPart }), soon()))).to.equal("MANIFEST_INVALID");
    expect(asked).to.deep.equal([]);
  });

  async function setup(
    count: number,
    answer: (nodeId: bigint, signal: AbortSignal) => Promise<SignedQuote>,
    limits: Partial<RoundLimits> = {},
  ) {
    const logger = memoryLogger();
    const chain = new FakeChain();
    const nodes = new NodeDirectory(
      { chain, clock: Date.now, logger, hasLeases: () => false },
      { contracts: CONTRACTS, maxNodes: 10_000 },
    );
    for (let n = 1; n <= count; n += 1) {
      const operator = privateKeyToAccount(testKey(n)).address;
      chain.addNode(nodeFacts({ nodeId: BigInt(n), operator }));
      const words = { peerId: `p${n}`, agentVersion: "1", chainId: 31_337, market: MARKET, offer: offer() };
      await nodes.admit({ ...words, nodeId: BigInt(n), operator });
      nodes.online(BigInt(n));
    }
    const asked: bigint[] = [];
    const calls = {
      quote: (nodeId: bigint, _: QuoteRequest, signal: AbortSignal) => {
        asked.push(nodeId);
        return answer(nodeId, signal);
      },
    };
    const desk = new QuoteDesk(
      { chain, nodes, calls, clock: Date.now, logger, freeDoors: () => 100, router: UNROUTED },
      { market: MARKET, operator: MARKET, limits: { patienceMs: 20, roundMs: 100, ...limits } },
    );
    return { desk, asked, nodes };
  }

  async function bid(
    nodeId: bigint,
    changes: Partial<Quote> = {},
    signer = Number(nodeId),
  ): Promise<SignedQuote> {
    const resources = packResources(resourcesOn(order.openPart, nodeView()));
    const quote = sampleQuote(order, hash(1), {
      nodeId,
      resources,
      ratePerSecond: 1n,
      nonce: nodeId,
      ...changes,
    });
    const account = privateKeyToAccount(testKey(signer));
    return {
      quote,
      signature: await account.signTypedData(quoteTypedData(fizzDomain(31_337, MARKET), quote)),
    };
  }

  function request(changes: Partial<QuotesRequest> = {}): QuotesRequest {
    const { openPart, openSalt } = order;
    return { openPart, openSalt, tenant: TENANT, token: zeroAddress, ...changes };
  }

  function soon(): AbortSignal {
    return AbortSignal.timeout(5_000);
  }
});
