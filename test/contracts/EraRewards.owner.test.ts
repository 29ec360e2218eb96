import { expect } from "chai";
import { network } from "hardhat";
import { concat, encodeFunctionData, getAddress, zeroAddress } from "viem";
import { eraRewardsAbi } from "@fizz/protocol/chain";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { deployRewards, ETHER, refusals } from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const refused = refusals(viem);

describe("EraRewards, owner and treasury", () => {
  describe("the owner's parameters", () => {
    const good = {
      poolShareBps: 8_000,
      targetBps: 1_000,
      livenessCap: 100n * ETHER,
      livenessPerPoint: 10n ** 14n,
    };

    it("move within their constants", async () => {
      const { rewards, owner } = await setup();
      const from = { account: owner.account };
      expect(await rewards.read.parameters()).to.deep.equal({
        poolShareBps: 5_000,
        targetBps: 8_000,
        livenessCap: ETHER,
        livenessPerPoint: 10n ** 12n,
      });
      await assertions.emitWithArgs(rewards.write.setParameters([good], from), rewards, "ParametersChanged", [
        good,
      ]);
      expect(await rewards.read.parameters()).to.deep.equal(good);
      const zero = { poolShareBps: 0, targetBps: 10_000, livenessCap: 0n, livenessPerPoint: 0n };
      await rewards.write.setParameters([zero], from);
      const wrong = [
        [{ poolShareBps: 8_001 }, "poolShareBps", 8_001n, 0n, 8_000n],
        [{ targetBps: 999 }, "targetBps", 999n, 1_000n, 10_000n],
        [{ targetBps: 10_001 }, "targetBps", 10_001n, 1_000n, 10_000n],
        [{ livenessCap: 100n * ETHER + 1n }, "livenessCap", 100n * ETHER + 1n, 0n, 100n * ETHER],
        [{ livenessPerPoint: 10n ** 14n + 1n }, "livenessPerPoint", 10n ** 14n + 1n, 0n, 10n ** 14n],
      ] as const;
      for (const [changes, name, value, min, max] of wrong)
        await refused(
          rewards.write.setParameters([{ ...good, ...changes }], from),
          "EraRewards_ParameterOutOfRange",
          [bytes32(name), value, min, max],
        );
    });

    it("include treasury, guardian and slasher; the slasher is set once", async () => {
      const { rewards, owner, stranger, gateway } = await setup();
      const from = { account: owner.account };
      const who = addressOf(stranger);
      await assertions.emitWithArgs(rewards.write.setTreasury([who], from), rewards, "TreasuryChanged", [
        who,
      ]);
      await assertions.emitWithArgs(rewards.write.setGuardian([who], from), rewards, "GuardianChanged", [
        who,
      ]);
      await refused(rewards.write.setSlasher([zeroAddress], from), "EraRewards_ZeroSlasher", []);
      await assertions.emitWithArgs(rewards.write.setSlasher([who], from), rewards, "SlasherSet", [who]);
      await refused(rewards.write.setSlasher([addressOf(gateway)], from), "EraRewards_SlasherAlreadySet", [
        who,
      ]);
      await refused(rewards.write.setTreasury([zeroAddress], from), "EraRewards_ZeroTreasury", []);
      expect([
        await rewards.read.treasury(),
        await rewards.read.guardian(),
        await rewards.read.slasher(),
      ]).to.deep.equal([who, who, who]);
    });

    it("are refused to others", async () => {
      const { rewards, gateway } = await setup();
      const from = { account: gateway.account };
      const who = addressOf(gateway);
      for (const call of [
        rewards.write.setParameters([good], from),
        rewards.write.setTreasury([who], from),
        rewards.write.setGuardian([who], from),
        rewards.write.setSlasher([who], from),
      ])
        await refused(call, "OwnableUnauthorizedAccount", [who]);
    });
  });

  describe("payTreasury", () => {
    it("pays the treasury, whoever calls, once", async () => {
      const { rewards, registry, treasury, stranger } = await setup();
      await registry.write.payFees({ value: 1_000n });
      await rewards.write.pullFees();
      const from = { account: stranger.account };
      const paid = rewards.write.payTreasury(from);
      await assertions.balancesHaveChanged(paid, [{ address: addressOf(treasury), amount: 500n }]);
      await assertions.emitWithArgs(paid, rewards, "TreasuryPaid", [addressOf(treasury), 500n]);
      await assertions.balancesHaveChanged(rewards.write.payTreasury(from), [
        { address: addressOf(treasury), amount: 0n },
      ]);
    });

    it("keeps the money when the treasury refuses it", async () => {
      const { rewards, registry, owner } = await setup();
      const wallet = await viem.deployContract("HostileWallet");
      await wallet.write.setRefuses([true]);
      await rewards.write.setTreasury([wallet.address], { account: owner.account });
      await registry.write.payFees({ value: 1_000n });
      await rewards.write.pullFees();
      await refused(rewards.write.payTreasury(), "EraRewards_TransferFailed", [
        getAddress(wallet.address),
        500n,
      ]);
      expect((await rewards.read.totals())[1]).to.equal(500n);
    });

    it("passes cuts in tokens on to it", async () => {
      const { rewards, meter, treasury } = await setup();
      const token = await viem.deployContract("PermitToken");
      await token.write.mint([meter.address, 70n]);
      await meter.write.payToken([token.address, 70n]);
      await assertions.emitWithArgs(
        rewards.write.payTreasuryToken([token.address]),
        rewards,
        "TreasuryTokenPaid",
        [addressOf(treasury), getAddress(token.address), 70n],
      );
      expect(await token.read.balanceOf([treasury.account.address])).to.equal(70n);
      await rewards.write.payTreasuryToken([token.address]);
      expect(await token.read.balanceOf([treasury.account.address])).to.equal(70n);
    });
  });

  describe("meta-transactions", () => {
    it("are the signer's when the forwarder brings them, and the caller's when anybody else does", async () => {
      const { rewards, nodeOwner, forwarder, stranger } = await setup();
      const wallet = addressOf(stranger);
      const data = encodeFunctionData({
        abi: eraRewardsAbi,
        functionName: "setRewardWallet",
        args: [1n, wallet],
      });
      const signed = concat([data, nodeOwner.account.address]);
      await refused(
        stranger.sendTransaction({ account: stranger.account, to: rewards.address, data: signed }),
        "EraRewards_NotNodeOwner",
        [1n, wallet],
      );
      await forwarder.sendTransaction({ account: forwarder.account, to: rewards.address, data: signed });
      expect(await rewards.read.rewardWalletOf([1n])).to.equal(wallet);
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRewards);
  }

  function bytes32(text: string): string {
    return `0x${Buffer.from(text).toString("hex").padEnd(64, "0")}`;
  }
});
