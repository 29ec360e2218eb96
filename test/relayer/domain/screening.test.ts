import { type OpenPart, packResources } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { faultOfQuote } from "../../../relayer/src/domain/quote-check.ts";
import { rankBids } from "../../../relayer/src/domain/ranking.ts";
import { resourcesOn, type ScreenedOrder, screenOf } from "../../../relayer/src/domain/screening.ts";
import { type NodeFacts, type NodeView } from "../../../relayer/src/ports.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hash, MARKET, nodeFacts, nodeView, offer } from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { UNROUTED } from "../support/unrouted.ts";

const gateway = { ...new FakeChain().gateway, operator: MARKET };
const composed = sampleOrder();
const NONE = { milliCpu: 0, memoryMiB: 0, storageGiB: 0, gpuUnits: 0, gpuModel: 0 };

describe("screenOf", () => {
  it("lets a node through that fits", () => {
    expect(codesOf({})).to.deep.equal([]);
  });

  const facts: readonly (readonly [string, Partial<NodeFacts>])[] = [
    ["node.inactive", { status: "draining" }],
    ["node.inactive", { joined: false }],
    ["node.inactive", { acceptedCutBps: 499 }],
    ["placement.mode", { mode: "provider" }],
    ["capacity.cpu", { used: packResources({ ...NONE, milliCpu: 7_999 }) }],
    ["capacity.memory", { used: packResources({ ...NONE, memoryMiB: 16_384 }) }],
    ["capacity.storage", { used: packResources({ ...NONE, storageGiB: 100 }) }],
  ];
  for (const [code, changes] of facts)
    it(`refuses with ${code} for ${JSON.stringify(changes, (_, v: unknown) => (typeof v === "bigint" ? `${v}` : v))}`, () => {
      expect(codesOf({ facts: nodeFacts(changes) })).to.deep.equal([code]);
    });

  it("refuses a node that is away, paused, out of leases or paid otherwise", () => {
    expect(codesOf({ online: false })).to.deep.equal(["node.offline"]);
    expect(codesOf({ offer: offer({ acceptsOrders: false }) })).to.deep.equal(["node.paused"]);
    expect(codesOf({ offer: offer({ leases: 10 }) })).to.deep.equal(["node.leases"]);
    const prices = { ...offer().prices, token: MARKET };
    expect(codesOf({ offer: offer({ prices }) })).to.deep.equal(["price.token"]);
  });

  it("names every shortage with its figures, not the first alone", () => {
    const free = packResources({ ...NONE, milliCpu: 100, memoryMiB: 1_024 });
    const wanted = { milliCpu: 1_500, memoryBytes: `${2n * 1_024n ** 3n}` };
    expect(reasonsOf({ offer: offer({ free, leases: 10 }) }, resources(wanted))).to.deep.equal([
      {
        code: "capacity.cpu",
        message: "needs 1.5 CPU, has 0.1 CPU free",
        ...{ needs: "1500", has: "100", unit: "milliCpu" },
      },
      {
        code: "capacity.memory",
        message: "needs 2 GiB of memory, has 1 GiB free",
        ...{ needs: "2048", has: "1024", unit: "MiB" },
      },
      {
        code: "capacity.storage",
        message: "needs 1 GiB of storage, has 0 GiB free",
        ...{ needs: "1", has: "0", unit: "GiB" },
      },
      {
        code: "node.leases",
        message: "serves 10 leases, its limit is 10",
        ...{ needs: "11", has: "10", unit: "lease" },
      },
    ]);
  });

  it("refuses every node when the gateway has too few doors, except for an update", () => {
    expect(screenOf(order({ freeDoors: 0 }), gateway)(nodeView())).to.deep.equal([
      {
        code: "gateway.ports",
        message: "needs 1 public ports, the gateway has 0 free",
        ...{ needs: "1", has: "0", unit: "port" },
      },
    ]);
    expect(screenOf(order({ freeDoors: 0, isUpdate: true }), gateway)(nodeView())).to.deep.equal([]);
  });

  it("does not count an update's own resources against the node", () => {
    const full = nodeView({ offer: offer({ free: 0n, leases: 10 }) });
    expect(screenOf(order({ isUpdate: true }), gateway)(full)).to.deep.equal([]);
  });

  function reasonsOf(view: Partial<NodeView>, openPart: OpenPart = composed.openPart) {
    return screenOf(order({ openPart }), gateway)(nodeView(view));
  }

  function codesOf(view: Partial<NodeView>, openPart?: OpenPart): string[] {
    return reasonsOf(view, openPart).map(({ code }) => code);
  }

  function resources(changes: Partial<OpenPart["services"][number]["resources"]>): OpenPart {
    const services = composed.openPart.services.map((service) => ({
      ...service,
      resources: { ...service.resources, ...changes },
    }));
    return { ...composed.openPart, services };
  }

  function order(changes: Partial<ScreenedOrder> = {}): ScreenedOrder {
    return {
      openPart: composed.openPart,
      token: zeroAddress,
      isUpdate: false,
      freeDoors: 10,
      router: UNROUTED,
      ...changes,
    };
  }
});

describe("faultOfQuote", () => {
  const wanted = packResources(resourcesOn(composed.openPart, nodeView()));
  const good = sampleQuote(composed, hash(1), { resources: wanted });
  const expected = {
    nodeId: 1n,
    gateway,
    tenant: MARKET,
    token: zeroAddress,
    openPartHash: composed.openPartHash,
    resources: wanted,
    now: 1_700_000_000,
  };

  it("takes what was asked", () => {
    expect(faultOfQuote(good, expected)).to.equal(undefined);
    expect(faultOfQuote({ ...good, tenant: MARKET }, expected)).to.equal(undefined);
  });

  const changes = {
    nodeId: 2n,
    subnetId: 2,
    openPartHash: hash(9),
    resources: wanted + 1n,
    tenant: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    token: MARKET,
    subnetCutBps: 1,
    protocolCutBps: 1,
    minSeconds: 86_401,
    expiresAt: 1_700_000_001,
    sealingKey: hash(0),
    startWindowSeconds: 86_401,
    noticeSeconds: 2_592_001,
    reservationSeconds: 601,
  } as const;
  for (const [field, value] of Object.entries(changes))
    it(`names the fault of a wrong ${field}`, () => {
      expect(faultOfQuote({ ...good, [field]: value }, expected)).to.be.a("string");
    });
});

describe("rankBids", () => {
  it("puts the cheaper of two equal nodes first and explains each part", () => {
    const wanted = resourcesOn(composed.openPart, nodeView());
    const bids = [2n, 1n].map((price) => ({
      signed: {
        quote: sampleQuote(composed, hash(1), { ratePerSecond: price, nonce: price }),
        signature: hash(1),
      },
      node: nodeView(),
      wanted,
    }));
    const ranked = rankBids(bids, { openPartHash: composed.openPartHash, ceilingPerSecond: 10n });
    expect(ranked.map(({ signed }) => signed.quote.ratePerSecond)).to.deep.equal([1n, 2n]);
    for (const { score, parts } of ranked) {
      expect(score).to.equal(parts.reduce((sum, { points }) => sum + points, 0));
      for (const { why } of parts) expect(why).to.be.a("string").and.not.equal("");
    }
  });
});
