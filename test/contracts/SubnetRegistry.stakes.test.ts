import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, getAddress, zeroAddress } from "viem";
import { subnetRegistryAbi } from "@fizz/protocol/chain";
import { addressOf, STAKE, subnetSettings } from "../support/contracts/market-fixture.ts";
import { DAY, deployRegistries, THAW_SECONDS } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const MAX = 2n ** 96n - 1n;

describe("SubnetRegistry: stakes", () => {
  describe("addStake, thawStake, withdrawStake", () => {
    it("take coin in and out again, slowly, down to the minimum", async () => {
      const { subnets, gateway, now } = await setup();
      const account = gateway.account;
      const added = subnets.write.addStake([1], { account, value: 9n });
      await assertions.emitWithArgs(added, subnets, "StakeChanged", [1, STAKE + 9n, 0n, 0]);
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.thawStake([1, 10n], { account }),
        subnets,
        "SubnetRegistry_StakeTooLow",
        [STAKE - 1n, STAKE],
      );
      await subnets.write.thawStake([1, 9n], { account });
      const thawedAt = (await now()) + THAW_SECONDS;
      expect(await subnets.read.stakeOf([1])).to.deep.equal({
        amount: STAKE + 9n,
        thawing: 9n,
        thawedAt,
        locked: 0n,
        lockedUntil: 0,
      });
      await networkHelpers.time.setNextBlockTimestamp(thawedAt - 1);
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.withdrawStake([1], { account }),
        subnets,
        "SubnetRegistry_StakeThawing",
        [1, thawedAt],
      );
      await networkHelpers.time.setNextBlockTimestamp(thawedAt);
      const withdrawn = subnets.write.withdrawStake([1], { account });
      await assertions.balancesHaveChanged(withdrawn, [{ address: addressOf(gateway), amount: 9n }]);
      await assertions.emitWithArgs(withdrawn, subnets, "StakeChanged", [1, STAKE, 0n, 0]);
      expect((await subnets.read.cutOf([1]))[2]).to.equal(true);
    });

    it("let a closed subnet take all of it, with the thaw merged", async () => {
      const { subnets, gateway, now } = await setup();
      const account = gateway.account;
      await subnets.write.addStake([1], { account, value: 9n });
      await subnets.write.thawStake([1, 4n], { account });
      await networkHelpers.time.increase(DAY);
      const closed = subnets.write.closeSubnet([1], { account });
      await closed;
      const thawedAt = (await now()) + THAW_SECONDS;
      await assertions.emitWithArgs(closed, subnets, "SubnetClosed", [1, thawedAt]);
      await assertions.emitWithArgs(closed, subnets, "StakeChanged", [1, STAKE + 9n, STAKE + 9n, thawedAt]);
      await networkHelpers.time.increaseTo(thawedAt);
      await assertions.balancesHaveChanged(subnets.write.withdrawStake([1], { account }), [
        { address: addressOf(gateway), amount: STAKE + 9n },
      ]);
    });

    it("pay nobody twice: a receiver that calls back gets nothing more", async () => {
      const { subnets, wallet, asWallet, other } = await setup();
      const settings = subnetSettings(other.account.address);
      await asWallet("subnets", { functionName: "registerSubnet", args: [settings], value: STAKE });
      await asWallet("subnets", { functionName: "closeSubnet", args: [3] });
      await networkHelpers.time.increase(THAW_SECONDS);
      const withdraw = { functionName: "withdrawStake", args: [3] } as const;
      await wallet.write.setCallback([
        subnets.address,
        encodeFunctionData({ abi: subnetRegistryAbi, ...withdraw }),
      ]);
      await assertions.balancesHaveChanged(asWallet("subnets", withdraw), [
        { address: wallet.address, amount: STAKE },
        { address: subnets.address, amount: -STAKE },
      ]);
      expect(await wallet.read.reentered()).to.equal(false);
    });
  });

  describe("lockStake and unlockStake", () => {
    it("hold what is there, keep it from being withdrawn, and end by themselves", async () => {
      const { subnets, gateway, slasher, now } = await setup();
      await subnets.write.closeSubnet([1], { account: gateway.account });
      await networkHelpers.time.increase(THAW_SECONDS);
      const until = (await now()) + DAY;
      await assertions.emitWithArgs(
        subnets.write.lockStake([1, MAX, until], { account: slasher.account }),
        subnets,
        "StakeLocked",
        [1, STAKE, until],
      );
      await assertions.revertWithCustomErrorWithArgs(
        subnets.write.withdrawStake([1], { account: gateway.account }),
        subnets,
        "SubnetRegistry_StakeIsLocked",
        [1, STAKE, until],
      );
      await assertions.emitWithArgs(
        subnets.write.unlockStake([1, 3n], { account: slasher.account }),
        subnets,
        "StakeLocked",
        [1, STAKE - 3n, until],
      );
      await assertions.balancesHaveChanged(subnets.write.withdrawStake([1], { account: gateway.account }), [
        { address: addressOf(gateway), amount: 3n },
      ]);
      await networkHelpers.time.increaseTo(until);
      expect(await subnets.read.stakeOf([1])).to.deep.include({ locked: 0n, lockedUntil: 0 });
      await subnets.write.withdrawStake([1], { account: gateway.account });
    });

    it("hold nothing more where all is held, and keep it as long as the later report needs", async () => {
      const { subnets, slasher, now } = await setup();
      const until = (await now()) + DAY;
      await subnets.write.lockStake([1, MAX, until], { account: slasher.account });
      await subnets.write.lockStake([1, 1n, until + DAY], { account: slasher.account });
      expect(await subnets.read.stakeOf([1])).to.deep.include({
        locked: STAKE,
        lockedUntil: until + DAY,
      });
    });
  });

  describe("slashStake", () => {
    it("takes the coin, sends it to the slasher, and stops the subnet until stake is added", async () => {
      const { subnets, nodes, gateway, provider, slasher } = await setup();
      const slashed = subnets.write.slashStake([1, 5n], { account: slasher.account });
      await assertions.balancesHaveChanged(slashed, [
        { address: addressOf(slasher), amount: 5n },
        { address: subnets.address, amount: -5n },
      ]);
      await assertions.emitWithArgs(slashed, subnets, "StakeSlashed", [1, 5n]);
      await assertions.emitWithArgs(slashed, subnets, "StakeChanged", [1, STAKE - 5n, 0n, 0]);
      expect((await subnets.read.cutOf([1]))[2]).to.equal(false);
      expect(await subnets.read.subnetOf([1])).to.deep.include({ active: false, closed: false });
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.joinSubnet([2n, 1, 2_000], { account: provider.account }),
        nodes,
        "NodeRegistry_NotAdmitted",
        [2n, 1],
      );
      await subnets.write.addStake([1], { account: gateway.account, value: 4n });
      expect((await subnets.read.cutOf([1]))[2]).to.equal(false);
      await subnets.write.addStake([1], { account: gateway.account, value: 1n });
      expect((await subnets.read.cutOf([1]))[2]).to.equal(true);
      await nodes.write.joinSubnet([2n, 1, 2_000], { account: provider.account });
    });

    it("does not count what thaws as stake", async () => {
      const { subnets, gateway, slasher } = await setup();
      await subnets.write.addStake([1], { account: gateway.account, value: 10n });
      await subnets.write.thawStake([1, 10n], { account: gateway.account });
      await subnets.write.slashStake([1, 5n], { account: slasher.account });
      expect(await subnets.read.stakeOf([1])).to.deep.include({ amount: STAKE + 5n, thawing: 9n });
      expect((await subnets.read.cutOf([1]))[2]).to.equal(false);
    });

    it("takes what is there of a closed subnet too, and nothing when nothing is there", async () => {
      const { subnets, gateway, slasher } = await setup();
      await subnets.write.closeSubnet([1], { account: gateway.account });
      const { result } = await subnets.simulate.slashStake([1, MAX], { account: slasher.account.address });
      expect(result).to.equal(STAKE);
      await subnets.write.slashStake([1, MAX], { account: slasher.account });
      await assertions.balancesHaveChanged(subnets.write.slashStake([1, MAX], { account: slasher.account }), [
        { address: addressOf(slasher), amount: 0n },
      ]);
      expect(await subnets.read.stakeOf([1])).to.deep.include({ amount: 0n, thawing: 0n, thawedAt: 0 });
    });

    it("is undone when the slasher refuses the coin", async () => {
      const { owner, forwarder, wallet, other, gateway } = await setup();
      const subnets = await viem.deployContract("SubnetRegistry", [addressOf(owner), forwarder.address]);
      await subnets.write.setSlasher([wallet.address], { account: owner.account });
      const settings = subnetSettings(gateway.account.address);
      await subnets.write.registerSubnet([settings], { account: gateway.account, value: STAKE });
      await wallet.write.setRefuses([true]);
      const data = encodeFunctionData({
        abi: subnetRegistryAbi,
        functionName: "slashStake",
        args: [1, 4n],
      });
      await assertions.revertWithCustomErrorWithArgs(
        wallet.write.execute([subnets.address, data], { account: other.account }),
        subnets,
        "SubnetRegistry_TransferFailed",
        [getAddress(wallet.address), 4n],
      );
      expect((await subnets.read.stakeOf([1])).amount).to.equal(STAKE);
    });
  });

  describe("setSlasher", () => {
    it("names the slasher once, by the protocol's owner; nobody else locks and slashes", async () => {
      const { owner, forwarder, stranger, now } = await setup();
      const subnets = await viem.deployContract("SubnetRegistry", [addressOf(owner), forwarder.address]);
      const name = async (slasher: `0x${string}`, by = owner) =>
        await subnets.write.setSlasher([slasher], { account: by.account });
      const refused = async () => {
        const by = { account: owner.account };
        for (const call of [
          subnets.write.lockStake([1, 1n, (await now()) + DAY], by),
          subnets.write.unlockStake([1, 1n], by),
          subnets.write.slashStake([1, 1n], by),
        ])
          await assertions.revertWithCustomErrorWithArgs(call, subnets, "SubnetRegistry_NotSlasher", [
            addressOf(owner),
          ]);
      };
      await refused();
      await assertions.revertWithCustomError(
        name(addressOf(stranger), stranger),
        subnets,
        "OwnableUnauthorizedAccount",
      );
      await assertions.revertWithCustomError(name(zeroAddress), subnets, "SubnetRegistry_ZeroSlasher");
      await assertions.emitWithArgs(name(addressOf(stranger)), subnets, "SlasherSet", [addressOf(stranger)]);
      await assertions.revertWithCustomErrorWithArgs(
        name(addressOf(owner)),
        subnets,
        "SubnetRegistry_SlasherAlreadySet",
        [addressOf(stranger)],
      );
      await refused();
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
