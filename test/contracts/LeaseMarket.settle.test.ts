import { expect } from "chai";
import { network } from "hardhat";
import { getAddress } from "viem";
import {
  addressOf,
  changesOf,
  deployMarket,
  ETHER,
  NATIVE,
  only,
  REASON,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATE = { open: 1, active: 2, reclaiming: 3, closed: 4 };
const LOCKED = 1_000_000n;
const PREPAID = 1_000;

describe("LeaseMarket: billing", () => {
  describe("settle", () => {
    it("credits the time until now, in shares that add up", async () => {
      const { market, stranger, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + 100);
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
      expect([lease.balance, lease.settledAt]).to.deep.equal([LOCKED - 100_000n, startedAt + 100]);
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID));
    });

    it("pays nothing the second time in one block", async () => {
      const { market, stranger, lid, startedAt, at, ledger } = await setup();
      await at(startedAt + 100);
      await market.write.settleMany([[lid, lid, lid]], { account: stranger.account });
      expect((await ledger()).node).to.equal(85_000n);
    });

    it("stops at paidUntil, however late it is called", async () => {
      const { market, stranger, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + 50 * PREPAID);
      await market.write.settle([lid], { account: stranger.account });
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ locked: -LOCKED, node: 850_000n, subnet: 100_000n, treasury: 50_000n }),
      );
      const lease = await market.read.leaseOf([lid]);
      expect([lease.state, lease.balance, lease.settledAt]).to.deep.equal([
        STATE.active,
        0n,
        startedAt + PREPAID,
      ]);
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID));
    });

    it("keeps what is below one unit for the next time", async () => {
      // 0.4 units a second: whole units only every 2.5 s.
      const { market, stranger, startLease, at, ledger } = await setup();
      const { lid, startedAt } = await startLease({ quote: { ratePerSecond: 4n * 10n ** 11n } });
      const before = await ledger();
      for (let second = 1; second <= 10; second++) {
        await at(startedAt + second);
        await market.write.settle([lid], { account: stranger.account });
      }
      expect(changesOf(before, await ledger())).to.deep.equal(only({ locked: -4n, node: 4n }));
      const lease = await market.read.leaseOf([lid]);
      expect([lease.settledAt, lease.scaledRemainder]).to.deep.equal([startedAt + 10, 0]);
    });

    it("emits nothing when no whole unit moved", async () => {
      const { market, stranger, startLease, at, publicClient } = await setup();
      const { lid, startedAt } = await startLease({ quote: { ratePerSecond: 4n * 10n ** 11n } });
      await at(startedAt + 1);
      const hash = await market.write.settle([lid], { account: stranger.account });
      expect((await publicClient.getTransactionReceipt({ hash })).logs).to.deep.equal([]);
      expect((await market.read.leaseOf([lid])).scaledRemainder).to.equal(4 * 10 ** 11);
    });

    it("does nothing to an Open and to a Closed lease", async () => {
      const { market, stranger, tenant, openLease, lid, ledger } = await setup();
      const open = await openLease();
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      const before = await ledger();
      await networkHelpers.time.increase(300);
      await market.write.settleMany([[open, lid]], { account: stranger.account });
      expect(changesOf(before, await ledger())).to.deep.equal(only({}));
    });

    it("costs nothing at a rate of zero, for ever", async () => {
      const { market, stranger, startLease, ledger } = await setup();
      const { lid } = await startLease({ quote: { ratePerSecond: 0n } });
      const before = await ledger();
      await networkHelpers.time.increase(86_400);
      await market.write.settle([lid], { account: stranger.account });
      expect(changesOf(before, await ledger())).to.deep.equal(only({}));
      expect(await market.read.paidUntil([lid])).to.equal(2n ** 32n - 1n);
    });

    it("pays the treasury of the day of collection, at the cuts of the lease", async () => {
      const { market, subnets, owner, gateway, stranger, lid, startedAt, at, ledger, collectAll } =
        await setup();
      await market.write.setTreasury([stranger.account.address], { account: owner.account });
      await market.write.setProtocolCut([0], { account: owner.account });
      await subnets.write.setCut([1, 0], { account: gateway.account });
      const before = await ledger();
      await at(startedAt + 100);
      await market.write.settle([lid], { account: stranger.account });
      await collectAll();
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ locked: -100_000n, node: 85_000n, subnet: 10_000n, stranger: 5_000n }),
      );
    });

    it("is refused for no lease", async () => {
      const { market, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.settle([99n], { account: stranger.account }),
        market,
        "LeaseMarket_LeaseNotFound",
        [99n],
      );
    });
  });

  describe("settleMany", () => {
    it("settles each", async () => {
      const { market, stranger, lid, startLease, ledger, now } = await setup();
      const second = await startLease();
      await networkHelpers.time.increase(10);
      await market.write.settleMany([[lid, second.lid]], { account: stranger.account });
      const settledAt = await now();
      expect((await market.read.leaseOf([lid])).settledAt).to.equal(settledAt);
      expect((await market.read.leaseOf([second.lid])).settledAt).to.equal(settledAt);
      const { locked, node, subnet, treasury } = await ledger();
      expect(locked + node + subnet + treasury).to.equal(2n * LOCKED);
    });

    it("is refused beyond its limit, and with a lease that does not exist", async () => {
      const { market, stranger, lid } = await setup();
      const max = Number(await market.read.MAX_SETTLE_BATCH());
      await assertions.revertWithCustomErrorWithArgs(
        market.write.settleMany([Array.from({ length: max + 1 }, () => lid)], { account: stranger.account }),
        market,
        "LeaseMarket_BatchTooLong",
        [BigInt(max + 1), BigInt(max)],
      );
      await market.write.settleMany([Array.from({ length: max }, () => lid)], { account: stranger.account });
      await assertions.revertWithCustomError(
        market.write.settleMany([[lid, 99n]], { account: stranger.account }),
        market,
        "LeaseMarket_LeaseNotFound",
      );
    });
  });

  describe("topUp", () => {
    it("adds prepaid time from the free balance, and settles first", async () => {
      const { market, tenant, lid, startedAt, at, ledger } = await setup();
      const before = await ledger();
      await at(startedAt + 100);
      const toppedUp = market.write.topUp([lid, 500_000n], { account: tenant.account });
      await assertions.emit(toppedUp, market, "LeaseSettled");
      await assertions.emitWithArgs(toppedUp, market, "LeaseToppedUp", [lid, addressOf(tenant), 500_000n]);
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({ tenant: -500_000n, locked: 400_000n, node: 85_000n, subnet: 10_000n, treasury: 5_000n }),
      );
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID + 500));
    });

    it("takes native coin that is sent along, from anybody, for the tenant's lease", async () => {
      const { market, stranger, lid, ledger, coins, startedAt, at } = await setup();
      const before = await ledger();
      await at(startedAt + 1);
      await market.write.topUp([lid, ETHER], { account: stranger.account, value: ETHER + 5n });
      expect(changesOf(before, await ledger())).to.deep.equal(
        only({
          stranger: 5n,
          locked: ETHER - 1_000n,
          node: 850n,
          subnet: 100n,
          treasury: 50n,
          total: ETHER + 5n,
        }),
      );
      expect(await coins()).to.equal((await ledger()).total);
    });

    it("prolongs an Open lease too", async () => {
      const { market, tenant, operator, openLease, now } = await setup();
      const lid = await openLease();
      await market.write.topUp([lid, LOCKED], { account: tenant.account });
      const { leaseHash } = await market.read.leaseOf([lid]);
      await market.write.confirmStart([lid, leaseHash], { account: operator.account });
      expect(await market.read.paidUntil([lid])).to.equal(BigInt((await now()) + 2 * PREPAID));
    });

    it("does not revive an exhausted lease", async () => {
      const { market, tenant, lid, startedAt, at } = await setup();
      await at(startedAt + PREPAID);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.topUp([lid, 1n], { account: tenant.account }),
        market,
        "LeaseMarket_Exhausted",
        [lid, BigInt(startedAt + PREPAID)],
      );
    });

    it("works in the last second before", async () => {
      const { market, tenant, lid, startedAt, at } = await setup();
      await at(startedAt + PREPAID - 1);
      await market.write.topUp([lid, 1_000n], { account: tenant.account });
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + PREPAID + 1));
    });

    it("is refused with nothing, without funds, for a Closed lease and for none", async () => {
      const { market, tenant, stranger, lid } = await setup();
      await assertions.revertWithCustomError(
        market.write.topUp([lid, 0n], { account: tenant.account }),
        market,
        "LeaseMarket_NothingDeposited",
      );
      await assertions.revertWithCustomErrorWithArgs(
        market.write.topUp([lid, 1n], { account: stranger.account }),
        market,
        "LeaseMarket_InsufficientFree",
        [addressOf(stranger), NATIVE, 0n, 1n],
      );
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      await assertions.revertWithCustomErrorWithArgs(
        market.write.topUp([lid, 1n], { account: tenant.account }),
        market,
        "LeaseMarket_WrongState",
        [lid, STATE.closed],
      );
      await assertions.revertWithCustomError(
        market.write.topUp([99n, 1n], { account: tenant.account }),
        market,
        "LeaseMarket_LeaseNotFound",
      );
    });

    it("is refused with native coin where a token pays", async () => {
      const { market, tenant, tokenLease } = await setup();
      const { lid } = await tokenLease();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.topUp([lid, 1n], { account: tenant.account, value: 1n }),
        market,
        "LeaseMarket_UnexpectedValue",
        [1n],
      );
    });
  });

  describe("a lease paid in a token", () => {
    it("moves that token's balances only", async () => {
      const { market, stranger, tokenLease, at, ledger } = await setup();
      const { lid, startedAt, token } = await tokenLease();
      const [native, before] = [await ledger(), await ledger(token.address)];
      await at(startedAt + 100);
      await market.write.settle([lid], { account: stranger.account });
      expect(changesOf(before, await ledger(token.address))).to.deep.equal(
        only({ locked: -100_000n, node: 85_000n, subnet: 10_000n, treasury: 5_000n }),
      );
      expect(await ledger()).to.deep.equal(native);
      expect(await token.read.balanceOf([market.address])).to.equal((await ledger(token.address)).total);
      expect((await market.read.leaseOf([lid])).token).to.equal(getAddress(token.address));
    });
  });

  describe("previewClose", () => {
    it("says what a close credits: while Open, while Active, exhausted, and closed", async () => {
      const { market, tenant, openLease, lid, startedAt } = await setup();
      const open = await openLease();
      expect(await market.read.previewClose([open])).to.deep.equal([120_000n, LOCKED - 120_000n]);
      await networkHelpers.time.increaseTo(startedAt + 250);
      expect(await market.read.previewClose([lid])).to.deep.equal([250_000n, LOCKED - 250_000n]);
      await networkHelpers.time.increaseTo(startedAt + 5 * PREPAID);
      expect(await market.read.previewClose([lid])).to.deep.equal([LOCKED, 0n]);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      expect(await market.read.previewClose([lid])).to.deep.equal([0n, 0n]);
      expect(await market.read.paidUntil([lid])).to.equal(0n);
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployMarket);
    const { market, owner, tenant, startLease } = fixture;
    const { lid, startedAt } = await startLease({ prepaidSeconds: PREPAID });
    const tokenLease = async () => {
      const token = await viem.deployContract("PermitToken");
      await market.write.setTokenAllowed([token.address, true], { account: owner.account });
      await token.write.mint([tenant.account.address, LOCKED]);
      await token.write.approve([market.address, LOCKED], { account: tenant.account });
      await market.write.depositToken([token.address, LOCKED], { account: tenant.account });
      return { token, ...(await startLease({ quote: { token: token.address }, prepaidSeconds: PREPAID })) };
    };
    return { ...fixture, lid, startedAt, tokenLease };
  }
});
