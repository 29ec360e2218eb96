import { packResources, resourcesOf } from "@fizz/protocol/manifest";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { sealOrder } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { recoverReceiptSigner } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { ManifestDesk } from "../../../node-agent/src/leases/manifest-desk.ts";
import { codeOf } from "../../support/code-of.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hashOf, leaseRecord, TENANT } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-store.ts";
import { silentLog } from "../support/silent-log.ts";
import { DOMAIN } from "../support/tenant.ts";

const KEY = hashOf("operator");
const LEASE = hashOf("lease");
const never = new AbortController().signal;

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
