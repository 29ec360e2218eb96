import { hashOpenPart, packResources, resourcesOf, unpackResources } from "@fizz/protocol/manifest";
import { type PriceList } from "@fizz/protocol/messages";
import { reason } from "@fizz/protocol/scores";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { recoverQuoteSigner } from "@fizz/protocol/typed-data";
import { amount } from "@fizz/protocol/units";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { QuoteCounts } from "../../../node-agent/src/domain/quote-counts.ts";
import { NONE_REVOKED } from "../../../node-agent/src/domain/revoked-grants.ts";
import { QuoteDesk, type QuoteDeskInit } from "../../../node-agent/src/leases/quote-desk.ts";
import { type PriceAnswer, type Pricing, type QuoteGate } from "../../../node-agent/src/owner-ports.ts";
import { ListPricing } from "../../../node-agent/src/pricing/list-pricing.ts";
import { codeOf } from "../../support/code-of.ts";
import { machine } from "../../support/machine.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { hashOf, leaseRecord, TENANT } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { DOMAIN } from "../support/tenant.ts";

const KEY = hashOf("operator");
const LEASE = hashOf("lease");
const PRICES: PriceList = {
  token: zeroAddress,
  cpuPerHour: 10n ** 12n,
  memoryGiBPerHour: 0n,
  storageGiBPerHour: 0n,
  gpuPerHour: {},
};

describe("QuoteDesk", () => {
  const order = sampleOrder();
  const request = {
    openPart: { ...order.openPart },
    openSalt: order.openSalt,
    tenant: TENANT,
    token: zeroAddress,
  } as const;

  it("signs a bid for exactly the order, with the cuts of the chain and a fresh sealing key", async () => {
    const { desk, store, clock } = setup();
    const signed = await desk.quote(request);
    const { quote } = signed;
    expect(await recoverQuoteSigner(DOMAIN, signed)).to.equal(privateKeyToAddress(KEY));
    expect(quote).to.deep.include({
      nodeId: 7n,
      subnetId: 1,
      tenant: TENANT,
      token: zeroAddress,
      openPartHash: hashOpenPart(order.openPart, order.openSalt),
      resources: packResources(resourcesOf(order.openPart)),
      ratePerSecond: (5n * 10n ** 11n * 10n ** 12n) / 3_600n,
      startWindowSeconds: 300,
      noticeSeconds: 3_600,
      reservationSeconds: 60,
      subnetCutBps: 500,
      protocolCutBps: 200,
      expiresAt: clock.now() / 1_000 + 60,
    });
    expect(store.findQuoteKey(quote.nonce)).to.not.equal(undefined);
    const again = (await desk.quote(request)).quote;
    expect(again.sealingKey).to.not.equal(quote.sealingKey);
    expect(again.nonce).to.not.equal(quote.nonce);
  });

  it("refuses when it does not fit now, and counts what a lease under update holds as free", async () => {
    const { desk, chain, store } = setup();
    const wanted = packResources(resourcesOf(order.openPart));
    chain.node_ = { ...NODE, used: NODE.resources };
    expect(await codeOf(desk.quote(request))).to.equal("NODE_FULL");
    chain.put(leaseRecord({ resources: wanted }));
    await store.save({ ...lease(), leaseHash: LEASE });
    expect((await desk.quote({ ...request, leaseHash: LEASE })).quote.resources).to.equal(wanted);
    expect(await codeOf(desk.quote({ ...request, leaseHash: hashOf("other") }))).to.equal("LEASE_NOT_FOUND");
  });

  it("refuses when the node drains, when the order is not an order, and without a gateway", async () => {
    const { desk, chain } = setup();
    expect(await codeOf(desk.quote({ ...request, openPart: { version: "1.0" } }))).to.equal("INPUT_INVALID");
    chain.node_ = { ...NODE, status: "draining" };
    expect(await codeOf(desk.quote(request))).to.equal("NODE_REFUSED");
    const { desk: alone } = setup({ hasGateway: false });
    expect(await codeOf(alone.quote(request))).to.equal("GATEWAY_UNREACHABLE");
  });

  it("asks the pricing of what fits only, and holds its answer against the order's ceiling", async () => {
    const asked: unknown[] = [];
    let answer: PriceAnswer = { type: "price", perHour: amount(7_200n) };
    const pricing: Pricing = {
      price: async (priced) => {
        asked.push(priced.wanted);
        return await Promise.resolve(answer);
      },
      report: () => undefined,
    };
    const { desk, chain, counts, clock } = setup({ pricing });
    expect((await desk.quote(request)).quote.ratePerSecond).to.equal(2n * 10n ** 12n);
    answer = { type: "price", perHour: amount(10n ** 30n) };
    expect(await codeOf(desk.quote(request))).to.equal("NODE_REFUSED");
    answer = {
      type: "declined",
      reason: reason("price.declined", "the owner's pricing declines: not today"),
    };
    expect(await codeOf(desk.quote(request))).to.equal("NODE_REFUSED");
    expect(asked).to.have.length(3);
    chain.node_ = { ...NODE, used: NODE.resources };
    expect(await codeOf(desk.quote(request))).to.equal("NODE_FULL");
    expect(asked).to.have.length(3);
    const codes = counts.report(clock.now()).refusals.map(({ code }) => code);
    expect(codes).to.include.members(["price.above_ceiling", "price.declined", "capacity.cpu"]);
  });

  it("takes no order that a gate is against, tells so in its offer, and counts why", async () => {
    const closed = (order: { isUpdate: boolean }) =>
      order.isUpdate ? undefined : reason("node.paused", "the node is about to stop");
    const { desk, counts, clock, chain } = setup({ gate: closed });
    expect((await desk.offer()).acceptsOrders).to.equal(false);
    expect(await codeOf(desk.quote(request))).to.equal("NODE_REFUSED");
    chain.node_ = { ...NODE, used: NODE.resources };
    expect(await codeOf(desk.quote(request))).to.equal("NODE_REFUSED");
    chain.isDown = true;
    expect(await codeOf(desk.quote(request))).to.equal("CHAIN_UNREACHABLE");
    const { orders, quoted, refusals } = counts.report(clock.now());
    expect({ orders, quoted }).to.deep.equal({ orders: 3, quoted: 0 });
    expect(refusals.map(({ code, count }) => [code, count])).to.deep.equal([
      ["node.paused", 2],
      ["CHAIN_UNREACHABLE", 1],
      ["capacity.cpu", 1],
      ["capacity.memory", 1],
      ["capacity.storage", 1],
    ]);
    expect(refusals.find(({ code }) => code === "capacity.cpu")).to.deep.include({
      has: "0",
      unit: "milliCpu",
    });
  });

  it("offers what the chain leaves free", async () => {
    const { desk, chain } = setup();
    chain.node_ = { ...NODE, used: 500n | (96n << 32n) };
    expect(await desk.offer()).to.deep.include({
      disk: "quota",
      total: NODE.resources,
      free: 1_500n | (4_000n << 32n) | (20n << 64n),
      acceptsOrders: true,
      busy: { from: 1, to: 2, reclaims: true },
      maxLeases: 5,
    });
  });

  function lease() {
    return {
      lid: 1n,
      tenant: TENANT,
      manifests: [],
      doors: null,
      restarts: {},
      images: {},
      missingSince: null,
      revoked: NONE_REVOKED,
      removedAt: null,
    } as const;
  }

  it("offers and quotes within the owner's share of what is registered", async () => {
    const { desk, counts, clock } = setup({ cap: (registered) => ({ ...registered, milliCpu: 400 }) });
    const { free, total } = await desk.offer();
    expect(unpackResources(free)).to.deep.equal({ ...unpackResources(total), milliCpu: 400 });
    expect(await codeOf(desk.quote(request))).to.equal("NODE_FULL");
    expect(counts.report(clock.now()).refusals.map(({ code }) => code)).to.deep.equal(["capacity.cpu"]);
    const roomy = setup({ cap: (registered) => ({ ...registered, milliCpu: 500 }) });
    expect(await codeOf(roomy.desk.quote(request))).to.equal("(no error)");
  });

  function setup({
    hasGateway = true,
    gate,
    pricing,
    cap,
  }: Partial<{ hasGateway: boolean; gate: QuoteGate; pricing: Pricing; cap: QuoteDeskInit["cap"] }> = {}) {
    const chain = new FakeChain();
    const store = new MemoryStore();
    const clock = new FakeClock();
    const counts = new QuoteCounts(clock.now());
    const desk = new QuoteDesk(
      {
        chain,
        store,
        signer: new OperatorSigner(KEY, chain),
        clock,
        subnetId: () => (hasGateway ? 1 : undefined),
        leases: () => 0,
        makeSealingKey: generateSealingKeyPair,
        gates: [(order) => gate?.(order)],
        counter: counts,
        busy: () => ({ from: 1, to: 2, reclaims: true }),
        pricing: pricing ?? new ListPricing(PRICES),
      },
      {
        prices: PRICES,
        tokenDecimals: 18,
        machine: machine(),
        maxLeases: 5,
        startWindowSeconds: 300,
        noticeSeconds: 3_600,
        diskMethod: "quota",
        cap,
      },
    );
    return { chain, store, clock, desk, counts };
  }
});
