import { expect } from "chai";
import { network } from "hardhat";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  DAY,
  deployRewards,
  ETHER,
  POINT_ERA,
  refusals,
  STAKE,
} from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const refused = refusals(viem);

const CAP = ETHER;
const PARAMETERS = { poolShareBps: 5_000, targetBps: 8_000, livenessCap: CAP, livenessPerPoint: 10n ** 14n };

describe("EraRewards, liveness budgets", () => {
  describe("liveness", () => {
    it("is shared by the stake that was enlisted before the era, and drawn in the era after it", async () => {
      const { rewards, enlistBoth, meter, nextEra, checkpoint, registry } = await liveness();
      await registry.write.setStake([2, 3n * STAKE, 0n, true]);
      await enlistBoth();
      await nextEra(2);
      await prove(meter, 1);
      await prove(meter, 2);
      await checkpoint(1);
      await checkpoint(2);
      expect((await rewards.read.poolOf([1])).free).to.equal(CAP / 4n);
      expect((await rewards.read.poolOf([2])).free).to.equal((3n * CAP) / 4n);
    });

    it("counts for two eras in a row when a subnet is checkpointed in each", async () => {
      const { rewards, enlistBoth, meter, nextEra, checkpoint } = await liveness();
      await rewards.write.fund([0], { value: CAP });
      await enlistBoth();
      await nextEra();
      await enlistBoth();
      for (let round = 1n; round <= 2n; round++) {
        await nextEra();
        await meter.write.setProven([1, 10_000n * POINT_ERA * round]);
        await checkpoint(1);
        expect((await rewards.read.poolOf([1])).free).to.equal((round * CAP) / 2n);
      }
    });

    it("lapses when the next era passes without a checkpoint", async () => {
      const { rewards, enlistBoth, meter, nextEra, checkpoint } = await liveness();
      await enlistBoth();
      await prove(meter, 1);
      await nextEra(3);
      await checkpoint(1);
      expect((await rewards.read.poolOf([1])).free).to.equal(0n);
    });

    it("does not count stake on its way out, nor the stake of a subnet that is not open", async () => {
      const { rewards, registry, enlistBoth, era } = await liveness();
      await registry.write.setStake([1, STAKE, STAKE / 4n, true]);
      await registry.write.setStake([2, STAKE, 0n, false]);
      await enlistBoth();
      const record = await rewards.read.livenessOf([(await era()) + 1]);
      expect(record.totalStake).to.equal((3n * STAKE) / 4n);
    });

    it("reserves the cap of an era once, and gives back what nobody drew", async () => {
      const { rewards, enlistBoth, nextEra, checkpoint, era } = await liveness();
      await enlistBoth();
      const first = (await era()) + 1;
      expect(await rewards.read.livenessOf([first])).to.deep.equal({
        era: first,
        totalStake: 2n * STAKE,
        cap: CAP,
        left: CAP,
      });
      expect((await rewards.read.totals())[0]).to.equal(0n);
      for (let i = 0; i < 4; i++) {
        await nextEra();
        await checkpoint(1);
      }
      // The fourth takes the first one's place, and its money.
      expect(await rewards.read.livenessOf([first + 4])).to.include({ era: first + 4, cap: CAP, left: CAP });
      expect((await rewards.read.totals())[0]).to.equal(0n);
    });

    it("is never more than what the pool has", async () => {
      const { rewards, enlistBoth, era, owner } = await liveness();
      await rewards.write.setParameters([{ ...PARAMETERS, livenessCap: 5n * CAP }], {
        account: owner.account,
      });
      await enlistBoth();
      expect((await rewards.read.livenessOf([(await era()) + 1])).cap).to.equal(CAP);
    });
  });

  describe("setOwnLiveness", () => {
    it("lets the governor use the endowment", async () => {
      const { rewards, registry, meter, gateway, stranger, nextEra, checkpoint } = await setup();
      await rewards.write.fund([1], { value: 1_000n });
      await registry.write.setGovernor([1, stranger.account.address]);
      await refused(
        rewards.write.setOwnLiveness([1, 300n], { account: gateway.account }),
        "EraRewards_NotGovernor",
        [1, addressOf(gateway)],
      );
      await assertions.emitWithArgs(
        rewards.write.setOwnLiveness([1, 300n], { account: stranger.account }),
        rewards,
        "OwnLivenessChanged",
        [1, 300n],
      );
      await prove(meter, 1);
      await nextEra();
      await checkpoint();
      expect((await rewards.read.poolOf([1])).free).to.equal(300n);
      expect((await rewards.read.booksOf([1])).endowment).to.equal(700n);
    });

    it("is refused for no subnet and above the largest", async () => {
      const { rewards, gateway } = await setup();
      await refused(rewards.write.setOwnLiveness([9, 1n]), "EraRewards_SubnetNotFound", [9]);
      const max = await rewards.read.MAX_OWN_LIVENESS_PER_ERA();
      await assertions.revertWithCustomError(
        rewards.write.setOwnLiveness([1, max + 1n], { account: gateway.account }),
        rewards,
        "EraRewards_ParameterOutOfRange",
      );
      await rewards.write.setOwnLiveness([1, max], { account: gateway.account });
    });
  });

  describe("returnIdle", () => {
    it("gives the money of a silent subnet to all, and leaves what was promised", async () => {
      const { rewards, promise, nextEra, checkpoint, pay, owed, coins } = await setup();
      const claim = await promise(400n, 1_000n);
      await rewards.write.fund([1], { value: 50n });
      await pay(20n);
      await nextEra();
      await checkpoint();
      const { latestEra } = await rewards.read.poolOf([1]);
      const [before] = await rewards.read.totals();
      await networkHelpers.time.increaseTo((latestEra + 90) * DAY - 2);
      await refused(rewards.write.returnIdle([1]), "EraRewards_NotIdle", [1, latestEra + 90]);
      await networkHelpers.time.increaseTo((latestEra + 90) * DAY);
      await assertions.emitWithArgs(rewards.write.returnIdle([1]), rewards, "IdlePoolReturned", [1, 160n]);
      expect((await rewards.read.totals())[0]).to.equal(before + 160n);
      await rewards.write.returnIdle([1]);
      expect((await rewards.read.totals())[0]).to.equal(before + 160n);
      await rewards.write.claim([claim]);
      expect(await owed()).to.equal(await coins());
    });

    it("is refused for a subnet that was never checkpointed", async () => {
      const { rewards } = await setup();
      await refused(rewards.write.returnIdle([2]), "EraRewards_SubnetNotFound", [2]);
    });
  });

  type Fixture = Awaited<ReturnType<typeof setup>>;

  async function setup() {
    return await networkHelpers.loadFixture(deployRewards);
  }

  /** A generous limit per point, and one cap in the protocol's pool. */
  async function liveness() {
    const fixture = await setup();
    const { rewards, owner, checkpoint } = fixture;
    await rewards.write.setParameters([PARAMETERS], { account: owner.account });
    await rewards.write.fund([0], { value: CAP });
    const enlistBoth = async () => {
      await checkpoint(1);
      await checkpoint(2);
    };
    return { ...fixture, enlistBoth };
  }

  async function prove(meter: Fixture["meter"], subnetId: number): Promise<void> {
    await meter.write.setProven([subnetId, 10_000n * POINT_ERA]);
  }
});
