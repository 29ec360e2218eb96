import { hashOpenPart, packResources, resourcesOf } from "@fizz/protocol/manifest";
import { type ManifestDelivery, type PriceList } from "@fizz/protocol/messages";
import { sealOrder } from "@fizz/protocol/orders";
import { reason } from "@fizz/protocol/scores";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { recoverQuoteSigner, recoverReceiptSigner } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex, zeroAddress } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { QuoteCounts } from "../../../node-agent/src/domain/quote-counts.ts";
import { NONE_REVOKED } from "../../../node-agent/src/domain/revoked-grants.ts";
import { ManifestDesk } from "../../../node-agent/src/leases/manifest-desk.ts";
import { QuoteDesk } from "../../../node-agent/src/leases/quote-desk.ts";
import { type QuoteGate } from "../../../node-agent/src/owner-ports.ts";
import { codeOf } from "../../support/code-of.ts";
import { machine } from "../../support/machine.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hashOf, leaseRecord, TENANT } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-store.ts";
import { silentLog } from "../support/silent-log.ts";
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
const never = new AbortController().signal;

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
      total: NODE.resources,
      free: 1_500n | (4_000n << 32n) | (20n << 64n),
      acceptsOrders: true,
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

  function setup({ hasGateway = true, gate }: { hasGateway?: boolean; gate?: QuoteGate } = {}) {
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
      },
      {
        prices: PRICES,
        tokenDecimals: 18,
        machine: machine(),
        maxLeases: 5,
        startWindowSeconds: 300,
        noticeSeconds: 3_600,
      },
    );
    return { chain, store, clock, desk, counts };
  }
});

describe("ManifestDesk", () => {
  it("takes in what the chain says, keeps it, wakes the reconciler and signs a receipt", async () => {
    const { desk, delivery, store, accepted, journal } = await setup();
    const signed = await desk.accept(delivery, never);
    expect(await recoverReceiptSigner(DOMAIN, signed)).to.equal(privateKeyToAddress(KEY));
    expect(signed.receipt).to.deep.equal({ lid: 1n, leaseHash: LEASE, manifestHash: delivery.manifestHash });
    expect(store.find(LEASE)).to.deep.include({ lid: 1n, tenant: TENANT });
    expect(accepted).to.deep.equal([LEASE]);
    expect(journal.codes(LEASE)).to.deep.equal(["manifest.accepted"]);
  });

  it("gives the same receipt for the same delivery, and does nothing else", async () => {
    const { desk, delivery, accepted } = await setup();
    const first = await desk.accept(delivery, never);
    expect(await desk.accept(delivery, never)).to.deep.equal(first);
    expect(accepted).to.have.length(1);
  });

  it("waits for a lease that its chain does not show yet, and gives up after 20 s", async () => {
    const late = await setup({ isOnChain: false });
    const waiting = late.desk.accept(late.delivery, never);
    late.putLease();
    expect((await waiting).receipt.lid).to.equal(1n);
    const absent = await setup({ isOnChain: false });
    const began = absent.clock.now();
    expect(await codeOf(absent.desk.accept(absent.delivery, never))).to.equal("LEASE_NOT_FOUND");
    expect(absent.clock.now() - began).to.be.within(20_000, 21_000);
  });

  it("refuses a lease of another node, with another hash, or closed", async () => {
    const other = await setup({ lease: { nodeId: 8n } });
    expect(await codeOf(other.desk.accept(other.delivery, never))).to.equal("LEASE_NOT_FOUND");
    const squatted = await setup({ lease: { leaseHash: hashOf("squatter") } });
    expect(await codeOf(squatted.desk.accept(squatted.delivery, never))).to.equal("LEASE_NOT_FOUND");
    const closed = await setup({ lease: { state: "closed" } });
    expect(await codeOf(closed.desk.accept(closed.delivery, never))).to.equal("LEASE_WRONG_STATE");
  });

  it("refuses a manifest that is not the one on chain, or that needs other resources than were leased", async () => {
    const other = await setup({ lease: { manifestHash: hashOf("another") } });
    expect(await codeOf(other.desk.accept(other.delivery, never))).to.equal("MANIFEST_MISMATCH");
    const larger = await setup({ lease: { resources: 1n } });
    expect(await codeOf(larger.desk.accept(larger.delivery, never))).to.equal("MANIFEST_MISMATCH");
    const { desk, delivery } = await setup();
    const changed = { ...delivery, openSalt: hashOf("salt") };
    expect(await codeOf(desk.accept(changed, never))).to.equal("MANIFEST_MISMATCH");
  });

  it("refuses what it cannot open, and keeps nothing of it", async () => {
    const { desk, delivery, store } = await setup();
    const broken = { ...delivery, sealed: { ...delivery.sealed, enc: hashOf("enc") } };
    expect(await codeOf(desk.accept(broken, never))).to.equal("UNSEAL_FAILED");
    expect(await codeOf(desk.accept({ ...delivery, quoteNonce: 99n }, never))).to.equal("QUOTE_EXPIRED");
    expect(store.leases()).to.deep.equal([]);
  });

  it("takes the manifest of a pending update, sealed to the key of a quote of its own", async () => {
    const { desk, delivery, chain, seal, store } = await setup();
    await desk.accept(delivery, never);
    const second = await seal(sampleOrder(), 2, 8n);
    const resources = chain.at(1n)?.resources ?? 0n;
    const pending = { version: 2, manifestHash: second.manifestHash, resources, expiresAt: 9_999_999_999 };
    expect(await codeOf(desk.accept(second, never))).to.equal("MANIFEST_MISMATCH");
    chain.put({ ...leaseRecord({ manifestHash: delivery.manifestHash, resources }), pending });
    expect((await desk.accept(second, never)).receipt.manifestHash).to.equal(second.manifestHash);
    expect(store.find(LEASE)?.manifests.map((kept) => kept.delivery.version)).to.deep.equal([1, 2]);
  });

  it("refuses an update that is sealed to the key of the first version: keys rotate", async () => {
    const { desk, delivery, chain, seal } = await setup();
    await desk.accept(delivery, never);
    const second = await seal(sampleOrder(), 2, 7n);
    const resources = chain.at(1n)?.resources ?? 0n;
    const pending = { version: 2, manifestHash: second.manifestHash, resources, expiresAt: 9_999_999_999 };
    chain.put({ ...leaseRecord({ manifestHash: delivery.manifestHash, resources }), pending });
    expect(await codeOf(desk.accept(second, never))).to.equal("QUOTE_EXPIRED");
  });

  async function setup({ isOnChain = true, lease = {} }: { isOnChain?: boolean; lease?: object } = {}) {
    const chain = new FakeChain();
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    const clock = new FakeClock();
    const accepted: Hex[] = [];
    const pair = await generateSealingKeyPair();
    for (const nonce of [7n, 8n])
      await store.saveQuoteKey({ nonce, privateKey: pair.privateKey, keepUntil: clock.now() + 1_000 });
    const seal = async (
      order: ReturnType<typeof sampleOrder>,
      version: number,
      nonce = 7n,
    ): Promise<ManifestDelivery> =>
      await sealOrder({
        order,
        quote: sampleQuote(order, pair.publicKey, { nonce }),
        lid: 1n,
        leaseHash: LEASE,
        version,
      });
    const order = sampleOrder();
    const delivery = await seal(order, 1);
    const resources = packResources(resourcesOf(order.openPart));
    const putLease = (): void => {
      chain.put(leaseRecord({ state: "open", manifestHash: delivery.manifestHash, resources, ...lease }));
    };
    if (isOnChain) putLease();
    const desk = new ManifestDesk({
      chain,
      store,
      journal,
      signer: new OperatorSigner(KEY, chain),
      clock,
      log: silentLog,
      nodeId: NODE.nodeId,
      onAccepted: (leaseHash) => accepted.push(leaseHash),
    });
    return { chain, store, journal, clock, accepted, desk, delivery, putLease, seal };
  }
});
