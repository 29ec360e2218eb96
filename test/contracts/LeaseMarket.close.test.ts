import { expect } from "chai";
import { network } from "hardhat";
import { addressOf, changesOf, deployMarket, only, REASON } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATE = { open: 1, active: 2, reclaiming: 3, closed: 4 };
const LOCKED = 1_000_000n;
const PREPAID = 1_000;
const NOTICE = 300;

describe("LeaseMarket: the end of a lease", () => {
  describe("giveNotice", () => {
    it("starts the quoted window, by operator and by owner; the rate runs on", async () => {
      const { market, operator, nodeOwner, stranger, startLease, at, ledger } = await setup();
      for (const wallet of [operator, nodeOwner]) {
        const { lid, startedAt } = await startLease({
          quote: { noticeSeconds: NOTICE },
          prepaidSeconds: PREPAID,
        });
        const before = await ledger();
        await at(startedAt + 10);
        await assertions.emitWithArgs(
          market.write.giveNotice([lid, 10_007], { account: wallet.account }),
          market,
          "ReclaimNoticed",
          [lid, 1n, startedAt + 10 + NOTICE, 10_007],
        );
        const lease = await market.read.leaseOf([lid]);
        expect([lease.state, lease.deadline]).to.deep.equal([STATE.reclaiming, startedAt + 10 + NOTICE]);
        await at(startedAt + 100);
        await market.write.settle([lid], { account: stranger.account });
        expect(changesOf(before, await ledger()).locked).to.equal(-100_000n);
      }
    });

    it("is refused to others, with a reason of others, twice, and before the start", async () => {
      const { market, operator, tenant, lid, openLease } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.giveNotice([lid, REASON.node], { account: tenant.account }),
        market,
        "LeaseMarket_NotParty",
        [lid, addressOf(tenant)],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.giveNotice([lid, REASON.tenant], { account: operator.account }),
        market,
        "LeaseMarket_ReasonOutOfRange",
        [REASON.tenant, 10_000, 19_999],
      );
      await market.write.giveNotice([lid, REASON.node], { account: operator.account });
      await assertions.revertWithCustomErrorWithArgs(
        market.write.giveNotice([lid, REASON.node], { account: operator.account }),
        market,
        "LeaseMarket_WrongState",
        [lid, STATE.reclaiming],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.giveNotice([await openLease(), REASON.node], { account: operator.account }),
        market,
        "LeaseMarket_WrongState",
        [2n, STATE.open],
      );
      await assertions.revertWithCustomError(
        market.write.giveNotice([99n, REASON.node], { account: operator.account }),
        market,
        "LeaseMarket_LeaseNotFound",
      );
    });
  });

  describe("close", () => {
    describe("by the tenant", () => {
      it("pays the time until now and refunds the rest", async () => {
        const { market, tenant, lid, startedAt, at, ledger, coins } = await setup();
        const before = await ledger();
        await at(startedAt + 250);
        const closed = market.write.close([lid, REASON.tenant], { account: tenant.account });
        await assertions.emitWithArgs(closed, market, "LeaseSettled", [
          lid,
          250_000n,
          212_500n,
          25_000n,
          12_500n,
        ]);
        await assertions.emitWithArgs(closed, market, "LeaseClosed", [
          lid,
          1n,
          addressOf(tenant),
          REASON.tenant,
          750_000n,
        ]);
        expect(changesOf(before, await ledger())).to.deep.equal(
          only({ tenant: 750_000n, locked: -LOCKED, node: 212_500n, subnet: 25_000n, treasury: 12_500n }),
        );
        expect(await coins()).to.equal((await ledger()).total);
        const lease = await market.read.leaseOf([lid]);
        expect([lease.state, lease.balance, lease.deadline]).to.deep.equal([STATE.closed, 0n, 0]);
        expect(await market.read.usedOf([1n])).to.equal(0n);
      });

      it("pays the reservation while Open", async () => {
        const { market, tenant, openLease, ledger } = await setup();
        const before = await ledger();
        const lid = await openLease({ prepaidSeconds: PREPAID });
        await market.write.close([lid, 2], { account: tenant.account });
        expect(changesOf(before, await ledger())).to.deep.equal(
          only({ tenant: -120_000n, node: 102_000n, subnet: 12_000n, treasury: 6_000n }),
        );
        expect((await market.read.leaseOf([lid])).state).to.equal(STATE.closed);
      });

      it("is possible at any time of a reclaim", async () => {
        const { market, tenant, operator, lid, startedAt, at, ledger } = await setup();
        const before = await ledger();
        await market.write.giveNotice([lid, REASON.node], { account: operator.account });
        await at(startedAt + 20);
        await market.write.close([lid, REASON.tenant], { account: tenant.account });
        expect(changesOf(before, await ledger()).tenant).to.equal(LOCKED - 20_000n);
      });

      for (const reason of [0, 10_000, 20_000]) {
        it(`refuses reason ${reason}, which is not a tenant's`, async () => {
          const { market, tenant, lid } = await setup();
          await assertions.revertWithCustomErrorWithArgs(
            market.write.close([lid, reason], { account: tenant.account }),
            market,
            "LeaseMarket_ReasonOutOfRange",
            [reason, 1, 9_999],
          );
        });
      }
    });

    describe("by the node", () => {
      it("is refused without notice, and while the notice runs", async () => {
        const { market, operator, nodeOwner, lid, at } = await setup();
        await assertions.revertWithCustomErrorWithArgs(
          market.write.close([lid, REASON.node], { account: operator.account }),
          market,
          "LeaseMarket_NoticeNotGiven",
          [lid],
        );
        await market.write.giveNotice([lid, REASON.node], { account: operator.account });
        const { deadline } = await market.read.leaseOf([lid]);
        await at(deadline - 1);
        await assertions.revertWithCustomErrorWithArgs(
          market.write.close([lid, REASON.node], { account: nodeOwner.account }),
          market,
          "LeaseMarket_NoticeRunning",
          [lid, BigInt(deadline)],
        );
      });

      it("pays until the close once the window is over", async () => {
        const { market, operator, tenant, lid, startedAt, at, ledger } = await setup();
        const before = await ledger();
        await at(startedAt + 10);
        await market.write.giveNotice([lid, REASON.node], { account: operator.account });
        await at(startedAt + 10 + NOTICE);
        await assertions.revertWithCustomError(
          market.write.close([lid, REASON.tenant], { account: operator.account }),
          market,
          "LeaseMarket_ReasonOutOfRange",
        );
        await at(startedAt + 400);
        await assertions.emitWithArgs(
          market.write.close([lid, 10_007], { account: operator.account }),
          market,
          "LeaseClosed",
          [lid, 1n, addressOf(tenant), 10_007, LOCKED - 400_000n],
        );
        expect(changesOf(before, await ledger())).to.deep.equal(
          only({ tenant: 600_000n, locked: -LOCKED, node: 340_000n, subnet: 40_000n, treasury: 20_000n }),
        );
      });

      it("is refused while Open: there it declines", async () => {
        const { market, operator, openLease } = await setup();
        const lid = await openLease();
        await assertions.revertWithCustomErrorWithArgs(
          market.write.close([lid, REASON.node], { account: operator.account }),
          market,
          "LeaseMarket_WrongState",
          [lid, STATE.open],
        );
      });
    });

    describe("by anybody", () => {
      it("is refused while there is money", async () => {
        const { market, stranger, lid, startedAt, at } = await setup();
        await at(startedAt + PREPAID - 1);
        await assertions.revertWithCustomErrorWithArgs(
          market.write.close([lid, REASON.tenant], { account: stranger.account }),
          market,
          "LeaseMarket_NotParty",
          [lid, addressOf(stranger)],
        );
      });

      for (const caller of ["stranger", "tenant", "operator"] as const) {
        it(`is possible once the funds are exhausted: ${caller}`, async () => {
          const { market, [caller]: wallet, tenant, lid, startedAt, at, ledger } = await setup();
          const before = await ledger();
          expect(await market.read.usedOf([1n])).to.not.equal(0n);
          await at(startedAt + PREPAID);
          await assertions.emitWithArgs(
            market.write.close([lid, 0], { account: wallet.account }),
            market,
            "LeaseClosed",
            [lid, 1n, addressOf(tenant), REASON.exhausted, 0n],
          );
          expect(changesOf(before, await ledger())).to.deep.equal(
            only({ locked: -LOCKED, node: 850_000n, subnet: 100_000n, treasury: 50_000n }),
          );
          expect(await market.read.usedOf([1n])).to.equal(0n);
        });
      }

      it("keeps the resources reserved until somebody closes", async () => {
        const { market, stranger, lid, startedAt, at } = await setup();
        await at(startedAt + 2 * PREPAID);
        await market.write.settle([lid], { account: stranger.account });
        expect(await market.read.usedOf([1n])).to.not.equal(0n);
      });
    });

    it("is refused twice, and for no lease", async () => {
      const { market, tenant, lid } = await setup();
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      const closed = await market.read.leaseOf([lid]);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.close([lid, REASON.tenant], { account: tenant.account }),
        market,
        "LeaseMarket_WrongState",
        [lid, STATE.closed],
      );
      await assertions.revertWithCustomError(
        market.write.close([99n, REASON.tenant], { account: tenant.account }),
        market,
        "LeaseMarket_LeaseNotFound",
      );
      expect(await market.read.leaseOf([lid])).to.deep.equal(closed);
    });

    it("refunds the fraction that never became a whole unit", async () => {
      const { market, tenant, startLease, at, ledger } = await setup();
      const before = await ledger();
      const { lid, startedAt } = await startLease({
        quote: { ratePerSecond: 15n * 10n ** 11n },
        prepaidSeconds: 60,
      });
      await at(startedAt + 1);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      expect(changesOf(before, await ledger())).to.deep.equal(only({ tenant: -1n, node: 1n }));
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { lid, startedAt } = await fixture.startLease({
      quote: { noticeSeconds: NOTICE },
      prepaidSeconds: PREPAID,
    });
    return { ...fixture, lid, startedAt };
  }
});
