import { expect } from "chai";
import { network } from "hardhat";
import { hashTypedData, recoverAddress, zeroAddress } from "viem";
import {
  consentTypedData,
  downtimeTypedData,
  leaseHash,
  quoteHash,
  quoteTypedData,
  receiptTypedData,
} from "@fizz/protocol/typed-data";
import { addressOf, deployMarket, FEE, registration } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();

/** What is signed lives once in protocol/typed-data. The contracts must mean the same bytes. */
describe("typed data of the contracts and of protocol/typed-data", () => {
  for (const contract of ["market", "nodes"] as const) {
    it(`agree on the domain: ${contract}`, async () => {
      const { [contract]: deployed, domains } = await setup();
      const [, name, version, chainId, verifyingContract] = await deployed.read.eip712Domain();
      expect({
        name,
        version,
        chainId: Number(chainId),
        verifyingContract: verifyingContract.toLowerCase(),
      }).to.deep.equal({
        ...domains[contract],
        verifyingContract: domains[contract].verifyingContract.toLowerCase(),
      });
    });
  }

  it("agree on Quote: every field moves the hash in both", async () => {
    const { market, makeQuote, stranger } = await setup();
    const base = await makeQuote({ nonce: 2n ** 255n + 1n });
    const variants = [
      base,
      { ...base, nodeId: 2n },
      { ...base, subnetId: 2 },
      { ...base, tenant: addressOf(stranger) },
      { ...base, token: addressOf(stranger) },
      { ...base, ratePerSecond: 2n ** 96n - 1n },
      { ...base, resources: 2n ** 128n - 1n },
      { ...base, openPartHash: base.sealingKey },
      { ...base, sealingKey: base.openPartHash },
      { ...base, startWindowSeconds: 1 },
      { ...base, noticeSeconds: 1 },
      { ...base, minSeconds: 1 },
      { ...base, maxSeconds: 1 },
      { ...base, reservationSeconds: 1 },
      { ...base, subnetCutBps: 1 },
      { ...base, protocolCutBps: 1 },
      { ...base, expiresAt: 2 ** 40 - 1 },
      { ...base, nonce: 1n },
    ];
    const hashes = new Set<string>();
    for (const quote of variants) {
      const hash = quoteHash(quote);
      expect(await market.read.quoteHashOf([quote])).to.equal(hash);
      hashes.add(hash);
    }
    expect(hashes.size).to.equal(variants.length);
  });

  it("agree on the signed Quote and on the lease hash: the market takes what protocol signs", async () => {
    const { market, tenant, operator, makeQuote, signQuote, terms, domains, chainId } = await setup();
    const quote = await makeQuote();
    const signature = await signQuote(quote);
    const digest = hashTypedData(quoteTypedData(domains.market, quote));
    expect(await recoverAddress({ hash: digest, signature })).to.equal(addressOf(operator));
    await market.write.open([quote, signature, terms(100)], { account: tenant.account });
    const lease = await market.read.leaseOf([1n]);
    const { manifestHash } = lease;
    const { salt } = terms(100);
    expect(lease.leaseHash).to.equal(
      leaseHash({ chainId, market: market.address, tenant: addressOf(tenant), quote, manifestHash, salt }),
    );
  });

  it("agree on ManifestReceipt: the market takes what protocol signs, over exactly these fields", async () => {
    const { market, tenant, operator, openLease, signReceipt, domains } = await setup();
    const lid = await openLease();
    const { leaseHash: hash, manifestHash, deadline } = await market.read.leaseOf([lid]);
    const data = { lid, leaseHash: hash, manifestHash };
    const signature = await signReceipt(lid);
    const digest = hashTypedData(receiptTypedData(domains.market, data));
    expect(await recoverAddress({ hash: digest, signature })).to.equal(addressOf(operator));
    await networkHelpers.time.increaseTo(deadline + 1);
    await market.write.expire([lid, signature], { account: tenant.account });
    expect(await market.read.strikesOf([1n])).to.equal(1);
  });

  it("agree on DowntimeCredit: the market asks for what protocol signs", async () => {
    const { market, operator, stranger, startLease, domains } = await setup();
    const { lid } = await startLease();
    const { leaseHash: hash } = await market.read.leaseOf([lid]);
    const credit = downtimeTypedData(domains.market, { leaseHash: hash, cumulativeSeconds: 1 });
    const signature = await operator.signTypedData({ account: operator.account, ...credit });
    // Nothing is held back in this market, so a signature that holds meets the next refusal.
    await viem.assertions.revertWithCustomError(
      market.write.creditDowntimeWithSignature([lid, 1, signature], { account: stranger.account }),
      market,
      "LeaseMarket_DowntimeNotHeld",
    );
  });

  it("agree on OperatorConsent: the registry takes what protocol signs", async () => {
    const { nodes, nodeOwner, stranger, domains } = await setup();
    const consent = { owner: nodeOwner.account.address, operator: stranger.account.address };
    const signature = await stranger.signTypedData({
      account: stranger.account,
      ...consentTypedData(domains.nodes, consent),
    });
    await nodes.write.register([registration(stranger.account.address), signature], {
      account: nodeOwner.account,
      value: FEE,
    });
    expect(await nodes.read.nodeIdOf([stranger.account.address])).to.equal(2n);
  });

  it("name their contract: a quote for another market is worth nothing here", async () => {
    const { market, tenant, operator, makeQuote, terms, domains } = await setup();
    const quote = await makeQuote();
    const elsewhere = { ...domains.market, verifyingContract: zeroAddress };
    const signature = await operator.signTypedData({
      account: operator.account,
      ...quoteTypedData(elsewhere, quote),
    });
    await viem.assertions.revertWithCustomError(
      market.write.open([quote, signature, terms(100)], { account: tenant.account }),
      market,
      "LeaseMarket_BadQuoteSignature",
    );
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployMarket);
  }
});
