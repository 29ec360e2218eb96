import { expect } from "chai";
import { network } from "hardhat";
import {
  addressOf,
  deployHoldingMarket,
  deployMarket,
  HOLDBACK,
  NATIVE,
  REASON,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("LeaseMarket: what the meters show", () => {
  it("what a running lease holds is what was earned last", async () => {
    const { market, startLease, sleepUntil } = await setup();
    const { lid, startedAt } = await startLease({ prepaidSeconds: 20_000 });
    await sleepUntil(startedAt + HOLDBACK + 500);
    expect(await market.read.heldOf([lid])).to.deep.equal([HOLDBACK, BigInt(HOLDBACK) * 1_000n]);
  });

  it("what a closed lease holds is shown until the second in which it is released", async () => {
    const { market, tenant, startLease, at, sleepUntil } = await setup();
    const { lid, startedAt } = await startLease();
    await at(startedAt + 100);
    await market.write.close([lid, REASON.tenant], { account: tenant.account });
    await sleepUntil(startedAt + 100 + HOLDBACK - 1);
    expect(await market.read.heldOf([lid])).to.deep.equal([100, 100_000n]);
    await sleepUntil(startedAt + 100 + HOLDBACK);
    expect(await market.read.heldOf([lid])).to.deep.equal([0, 0n]);
  });

  it("a lease that was closed before its start holds nothing", async () => {
    const { market, tenant, openLease } = await setup();
    const lid = await openLease();
    await market.write.close([lid, REASON.tenant], { account: tenant.account });
    expect(await market.read.heldOf([lid])).to.deep.equal([0, 0n]);
  });

  it("a subnet that takes no cut collects the protocol's alone, and that is told", async () => {
    const { market, subnets, gateway, startLease, at } = await networkHelpers.loadFixture(deployMarket);
    await subnets.write.setCut([1, 0], { account: gateway.account });
    const { lid, startedAt } = await startLease({ quote: { subnetCutBps: 0 } });
    await at(startedAt + 100);
    await market.write.settle([lid]);
    await assertions.emitWithArgs(
      market.write.collectSubnet([1, NATIVE]),
      market,
      "SubnetEarningsCollected",
      [1, NATIVE, addressOf(gateway), 0n, 5_000n],
    );
  });

  it("a lease with an update that waits is no missed start, and a missed start no update", async () => {
    const { market, tenant, openLease, startLease, signReceipt, updateOf, at } = await setup();
    const { lid } = await startLease();
    await market.write.requestUpdate([lid, await updateOf(lid)], { account: tenant.account });
    expect(await market.read.isNoShow([lid])).to.equal(false);
    const missed = await openLease();
    const { deadline } = await market.read.leaseOf([missed]);
    const receipt = await signReceipt(missed);
    await at(deadline + 1);
    await market.write.expire([missed, receipt], { account: tenant.account });
    expect(await market.read.isNoShow([missed])).to.equal(true);
    expect(await market.read.pendingUpdateOf([missed])).to.deep.include({ version: 0, expiresAt: 0 });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployHoldingMarket);
    const { openPartHash } = await fixture.makeQuote();
    const { sealedPartHash } = fixture.terms(0);
    return {
      ...fixture,
      sleepUntil: async (time: number) => {
        await networkHelpers.time.increaseTo(time);
      },
      updateOf: async (lid: bigint) => ({
        openPartHash,
        sealedPartHash,
        currentSealedPartHash: sealedPartHash,
        version: (await fixture.market.read.leaseOf([lid])).version + 1,
        expiresAt: (await fixture.now()) + 600,
      }),
    };
  }
});
