import { expect } from "chai";
import { network } from "hardhat";
import {
  addressOf,
  deployHoldingMarket,
  deployMarket,
  HOLDBACK,
  NATIVE,
  REASON,
  resources,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

/** One wei a second. */
const SLOW = { ratePerSecond: 10n ** 12n };

describe("LeaseMarket: the last unit", () => {
  it("that was not used goes back to the tenant", async () => {
    const { market, tenant, startLease, at } = await setup();
    const { lid, startedAt } = await startLease({ quote: SLOW, prepaidSeconds: 1_000 });
    const free = await market.read.accountOf([addressOf(tenant), NATIVE]);
    await at(startedAt + 999);
    const closed = market.write.close([lid, REASON.tenant], { account: tenant.account });
    await assertions.emitWithArgs(closed, market, "LeaseClosed", [
      lid,
      1n,
      addressOf(tenant),
      REASON.tenant,
      1n,
    ]);
    expect((await market.read.accountOf([addressOf(tenant), NATIVE])) - free).to.equal(1n);
  });

  it("of a reservation is paid", async () => {
    const { market, tenant, openLease } = await setup();
    const lid = await openLease({ quote: { ...SLOW, reservationSeconds: 1 } });
    const closed = market.write.close([lid, REASON.tenant], { account: tenant.account });
    await assertions.emitWithArgs(closed, market, "LeaseSettled", [lid, 1n, 1n, 0n, 0n]);
    expect(await market.read.earningsOf([1n, 1, NATIVE])).to.deep.equal([1n, 1n, 0n]);
  });

  it("of a reservation is not paid before it is reached", async () => {
    const { market, tenant, openLease } = await setup();
    const lid = await openLease({ quote: { ratePerSecond: 10n ** 12n - 1n, reservationSeconds: 120 } });
    const closed = market.write.close([lid, REASON.tenant], { account: tenant.account });
    await assertions.emitWithArgs(closed, market, "LeaseSettled", [lid, 119n, 102n, 11n, 6n]);
  });

  it("is not reached, and a second of one point counts all the same", async () => {
    const { market, startLease, at } = await setup();
    const quote = { ratePerSecond: 1n, resources: resources({ milliCpu: 40, memoryMiB: 1 }) };
    const { lid, startedAt } = await startLease({ quote, prepaidSeconds: 1_000 });
    await at(startedAt + 1);
    await market.write.settle([lid]);
    expect(await market.read.earningsOf([1n, 1, NATIVE])).to.deep.equal([0n, 0n, 1n]);
    expect((await market.read.leaseOf([lid])).balance).to.equal(1n);
  });

  it("that is held back is shown, and released when its time is over", async () => {
    const { market, tenant, startLease, at } = await networkHelpers.loadFixture(deployHoldingMarket);
    const { lid, startedAt } = await startLease({ quote: SLOW, prepaidSeconds: 1_000 });
    await at(startedAt + 1);
    await market.write.close([lid, REASON.tenant], { account: tenant.account });
    expect(await market.read.heldOf([lid])).to.deep.equal([1, 1n]);
    const releasedAt = startedAt + 1 + HOLDBACK;
    expect((await market.read.leaseOf([lid])).deadline).to.equal(releasedAt);
    await at(releasedAt);
    await assertions.emitWithArgs(market.write.settle([lid]), market, "LeaseSettled", [lid, 1n, 1n, 0n, 0n]);
    expect(await market.read.heldOf([lid])).to.deep.equal([0, 0n]);
  });

  it("and the last second: one second of downtime is credited, and told", async () => {
    const { market, operator, startLease, at } = await networkHelpers.loadFixture(deployHoldingMarket);
    const { lid, startedAt } = await startLease({ quote: SLOW, prepaidSeconds: 1_000 });
    await at(startedAt + 10);
    const credited = market.write.creditDowntime([lid, 1], { account: operator.account });
    await assertions.emitWithArgs(credited, market, "DowntimeCredited", [lid, 1n, 1, 0n]);
    expect(await market.read.downtimeOf([lid])).to.equal(1);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployMarket);
  }
});
