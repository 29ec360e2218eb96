import { expect } from "chai";
import { network } from "hardhat";
import { zeroAddress } from "viem";
import {
  addressOf,
  changesOf,
  deployHoldingMarket,
  HOLDBACK,
  NATIVE,
  only,
  REASON,
} from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATE = { open: 1 };
const PREPAID = 20_000;

describe("LeaseMarket: what the slasher may", () => {
  describe("the slasher", () => {
    it("is wired in once, by the owner, not to zero", async () => {
      const { market, owner, stranger, tenant } = await setup({ slasher: false });
      expect(await market.read.slasher()).to.equal(zeroAddress);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.claimDowntime([1n, 1], { account: stranger.account }),
        market,
        "LeaseMarket_NotSlasher",
        [addressOf(stranger)],
      );
      await assertions.revertWithCustomError(
        market.write.setSlasher([stranger.account.address], { account: stranger.account }),
        market,
        "OwnableUnauthorizedAccount",
      );
      await assertions.revertWithCustomError(
        market.write.setSlasher([zeroAddress], { account: owner.account }),
        market,
        "LeaseMarket_ZeroSlasher",
      );
      await assertions.emitWithArgs(
        market.write.setSlasher([stranger.account.address], { account: owner.account }),
        market,
        "SlasherSet",
        [addressOf(stranger)],
      );
      expect(await market.read.slasher()).to.equal(addressOf(stranger));
      await assertions.revertWithCustomErrorWithArgs(
        market.write.setSlasher([tenant.account.address], { account: owner.account }),
        market,
        "LeaseMarket_SlasherAlreadySet",
        [addressOf(stranger)],
      );
    });

    it("claims downtime, as far as it is held back", async () => {
      const { market, stranger, lid, startedAt, at } = await setup();
      await at(startedAt + 1_000);
      const claim = async (seconds: number) =>
        await market.write.claimDowntime([lid, seconds], { account: stranger.account });
      await assertions.emitWithArgs(claim(300), market, "DowntimeCredited", [lid, 1n, 300, 0n]);
      await at(startedAt + 1_100);
      await assertions.emitWithArgs(claim(5_000), market, "DowntimeCredited", [lid, 1n, 1_100, 0n]);
      const { result } = await market.simulate.claimDowntime([lid, 0], { account: stranger.account.address });
      expect(result).to.deep.equal([0, 0n]);
    });

    it("answers with the seconds and their price", async () => {
      const { market, stranger, lid, startedAt, at } = await setup();
      await at(startedAt + 1_000);
      await market.write.settle([lid]);
      const { result } = await market.simulate.claimDowntime([lid, 300], {
        account: stranger.account.address,
      });
      expect(result).to.deep.equal([300, 300_000n]);
    });

    it("forfeits all that is held back, running or closed, and never reverts on nothing", async () => {
      const { market, tenant, stranger, lid, startedAt, at, ledger } = await setup();
      await at(startedAt + 1_000);
      await market.write.forfeitHeld([lid], { account: stranger.account });
      expect(await market.read.paidUntil([lid])).to.equal(BigInt(startedAt + 1_000 + PREPAID));
      await at(startedAt + 1_500);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      const before = await ledger();
      await market.write.forfeitHeld([lid], { account: stranger.account });
      expect(changesOf(before, await ledger())).to.deep.equal(only({ tenant: 500_000n, locked: -500_000n }));
      const { result } = await market.simulate.forfeitHeld([lid], { account: stranger.account.address });
      expect(result).to.equal(0n);
      await market.write.forfeitHeld([lid], { account: stranger.account });
      expect(changesOf(before, await ledger()).tenant).to.equal(500_000n);
    });

    it("finds nothing after the release, nor in a lease that never started", async () => {
      const { market, tenant, stranger, lid, startedAt, at, openLease } = await setup();
      const open = await openLease();
      await assertions.revertWithCustomErrorWithArgs(
        market.write.forfeitHeld([open], { account: stranger.account }),
        market,
        "LeaseMarket_WrongState",
        [open, STATE.open],
      );
      await market.write.close([open, REASON.tenant], { account: tenant.account });
      const nothing = await market.simulate.forfeitHeld([open], { account: stranger.account.address });
      expect(nothing.result).to.equal(0n);
      await at(startedAt + 1_000);
      await market.write.close([lid, REASON.tenant], { account: tenant.account });
      await at(startedAt + 1_000 + HOLDBACK);
      await market.write.claimDowntime([lid, 100], { account: stranger.account });
      expect(await market.read.downtimeOf([lid])).to.equal(0);
      const [outstanding] = await market.read.earningsOf([1n, 1, NATIVE]);
      // 1000 s, and the reservation of the other lease
      expect(outstanding).to.equal(850_000n + 102_000n);
    });

    it("is nobody else, and meets no lease that is none", async () => {
      const { market, tenant, owner, stranger, lid } = await setup();
      for (const wallet of [tenant, owner])
        for (const call of [
          async () => await market.write.claimDowntime([lid, 1], { account: wallet.account }),
          async () => await market.write.forfeitHeld([lid], { account: wallet.account }),
        ])
          await assertions.revertWithCustomErrorWithArgs(call(), market, "LeaseMarket_NotSlasher", [
            addressOf(wallet),
          ]);
      await assertions.revertWithCustomErrorWithArgs(
        market.write.forfeitHeld([99n], { account: stranger.account }),
        market,
        "LeaseMarket_LeaseNotFound",
        [99n],
      );
    });
  });

  describe("isNoShow", () => {
    it("says that a lease expired with the node's receipt, and only that", async () => {
      const { market, tenant, openLease, signReceipt } = await setup();
      const [missed, lapsed] = [await openLease(), await openLease()];
      const receipt = await signReceipt(missed);
      expect(await market.read.isNoShow([missed])).to.equal(false);
      await networkHelpers.time.increase(601);
      await market.write.expire([missed, receipt], { account: tenant.account });
      await market.write.expire([lapsed, "0x"], { account: tenant.account });
      expect(await market.read.isNoShow([missed])).to.equal(true);
      expect(await market.read.isNoShow([lapsed])).to.equal(false);
      expect(await market.read.isNoShow([99n])).to.equal(false);
    });
  });

  /** The stranger plays the slasher, unless told otherwise. */
  async function setup(input: { slasher?: boolean } = {}) {
    const fixture = await networkHelpers.loadFixture(deployHoldingMarket);
    const { market, owner, stranger } = fixture;
    if (input.slasher !== false)
      await market.write.setSlasher([stranger.account.address], { account: owner.account });
    return { ...fixture, ...(await fixture.startLease({ prepaidSeconds: PREPAID })) };
  }
});
