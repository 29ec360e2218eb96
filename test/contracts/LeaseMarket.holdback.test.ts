import { expect } from "chai";
import { network } from "hardhat";
import { zeroAddress } from "viem";
import {
  addressOf,
  changesOf,
  deployHoldingMarket,
  HOLDBACK,
  LEASE_RESOURCES,
  NATIVE,
  only,
  OPEN_PART,
  PROTOCOL_CUT_BPS,
  RATE,
  REASON,
  SEALED_PART,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATE = { active: 2, reclaiming: 3, closed: 4 };
const PREPAID = 20_000;
const LOCKED = 20_000_000n;
const MAX_HOLDBACK = 7 * 86_400;

describe("LeaseMarket: the holdback", () => {
  describe("while the lease runs", () => {
    it("releases nothing before the time is over", async () => {
      const { market, stranger, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + HOLDBACK);
      await market.write.settle([lid], { account: stranger.account });
      expect(changesOf(before, await ledger())).to.deep.equal(only({}));
      expect(await market.read.heldOf([lid])).to.deep.equal([HOLDBACK, BigInt(HOLDBACK) * 1_000n]);
    });

    it("releases what was earned until that long ago", async () => {
      const { market, stranger, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + HOLDBACK + 100);
      await assertions.emitWithArgs(
        market.write.settle([lid], { account: stranger.account }),
        market,
        "LeaseSettled",
        [lid, 100_000n, 85_000n, 10_000n, 5_000n],
      );
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ locked: -100_000n, node: 85_000n, subnet: 10_000n, treasury: 5_000n }),
      );
      const lease = await market.read.leaseOf([lid]);
      expect([lease.settledAt, lease.balance]).to.deep.equal([startedAt + 100, LOCKED - 100_000n]);
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID));
      expect(await market.read.heldOf([lid])).to.deep.equal([HOLDBACK, BigInt(HOLDBACK) * 1_000n]);
    });

    it("counts nothing beyond paidUntil, however late", async () => {
      const { market, stranger, lid, startedAt, at, ledger } = await setup();
      await at(startedAt + PREPAID + 100 * HOLDBACK);
      await market.write.settle([lid], { account: stranger.account });
      expect((await ledger()).locked).to.equal(0n);
      const [, , pointSeconds] = await market.read.earningsOf([1n, 1, NATIVE]);
      // 2 threads of tier 3: 50 % of 5 points each, in tenths
      expect(pointSeconds).to.equal(50n * BigInt(PREPAID));
      expect((await market.read.leaseOf([lid])).settledAt).to.equal(startedAt + PREPAID);
    });

    it("settles in full when an update is confirmed: a lease has one price", async () => {
      const { market, tenant, operator, lid, startedAt, at, ledger } = await setup();
      const update = {
        openPartHash: OPEN_PART,
        sealedPartHash: SEALED_PART,
        currentSealedPartHash: SEALED_PART,
        version: 2,
        expiresAt: startedAt + 3_600,
      };
      await market.write.requestUpdate([lid, update], { account: tenant.account });
      const before = await ledger();
      await at(startedAt + 200);
      const { manifestHash } = await market.read.pendingUpdateOf([lid]);
      await market.write.confirmUpdate([lid, 2, manifestHash], { account: operator.account });
      expect(changesOf(before, await ledger()).locked).to.equal(-200_000n);
      expect(await market.read.heldOf([lid])).to.deep.equal([0, 0n]);
      // The clock stands ahead of the holdback now, and does not go back.
      await at(startedAt + 300);
      await market.write.settle([lid]);
      expect((await market.read.leaseOf([lid])).settledAt).to.equal(startedAt + 200);
      expect(await market.read.heldOf([lid])).to.deep.equal([100, 100_000n]);
    });

    it("leaves what is earned out of what a new price can count on", async () => {
      const { market, tenant, lid, startedAt, at, makeQuote, signQuote } = await setup();
      const quote = await makeQuote({ minSeconds: 16_001, expiresAt: startedAt + 9_000 });
      const update = {
        openPartHash: OPEN_PART,
        sealedPartHash: SEALED_PART,
        currentSealedPartHash: SEALED_PART,
        version: 2,
        expiresAt: startedAt + 9_000,
      };
      await at(startedAt + 4_000);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.requestUpdateWithQuote([lid, update, quote, await signQuote(quote)], {
          account: tenant.account,
        }),
        market,
        "LeaseMarket_PrepaidOutOfRange",
        [16_000, 16_001, quote.maxSeconds],
      );
    });
  });

  describe("after the close", () => {
    it("keeps what is earned in the lease and refunds the rest at once", async () => {
      const { market, tenant, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + HOLDBACK + 500);
      expect(await market.read.previewClose([lid])).to.deep.equal([
        BigInt(await sinceStart()) * 1_000n,
        LOCKED - BigInt(await sinceStart()) * 1_000n,
      ]);
      await assertions.emitWithArgs(
        market.write.close([lid, REASON.tenant], { account: tenant.account }),
        market,
        "LeaseClosed",
        [lid, 1n, addressOf(tenant), REASON.tenant, LOCKED - BigInt(HOLDBACK + 500) * 1_000n],
      );
      const held = BigInt(HOLDBACK) * 1_000n;
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({
          tenant: LOCKED - held - 500_000n,
          locked: held - LOCKED,
          node: 425_000n,
          subnet: 50_000n,
          treasury: 25_000n,
        }),
      );
      const lease = await market.read.leaseOf([lid]);
      expect([lease.state, lease.balance, lease.settledAt, lease.deadline]).to.deep.equal([
        STATE.closed,
        held,
        startedAt + 500,
        startedAt + 2 * HOLDBACK + 500,
      ]);
      expect(await market.read.heldOf([lid])).to.deep.equal([HOLDBACK, held]);
      expect(await market.read.previewClose([lid])).to.deep.equal([held, 0n]);
      expect(await market.read.usedOf([1n])).to.equal(0n);

      async function sinceStart(): Promise<number> {
        return (await networkHelpers.time.latest()) - startedAt;
      }
    });

    it("releases it to the node once the time is over, and not a second before", async () => {
      const { market, tenant, stranger, lid, startedAt, at, ledger } = await setup();
      await at(startedAt + 100);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      const before = await ledger();
      const { deadline } = await market.read.leaseOf([lid]);
      expect(deadline).to.equal(startedAt + 100 + HOLDBACK);
      await at(deadline - 1);
      await market.write.settle([lid], { account: stranger.account });
      expect(changesOf(before, await ledger())).to.deep.equal(only({}));
      await at(deadline);
      await market.write.settle([lid], { account: stranger.account });
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ locked: -100_000n, node: 85_000n, subnet: 10_000n, treasury: 5_000n }),
      );
      const lease = await market.read.leaseOf([lid]);
      expect([lease.state, lease.balance, lease.settledAt, lease.deadline]).to.deep.equal([
        STATE.closed,
        0n,
        startedAt + 100,
        0,
      ]);
      const [outstanding, earned, pointSeconds] = await market.read.earningsOf([1n, 1, NATIVE]);
      expect([outstanding, earned, pointSeconds]).to.deep.equal([85_000n, 85_000n, 5_000n]);
      await market.write.settle([lid], { account: stranger.account });
      expect((await ledger()).node).to.equal(85_000n);
    });

    it("counts from when the money ended, where it ended before the close", async () => {
      const { market, stranger, lid, startedAt, at, ledger } = await setup();
      await at(startedAt + PREPAID + 100);
      await market.write.close([lid, 0], { account: stranger.account });
      const lease = await market.read.leaseOf([lid]);
      expect([lease.deadline, lease.balance]).to.deep.equal([
        startedAt + PREPAID + HOLDBACK,
        BigInt(HOLDBACK - 100) * 1_000n,
      ]);
      await at(lease.deadline);
      await market.write.settle([lid], { account: stranger.account });
      expect((await ledger()).locked).to.equal(0n);
    });

    it("pays a reservation at once: nothing was served that could have failed", async () => {
      const { market, tenant, openLease, ledger } = await setup();
      const lid = await openLease();
      const before = await ledger();
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ tenant: 880_000n, locked: -1_000_000n, node: 102_000n, subnet: 12_000n, treasury: 6_000n }),
      );
      expect((await market.read.leaseOf([lid])).deadline).to.equal(0);
    });

    it("refuses what a closed lease refuses, held back or not", async () => {
      const { market, tenant, operator, lid } = await setup();
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      for (const call of [
        async () => await market.write.close([lid, REASON.tenant], { account: tenant.account }),
        async () => await market.write.topUp([lid, 1n], { account: tenant.account }),
        async () => await market.write.giveNotice([lid, REASON.node], { account: operator.account }),
      ])
        await assertions.revertWithCustomErrorWithArgs(call(), market, "LeaseMarket_WrongState", [
          lid,
          STATE.closed,
        ]);
    });
  });

  it("is fixed at deployment, and at most a week", async () => {
    const { market, nodes, subnets, treasury, owner, forwarder } = await setup();
    expect(await market.read.HOLDBACK_SECONDS()).to.equal(HOLDBACK);
    expect(await market.read.MAX_HOLDBACK_SECONDS()).to.equal(MAX_HOLDBACK);
    const deploy = async (holdback: number) =>
      await viem.deployContract("LeaseMarket", [
        nodes.address,
        subnets.address,
        treasury.account.address,
        owner.account.address,
        PROTOCOL_CUT_BPS,
        holdback,
        forwarder.address,
      ]);
    const longest = await deploy(MAX_HOLDBACK);
    expect(await longest.read.HOLDBACK_SECONDS()).to.equal(MAX_HOLDBACK);
    await assertions.revertWithCustomErrorWithArgs(
      deploy(MAX_HOLDBACK + 1),
      market,
      "LeaseMarket_HoldbackTooLong",
      [MAX_HOLDBACK + 1, MAX_HOLDBACK],
    );
  });

  it("shows nothing held back of a lease that is Open, or is none", async () => {
    const { market, openLease } = await setup();
    expect(await market.read.heldOf([await openLease()])).to.deep.equal([0, 0n]);
    expect(await market.read.heldOf([99n])).to.deep.equal([0, 0n]);
  });

  it("keeps the lease's figures readable: rate, resources and token as they were quoted", async () => {
    const { market, lid } = await setup();
    const lease = await market.read.leaseOf([lid]);
    expect([lease.ratePerSecond, lease.resources, lease.token]).to.deep.equal([
      RATE,
      LEASE_RESOURCES,
      zeroAddress,
    ]);
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployHoldingMarket);
    const { lid, startedAt } = await fixture.startLease({ prepaidSeconds: PREPAID });
    return { ...fixture, lid, startedAt };
  }
});
