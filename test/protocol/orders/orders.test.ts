import { manifestDeliverySchema, fromWire, toWire } from "@fizz/protocol/messages";
import { composeLease, openDelivery } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { expect } from "chai";
import { codeOf } from "../../support/code-of.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";

const tenant = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
const market = "0x5FbDB2315678afecb367f032d93F642f64180aa3";

describe("an order on its way to the node", () => {
  it("arrives whole: parts, salts and hashes", async () => {
    const { order, lease, key } = await setup();
    const delivery = fromWire(manifestDeliverySchema, JSON.parse(toWire(await lease.delivery(3n))));
    const opened = await openDelivery(delivery, key.privateKey);
    expect(opened.openPart).to.deep.equal(order.openPart);
    expect(opened.sealedPart).to.deep.equal(order.sealedPart);
    expect([opened.openPartHash, opened.sealedPartHash]).to.deep.equal([
      order.openPartHash,
      order.sealedPartHash,
    ]);
    expect(delivery.lid).to.equal(3n);
    expect(delivery.leaseHash).to.equal(lease.leaseHash);
  });

  it("shows nobody else the image, the environment or the command", async () => {
    const { order, lease } = await setup();
    const text = toWire(await lease.delivery(3n));
    for (const service of order.sealedPart.services) {
      expect(text).not.to.contain(service.image);
      for (const entry of service.env) expect(text).not.to.contain(entry);
    }
  });

  it("fails with MANIFEST_MISMATCH when the open part was swapped", async () => {
    const { lease, key } = await setup();
    const delivery = await lease.delivery(3n);
    const swapped = { ...delivery, openPart: { ...delivery.openPart, durationSeconds: 7_777 } };
    expect(await codeOf(openDelivery(swapped, key.privateKey))).to.equal("MANIFEST_MISMATCH");
  });

  it("fails with UNSEAL_FAILED under the key of another quote", async () => {
    const { lease } = await setup();
    const other = await generateSealingKeyPair();
    expect(await codeOf(openDelivery(await lease.delivery(3n), other.privateKey))).to.equal("UNSEAL_FAILED");
  });

  it("has another lease hash for another tenant, quote, chain or salt", async () => {
    const { order, signed, lease } = await setup();
    const base = {
      order,
      signed,
      tenant,
      chainId: 31_337,
      market,
      prepaidSeconds: 3_600,
      salt: lease.terms.salt,
    } as const;
    const other = { quote: { ...signed.quote, nonce: 8n }, signature: signed.signature };
    const hashes = [
      composeLease({ ...base, tenant: market }),
      composeLease({ ...base, chainId: 1 }),
      composeLease({ ...base, signed: other }),
      composeLease({ ...base, salt: `0x${"11".repeat(32)}` }),
    ].map((composed) => composed.leaseHash);
    expect(new Set([lease.leaseHash, ...hashes]).size).to.equal(5);
    expect(composeLease(base).leaseHash).to.equal(lease.leaseHash);
  });

  it("locks the rate times the prepaid time, rounded up", async () => {
    const { lease } = await setup();
    expect(lease.locked).to.equal((10n ** 20n * 3_600n) / 10n ** 12n);
  });

  async function setup() {
    const order = sampleOrder();
    const key = await generateSealingKeyPair();
    const signed = { quote: sampleQuote(order, key.publicKey), signature: `0x${"00".repeat(65)}` } as const;
    const lease = composeLease({ order, signed, tenant, chainId: 31_337, market, prepaidSeconds: 3_600 });
    return { order, key, signed, lease };
  }
});
