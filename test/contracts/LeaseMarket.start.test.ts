import { expect } from "chai";
import { network } from "hardhat";
import { type Hex, keccak256, toHex, zeroAddress } from "viem";
import { addressOf, changesOf, deployMarket, only, REASON } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATE = { open: 1, active: 2, reclaiming: 3, closed: 4 };
const START_WINDOW = 600;
const GRACE = 600;
const LOCKED = 1_000_000n;
/** 120 s at 1000 wei a second. */
const RESERVATION = 120_000n;
const OTHER_HASH = keccak256(toHex("another lease"));

describe("LeaseMarket: an Open lease", () => {
  describe("confirmStart", () => {
    it("starts billing now, up to the last second of the deadline", async () => {
      const { market, operator, lid, leaseHash, deadline, at, ledger } = await setup();
      const before = await ledger();
      await at(deadline);
      await assertions.emitWithArgs(
        market.write.confirmStart([lid, leaseHash], { account: operator.account }),
        market,
        "LeaseStarted",
        [lid, 1n, leaseHash, deadline],
      );
      const lease = await market.read.leaseOf([lid]);
      expect([lease.state, lease.settledAt, lease.deadline]).to.deep.equal([STATE.active, deadline, 0]);
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(deadline + 1_000));
      expect(changesOf(before, await ledger())).to.deep.equal(only({}));
    });

    it("is refused after the deadline", async () => {
      const { market, operator, lid, leaseHash, deadline, at } = await setup();
      await at(deadline + 1);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.confirmStart([lid, leaseHash], { account: operator.account }),
        market,
        "LeaseMarket_StartDeadlinePassed",
        [lid, BigInt(deadline)],
      );
    });

    it("is refused to others, for another lease hash, twice, and for no lease", async () => {
      const { market, operator, nodeOwner, lid, leaseHash } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.confirmStart([lid, leaseHash], { account: nodeOwner.account }),
        market,
        "LeaseMarket_NotOperator",
        [lid, addressOf(nodeOwner)],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.confirmStart([lid, OTHER_HASH], { account: operator.account }),
        market,
        "LeaseMarket_WrongLeaseHash",
        [lid, leaseHash, OTHER_HASH],
      );
      await market.write.confirmStart([lid, leaseHash], { account: operator.account });
      await assertions.revertWithCustomErrorWithArgs(
        market.write.confirmStart([lid, leaseHash], { account: operator.account }),
        market,
        "LeaseMarket_WrongState",
        [lid, STATE.active],
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.confirmStart([99n, leaseHash], { account: operator.account }),
        market,
        "LeaseMarket_LeaseNotFound",
        [99n],
      );
    });
  });

  describe("decline", () => {
    it("gives everything back to the tenant and frees the node", async () => {
      const { market, operator, tenant, lid, leaseHash, ledger } = await setup();
      const before = await ledger();
      await assertions.emitWithArgs(
        market.write.decline([lid, leaseHash, 10_001], { account: operator.account }),
        market,
        "LeaseClosed",
        [lid, 1n, addressOf(tenant), 10_001, LOCKED],
      );
      expect(changesOf(before, await ledger())).to.deep.equal(only({ tenant: LOCKED, locked: -LOCKED }));
      const lease = await market.read.leaseOf([lid]);
      expect([lease.state, lease.balance, lease.deadline]).to.deep.equal([STATE.closed, 0n, 0]);
      expect(await market.read.usedOf([1n])).to.equal(0n);
      expect(await market.read.strikesOf([1n])).to.equal(0);
    });

    for (const reason of [0, 1, 9_999, 20_000]) {
      it(`refuses reason ${reason}, which is not a node's`, async () => {
        const { market, operator, lid, leaseHash } = await setup();
        await assertions.revertWithCustomErrorWithArgs(
          market.write.decline([lid, leaseHash, reason], { account: operator.account }),
          market,
          "LeaseMarket_ReasonOutOfRange",
          [reason, 10_000, 19_999],
        );
      });
    }

    it("is refused to others, for another lease hash, after the deadline, and once Active", async () => {
      const { market, operator, tenant, lid, leaseHash, openLease, at } = await setup();
      await assertions.revertWithCustomError(
        market.write.decline([lid, leaseHash, REASON.node], { account: tenant.account }),
        market,
        "LeaseMarket_NotOperator",
      );
      await assertions.revertWithCustomError(
        market.write.decline([lid, OTHER_HASH, REASON.node], { account: operator.account }),
        market,
        "LeaseMarket_WrongLeaseHash",
      );
      await market.write.confirmStart([lid, leaseHash], { account: operator.account });
      await assertions.revertWithCustomError(
        market.write.decline([lid, leaseHash, REASON.node], { account: operator.account }),
        market,
        "LeaseMarket_WrongState",
      );
      const second = await openLease();
      const late = await market.read.leaseOf([second]);
      await at(late.deadline + 1);
      await assertions.revertWithCustomError(
        market.write.decline([second, late.leaseHash, REASON.node], { account: operator.account }),
        market,
        "LeaseMarket_StartDeadlinePassed",
      );
    });
  });

  describe("expire", () => {
    describe("when the tenant brings a receipt", () => {
      it("gives everything back and strikes the node", async () => {
        const { market, tenant, lid, deadline, signReceipt, at, ledger } = await setup();
        const before = await ledger();
        const receipt = await signReceipt(lid);
        await at(deadline + 1);
        const expired = market.write.expire([lid, receipt], { account: tenant.account });
        await assertions.emitWithArgs(expired, market, "NodeStruck", [1n, lid, 1]);
        await assertions.emitWithArgs(expired, market, "LeaseClosed", [
          lid,
          1n,
          addressOf(tenant),
          REASON.noShow,
          LOCKED,
        ]);
        expect(changesOf(before, await ledger())).to.deep.equal(only({ tenant: LOCKED, locked: -LOCKED }));
        expect(await market.read.strikesOf([1n])).to.equal(1);
        expect(await market.read.usedOf([1n])).to.equal(0n);
      });

      it("refuses a receipt of somebody else, and a broken one", async () => {
        const { market, tenant, operator, stranger, lid, deadline, signReceipt, at } = await setup();
        const forged = await signReceipt(lid, stranger);
        await at(deadline + 1);
        await assertions.revertWithCustomErrorWithArgs(
          market.write.expire([lid, forged], { account: tenant.account }),
          market,
          "LeaseMarket_BadReceipt",
          [lid, addressOf(operator), addressOf(stranger)],
        );
        await assertions.revertWithCustomErrorWithArgs(
          market.write.expire([lid, "0x00"], { account: tenant.account }),
          market,
          "LeaseMarket_BadReceipt",
          [lid, addressOf(operator), zeroAddress],
        );
      });

      it("refuses the receipt of another lease", async () => {
        const { market, tenant, lid, openLease, signReceipt, at } = await setup();
        const second = await openLease();
        const { deadline } = await market.read.leaseOf([second]);
        const receipt = await signReceipt(lid);
        await at(deadline + 1);
        await assertions.revertWithCustomError(
          market.write.expire([second, receipt], { account: tenant.account }),
          market,
          "LeaseMarket_BadReceipt",
        );
      });
    });

    describe("when nobody brings a receipt", () => {
      it("pays the reservation to the node, with its splits, and gives the rest back", async () => {
        const { market, tenant, lid, deadline, at, ledger } = await setup();
        const before = await ledger();
        await at(deadline + 1);
        const expired = market.write.expire([lid, "0x"], { account: tenant.account });
        await assertions.emitWithArgs(expired, market, "LeaseSettled", [
          lid,
          RESERVATION,
          102_000n,
          12_000n,
          6_000n,
        ]);
        await assertions.emitWithArgs(expired, market, "LeaseClosed", [
          lid,
          1n,
          addressOf(tenant),
          REASON.startDeadline,
          LOCKED - RESERVATION,
        ]);
        expect(changesOf(before, await ledger())).to.deep.equal(
          only({
            tenant: LOCKED - RESERVATION,
            locked: -LOCKED,
            node: 102_000n,
            subnet: 12_000n,
            treasury: 6_000n,
          }),
        );
        expect(await market.read.strikesOf([1n])).to.equal(0);
      });

      it("never pays more than was locked", async () => {
        const { market, tenant, openLease, at, ledger } = await setup();
        const lid = await openLease({ prepaidSeconds: 60 });
        const { deadline, balance } = await market.read.leaseOf([lid]);
        const before = await ledger();
        await at(deadline + 1);
        await market.write.expire([lid, "0x"], { account: tenant.account });
        expect(balance).to.equal(60_000n);
        expect(changesOf(before, await ledger())).to.deep.equal(
          only({ locked: -60_000n, node: 51_000n, subnet: 6_000n, treasury: 3_000n }),
        );
      });
    });

    describe("when it is too early", () => {
      it("is refused to everybody until the deadline", async () => {
        const { market, tenant, lid, deadline, at } = await setup();
        await at(deadline);
        await assertions.revertWithCustomErrorWithArgs(
          market.write.expire([lid, "0x"], { account: tenant.account }),
          market,
          "LeaseMarket_StartDeadlineNotReached",
          [lid, BigInt(deadline)],
        );
      });

      it("lets only the tenant act during the grace, then anyone", async () => {
        const { market, stranger, lid, deadline, at, ledger } = await setup();
        const until = deadline + GRACE;
        expect(await market.read.TENANT_GRACE_SECONDS()).to.equal(BigInt(GRACE));
        await at(until);
        await assertions.revertWithCustomErrorWithArgs(
          market.write.expire([lid, "0x"], { account: stranger.account }),
          market,
          "LeaseMarket_TenantFirst",
          [lid, BigInt(until)],
        );
        await at(until + 1);
        await market.write.expire([lid, "0x"], { account: stranger.account });
        expect((await ledger()).stranger).to.equal(0n);
        expect((await market.read.leaseOf([lid])).state).to.equal(STATE.closed);
      });
    });

    it("is refused once Active, once Closed, and for no lease", async () => {
      const { market, operator, tenant, lid, leaseHash, deadline, at } = await setup();
      await market.write.confirmStart([lid, leaseHash], { account: operator.account });
      await at(deadline + 1);
      const expire = async (which: bigint, receipt: Hex = "0x") =>
        await market.write.expire([which, receipt], { account: tenant.account });
      await assertions.revertWithCustomErrorWithArgs(expire(lid), market, "LeaseMarket_WrongState", [
        lid,
        STATE.active,
      ]);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      await assertions.revertWithCustomErrorWithArgs(expire(lid), market, "LeaseMarket_WrongState", [
        lid,
        STATE.closed,
      ]);
      await assertions.revertWithCustomError(expire(99n), market, "LeaseMarket_LeaseNotFound");
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const lid = await fixture.openLease({ quote: { startWindowSeconds: START_WINDOW } });
    const { leaseHash, deadline } = await fixture.market.read.leaseOf([lid]);
    return { ...fixture, lid, leaseHash, deadline };
  }
});
