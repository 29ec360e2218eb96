import { expect } from "chai";
import { network } from "hardhat";
import { getAddress, zeroAddress, zeroHash } from "viem";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { deployRewards, refusals, entryOf } from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const refused = refusals(viem);

const MAX = 2n ** 256n - 1n;

describe("EraRewards, what a node gets", () => {
  describe("claim", () => {
    it("credits the node, whoever brings the proof", async () => {
      const { rewards, promise, stranger, owed, coins } = await setup();
      const claim = await promise(500n);
      await assertions.emitWithArgs(
        rewards.write.claim([claim], { account: stranger.account }),
        rewards,
        "RewardClaimed",
        [1, 1n, 500n, 500n, 0n],
      );
      expect(await rewards.read.creditOf([1n])).to.deep.equal([500n, 0n]);
      expect(await rewards.read.claimedOf([1, 1n])).to.equal(500n);
      expect((await rewards.read.booksOf([1])).claimed).to.equal(500n);
      expect(await owed()).to.equal(await coins());
    });

    it("credits the difference to what was claimed before", async () => {
      const { rewards, promise, closeEra, post, activate, claimOf } = await setup();
      await rewards.write.claim([await promise(500n)]);
      await closeEra(400n);
      const entries = [entryOf(1n, 620n), entryOf(2n, 80n)];
      await post(entries);
      await activate();
      await rewards.write.claim([claimOf(entryOf(1n, 620n), entries)]);
      await rewards.write.claim([claimOf(entryOf(2n, 80n), entries)]);
      expect(await rewards.read.creditOf([1n])).to.deep.equal([620n, 0n]);
      expect(await rewards.read.creditOf([2n])).to.deep.equal([80n, 0n]);
    });

    it("adds what several subnets give", async () => {
      const { rewards, promise, closeEra, post, activate, claimOf } = await setup();
      await rewards.write.claim([await promise(500n)]);
      await closeEra(200n, 2);
      const entries = [entryOf(1n, 100n)];
      await post(entries, { subnetId: 2 });
      await activate();
      await rewards.write.claim([claimOf(entryOf(1n, 100n), entries, 2)]);
      expect(await rewards.read.creditOf([1n])).to.deep.equal([600n, 0n]);
    });

    it("is refused without the root, with another subnet's, and before it is active", async () => {
      const { rewards, closeEra, post, claimOf } = await setup();
      await closeEra(1_000n);
      const entries = [entryOf(1n, 5n)];
      await post(entries);
      const claim = claimOf(entryOf(1n, 5n), entries);
      const { activatesAt } = await rewards.read.rootOf([1, claim.root]);
      await refused(rewards.write.claim([claim]), "EraRewards_RootPending", [
        1,
        claim.root,
        BigInt(activatesAt),
      ]);
      await refused(rewards.write.claim([{ ...claim, root: zeroHash }]), "EraRewards_RootNotFound", [
        1,
        zeroHash,
      ]);
      await refused(rewards.write.claim([{ ...claim, subnetId: 2 }]), "EraRewards_RootNotFound", [
        2,
        claim.root,
      ]);
    });

    it("is refused with another amount, node or proof", async () => {
      const { rewards, promise } = await setup();
      const claim = await promise(500n);
      for (const changes of [
        { cumulative: 501n },
        { cumulative: MAX },
        { nodeId: 2n },
        { proof: [zeroHash] },
      ]) {
        const wrong = { ...claim, ...changes };
        await refused(rewards.write.claim([wrong]), "EraRewards_BadProof", [
          1,
          wrong.nodeId,
          wrong.cumulative,
          claim.root,
        ]);
      }
    });
  });

  describe("withdrawRewards", () => {
    it("pays the owner, whoever calls, once", async () => {
      const { rewards, promise, nodeOwner, stranger } = await setup();
      await rewards.write.claim([await promise(500n)]);
      const withdrawn = rewards.write.withdrawRewards([1n], { account: stranger.account });
      await assertions.balancesHaveChanged(withdrawn, [
        { address: addressOf(nodeOwner), amount: 500n },
        { address: rewards.address, amount: -500n },
      ]);
      await assertions.emitWithArgs(withdrawn, rewards, "RewardsWithdrawn", [1n, addressOf(nodeOwner), 500n]);
      await refused(rewards.write.withdrawRewards([1n]), "EraRewards_NothingToWithdraw", [1n]);
    });

    it("pays the wallet that the owner named, until it names itself again", async () => {
      const { rewards, promise, nodeOwner, stranger } = await setup();
      const claim = await promise(500n);
      const wallet = "0x00000000000000000000000000000000000b0b0b";
      await assertions.emitWithArgs(
        rewards.write.setRewardWallet([1n, wallet], { account: nodeOwner.account }),
        rewards,
        "RewardWalletChanged",
        [1n, getAddress(wallet)],
      );
      expect(await rewards.read.rewardWalletOf([1n])).to.equal(getAddress(wallet));
      await assertions.balancesHaveChanged(
        rewards.write.claimAndWithdraw([claim], { account: stranger.account }),
        [{ address: wallet, amount: 500n }],
      );
      await rewards.write.setRewardWallet([1n, zeroAddress], { account: nodeOwner.account });
      expect(await rewards.read.rewardWalletOf([1n])).to.equal(addressOf(nodeOwner));
    });

    it("is refused for no node; the wallet is the owner's alone to name", async () => {
      const { rewards, gateway } = await setup();
      await refused(rewards.write.withdrawRewards([9n]), "EraRewards_NodeNotFound", [9n]);
      await refused(rewards.write.setRewardWallet([9n, zeroAddress]), "EraRewards_NodeNotFound", [9n]);
      await refused(
        rewards.write.setRewardWallet([1n, addressOf(gateway)], { account: gateway.account }),
        "EraRewards_NotNodeOwner",
        [1n, addressOf(gateway)],
      );
    });
  });

  describe("slashRewards", () => {
    it("takes credit first, then what the next claims bring, for the protocol's pool", async () => {
      const { rewards, slasher, promise, closeEra, post, activate, claimOf, owed, coins } = await slashing();
      await rewards.write.claim([await promise(500n)]);
      const [before] = await rewards.read.totals();
      const slashed = rewards.write.slashRewards([1n, 700n], { account: slasher.account });
      await assertions.emitWithArgs(slashed, rewards, "RewardsSlashed", [1n, 500n, 200n]);
      expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 200n]);
      for (const [cumulative, credited, deducted] of [
        [620n, 0n, 120n],
        [800n, 100n, 80n],
      ] as const) {
        await closeEra(360n);
        await post([entryOf(1n, cumulative)]);
        await activate();
        await assertions.emitWithArgs(
          rewards.write.claim([claimOf(entryOf(1n, cumulative), [entryOf(1n, cumulative)])]),
          rewards,
          "RewardClaimed",
          [1, 1n, cumulative, credited, deducted],
        );
      }
      expect(await rewards.read.creditOf([1n])).to.deep.equal([100n, 0n]);
      expect((await rewards.read.totals())[0]).to.equal(before + 700n);
      expect(await owed()).to.equal(await coins());
    });

    it("says what was there to take", async () => {
      const { rewards, slasher, promise } = await slashing();
      await rewards.write.claim([await promise(500n)]);
      const from = { account: slasher.account.address };
      expect((await rewards.simulate.slashRewards([1n, 499n], from)).result).to.equal(499n);
      expect((await rewards.simulate.slashRewards([1n, 501n], from)).result).to.equal(500n);
      expect((await rewards.simulate.slashRewards([2n, 5n], from)).result).to.equal(0n);
    });

    it("never reverts on less, nor on too much", async () => {
      const { rewards, slasher } = await slashing();
      const from = { account: slasher.account };
      await rewards.write.slashRewards([9n, 0n], from);
      await rewards.write.slashRewards([1n, MAX], from);
      await rewards.write.slashRewards([1n, MAX], from);
      expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 2n ** 128n - 1n]);
    });

    it("is refused to all but the slasher, and before there is one", async () => {
      const { rewards, owner, stranger } = await setup();
      await refused(
        rewards.write.slashRewards([1n, 1n], { account: owner.account }),
        "EraRewards_NotSlasher",
        [addressOf(owner)],
      );
      await rewards.write.setSlasher([stranger.account.address], { account: owner.account });
      await refused(
        rewards.write.slashRewards([1n, 1n], { account: owner.account }),
        "EraRewards_NotSlasher",
        [addressOf(owner)],
      );
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRewards);
  }

  async function slashing() {
    const fixture = await setup();
    const { rewards, owner, slasher } = fixture;
    await rewards.write.setSlasher([slasher.account.address], { account: owner.account });
    // No liveness rewards: what is in the protocol's pool stays there.
    const none = { poolShareBps: 5_000, targetBps: 8_000, livenessCap: 0n, livenessPerPoint: 0n };
    await rewards.write.setParameters([none], { account: owner.account });
    return fixture;
  }
});
