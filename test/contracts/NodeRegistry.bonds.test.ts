import { expect } from "chai";
import { network } from "hardhat";
import { getAddress } from "viem";
import { addressOf, resources } from "../support/contracts/market-fixture.ts";
import {
  DAY,
  deployRegistries,
  FIZZ_RAISED_BOND,
  MODE,
  NODE_STATUS,
  PROVIDER_MIN_BOND,
  THAW_SECONDS,
} from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const FIZZ_LIMIT = { milliCpu: 32_000, memoryMiB: 131_072, storageGiB: 2_000, gpuUnits: 1, gpuModel: 1_023 };
const RAISED_LIMIT = {
  milliCpu: 128_000,
  memoryMiB: 524_288,
  storageGiB: 8_000,
  gpuUnits: 4,
  gpuModel: 1_023,
};

describe("NodeRegistry: bonds", () => {
  describe("bond, thawBond, cancelThaw, withdrawBond", () => {
    it("take coin in and out again, slowly", async () => {
      const { nodes, provider, now, publicClient } = await setup();
      const held = await publicClient.getBalance({ address: nodes.address });
      const added = nodes.write.bond([2n], { account: provider.account, value: 5n });
      await assertions.emitWithArgs(added, nodes, "BondChanged", [2n, PROVIDER_MIN_BOND + 5n, 0n, 0]);
      expect(await publicClient.getBalance({ address: nodes.address })).to.equal(held + 5n);

      await nodes.write.thawBond([2n, 5n], { account: provider.account });
      const thawedAt = (await now()) + THAW_SECONDS;
      expect(await nodes.read.bondOf([2n])).to.deep.equal({
        amount: PROVIDER_MIN_BOND + 5n,
        thawing: 5n,
        thawedAt,
        locked: 0n,
        lockedUntil: 0,
      });
      await networkHelpers.time.setNextBlockTimestamp(thawedAt - 1);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.withdrawBond([2n], { account: provider.account }),
        nodes,
        "NodeRegistry_BondThawing",
        [2n, thawedAt],
      );
      await networkHelpers.time.setNextBlockTimestamp(thawedAt);
      const withdrawn = nodes.write.withdrawBond([2n], { account: provider.account });
      await assertions.balancesHaveChanged(withdrawn, [
        { address: addressOf(provider), amount: 5n },
        { address: nodes.address, amount: -5n },
      ]);
      await assertions.emitWithArgs(withdrawn, nodes, "BondChanged", [2n, PROVIDER_MIN_BOND, 0n, 0]);
    });

    it("merge thaws: what thaws already starts anew together with the new part", async () => {
      const { nodes, provider, now } = await setup();
      await nodes.write.bond([2n], { account: provider.account, value: 10n });
      await nodes.write.thawBond([2n, 4n], { account: provider.account });
      await networkHelpers.time.increase(THAW_SECONDS - 10);
      await nodes.write.thawBond([2n, 6n], { account: provider.account });
      expect(await nodes.read.bondOf([2n])).to.deep.include({
        thawing: 10n,
        thawedAt: (await now()) + THAW_SECONDS,
      });
    });

    it("keep what thaws when the owner thinks better of it", async () => {
      const { nodes, provider } = await setup();
      await nodes.write.thawBond([2n, 7n], { account: provider.account });
      await assertions.emitWithArgs(
        nodes.write.cancelThaw([2n], { account: provider.account }),
        nodes,
        "BondChanged",
        [2n, PROVIDER_MIN_BOND, 0n, 0],
      );
      await networkHelpers.time.increase(THAW_SECONDS);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.withdrawBond([2n], { account: provider.account }),
        nodes,
        "NodeRegistry_NothingThaws",
        [2n],
      );
    });

    it("keep the bond when the owner refuses the coin, and pay it once when it takes it", async () => {
      const { nodes, wallet, asWallet } = await setup();
      await asWallet("nodes", { functionName: "bond", args: [3n], value: 9n });
      await asWallet("nodes", { functionName: "thawBond", args: [3n, 9n] });
      await networkHelpers.time.increase(THAW_SECONDS);
      await wallet.write.setRefuses([true]);
      await assertions.revertWithCustomErrorWithArgs(
        asWallet("nodes", { functionName: "withdrawBond", args: [3n] }),
        nodes,
        "NodeRegistry_TransferFailed",
        [getAddress(wallet.address), 9n],
      );
      expect((await nodes.read.bondOf([3n])).amount).to.equal(9n);
      await wallet.write.setRefuses([false]);
      await assertions.balancesHaveChanged(asWallet("nodes", { functionName: "withdrawBond", args: [3n] }), [
        { address: wallet.address, amount: 9n },
      ]);
    });
  });

  describe("what a bond lets a node do", () => {
    it("lets a provider node join from its minimum on", async () => {
      const { nodes, other, newNode } = await setup();
      const nodeId = await newNode(other, { mode: MODE.provider });
      const join = async () => await nodes.write.joinSubnet([nodeId, 1, 2_000], { account: other.account });
      await nodes.write.bond([nodeId], { account: other.account, value: PROVIDER_MIN_BOND - 1n });
      await assertions.revertWithCustomErrorWithArgs(join(), nodes, "NodeRegistry_BondTooLow", [
        nodeId,
        PROVIDER_MIN_BOND - 1n,
        PROVIDER_MIN_BOND,
      ]);
      await nodes.write.bond([nodeId], { account: other.account, value: 1n });
      await join();
    });

    it("does not count what thaws: neither for joining nor for serving again", async () => {
      const { nodes, provider } = await setup();
      await nodes.write.joinSubnet([2n, 1, 2_000], { account: provider.account });
      const thawed = nodes.write.thawBond([2n, 1n], { account: provider.account });
      await assertions.emitWithArgs(thawed, nodes, "NodeStatusChanged", [2n, NODE_STATUS.draining]);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setDraining([2n, false], { account: provider.account }),
        nodes,
        "NodeRegistry_BondTooLow",
        [2n, PROVIDER_MIN_BOND - 1n, PROVIDER_MIN_BOND],
      );
      await nodes.write.cancelThaw([2n], { account: provider.account });
      await nodes.write.setDraining([2n, false], { account: provider.account });
    });

    it("limits what a Fizz node offers, field by field", async () => {
      const { nodes, nodeOwner } = await setup();
      const limits = [
        ["milliCpu", 32_001, 32_000],
        ["memoryMiB", 131_073, 131_072],
        ["storageGiB", 2_001, 2_000],
        ["gpuUnits", 2, 1],
      ] as const;
      for (const [field, offered, limit] of limits) {
        await assertions.revertWithCustomErrorWithArgs(
          nodes.write.setResources([1n, resources({ ...FIZZ_LIMIT, [field]: offered })], {
            account: nodeOwner.account,
          }),
          nodes,
          "NodeRegistry_OfferTooLarge",
          [field, BigInt(offered), BigInt(limit)],
        );
      }
      await nodes.write.setResources([1n, resources(FIZZ_LIMIT)], { account: nodeOwner.account });
      expect(await nodes.read.offerLimitOf([MODE.fizz, FIZZ_RAISED_BOND - 1n])).to.equal(
        resources(FIZZ_LIMIT),
      );
    });

    it("lets a Fizz node offer four times as much from the raised bond on", async () => {
      const { nodes, nodeOwner } = await setup();
      const offer = async (vector: typeof RAISED_LIMIT) =>
        await nodes.write.setResources([1n, resources(vector)], { account: nodeOwner.account });
      await nodes.write.bond([1n], { account: nodeOwner.account, value: FIZZ_RAISED_BOND - 1n });
      await assertions.revertWithCustomError(offer(RAISED_LIMIT), nodes, "NodeRegistry_OfferTooLarge");
      await nodes.write.bond([1n], { account: nodeOwner.account, value: 1n });
      await offer(RAISED_LIMIT);
      expect((await nodes.read.nodeOf([1n])).resources).to.equal(resources(RAISED_LIMIT));
      await assertions.revertWithCustomErrorWithArgs(
        offer({ ...RAISED_LIMIT, gpuUnits: 5 }),
        nodes,
        "NodeRegistry_OfferTooLarge",
        ["gpuUnits", 5n, 4n],
      );
    });

    it("makes a Fizz node drain that thaws what raised its offer, until it offers less", async () => {
      const { nodes, nodeOwner, statusOf } = await setup();
      const account = nodeOwner.account;
      await nodes.write.bond([1n], { account, value: FIZZ_RAISED_BOND });
      await nodes.write.setResources([1n, resources(RAISED_LIMIT)], { account });
      await nodes.write.thawBond([1n, 1n], { account });
      expect(await statusOf(1n)).to.equal("draining");
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.setDraining([1n, false], { account }),
        nodes,
        "NodeRegistry_BondTooLow",
        [1n, FIZZ_RAISED_BOND - 1n, FIZZ_RAISED_BOND],
      );
      await nodes.write.setResources([1n, resources(FIZZ_LIMIT)], { account });
      await nodes.write.setDraining([1n, false], { account });
      expect(await statusOf(1n)).to.equal("active");
    });

    it("limits a provider node by what can be stored only", async () => {
      const { nodes, provider } = await setup();
      const widest = {
        milliCpu: 2 ** 22 - 1,
        memoryMiB: 2 ** 24 - 1,
        storageGiB: 2 ** 22 - 1,
        gpuUnits: 1_023,
        gpuModel: 1_023,
      };
      await nodes.write.setResources([2n, resources(widest)], { account: provider.account });
      expect((await nodes.read.nodeOf([2n])).resources).to.equal(resources(widest));
      for (const field of Object.keys(widest) as (keyof typeof widest)[]) {
        const limit = widest[field];
        await assertions.revertWithCustomErrorWithArgs(
          nodes.write.setResources([2n, resources({ ...widest, [field]: limit + 1 })], {
            account: provider.account,
          }),
          nodes,
          "NodeRegistry_OfferTooLarge",
          [field, BigInt(limit + 1), BigInt(limit)],
        );
      }
    });
  });

  describe("lockBond and unlockBond", () => {
    it("hold what is there, merge, keep the later time, and end by themselves", async () => {
      const { nodes, slasher, now } = await setup();
      const until = (await now()) + 10 * DAY;
      const half = PROVIDER_MIN_BOND / 2n;
      await assertions.emitWithArgs(
        nodes.write.lockBond([2n, half, until], { account: slasher.account }),
        nodes,
        "BondLocked",
        [2n, half, until],
      );
      const { result } = await nodes.simulate.lockBond([2n, PROVIDER_MIN_BOND, until - DAY], {
        account: slasher.account.address,
      });
      expect(result).to.equal(half);
      await nodes.write.lockBond([2n, PROVIDER_MIN_BOND, until - DAY], { account: slasher.account });
      expect(await nodes.read.bondOf([2n])).to.deep.include({
        locked: PROVIDER_MIN_BOND,
        lockedUntil: until,
      });
      await networkHelpers.time.increaseTo(until - 1);
      expect((await nodes.read.bondOf([2n])).locked).to.equal(PROVIDER_MIN_BOND);
      await networkHelpers.time.increaseTo(until);
      expect(await nodes.read.bondOf([2n])).to.deep.include({ locked: 0n, lockedUntil: 0 });
    });

    it("free no more than is held", async () => {
      const { nodes, slasher, now } = await setup();
      const until = (await now()) + DAY;
      await nodes.write.lockBond([2n, 10n, until], { account: slasher.account });
      await assertions.emitWithArgs(
        nodes.write.unlockBond([2n, 4n], { account: slasher.account }),
        nodes,
        "BondLocked",
        [2n, 6n, until],
      );
      await assertions.emitWithArgs(
        nodes.write.unlockBond([2n, 2n ** 96n - 1n], { account: slasher.account }),
        nodes,
        "BondLocked",
        [2n, 0n, 0],
      );
    });

    it("keep what is locked from being withdrawn, and nothing else", async () => {
      const { nodes, slasher, provider, now } = await setup();
      await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
      await networkHelpers.time.increase(THAW_SECONDS);
      const until = (await now()) + DAY;
      await nodes.write.lockBond([2n, PROVIDER_MIN_BOND - 3n, until], { account: slasher.account });
      await assertions.balancesHaveChanged(nodes.write.withdrawBond([2n], { account: provider.account }), [
        { address: addressOf(provider), amount: 3n },
      ]);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.withdrawBond([2n], { account: provider.account }),
        nodes,
        "NodeRegistry_BondIsLocked",
        [2n, PROVIDER_MIN_BOND - 3n, until],
      );
      await networkHelpers.time.increaseTo(until);
      await assertions.balancesHaveChanged(nodes.write.withdrawBond([2n], { account: provider.account }), [
        { address: addressOf(provider), amount: PROVIDER_MIN_BOND - 3n },
      ]);
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
