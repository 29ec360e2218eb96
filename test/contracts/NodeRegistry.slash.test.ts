import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, getAddress, zeroAddress } from "viem";
import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { addressOf, FEE, registration } from "../support/contracts/market-fixture.ts";
import {
  DAY,
  deployRegistries,
  NODE_STATUS,
  PROVIDER_MIN_BOND,
  THAW_SECONDS,
} from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const MAX = 2n ** 96n - 1n;

describe("NodeRegistry: slashing", () => {
  describe("slashBond", () => {
    it("takes the coin, sends it to the slasher, and says so", async () => {
      const { nodes, slasher } = await setup();
      const slashed = nodes.write.slashBond([2n, 40n], { account: slasher.account });
      await assertions.balancesHaveChanged(slashed, [
        { address: addressOf(slasher), amount: 40n },
        { address: nodes.address, amount: -40n },
      ]);
      await assertions.emitWithArgs(slashed, nodes, "BondSlashed", [2n, 40n]);
      await assertions.emitWithArgs(slashed, nodes, "BondChanged", [2n, PROVIDER_MIN_BOND - 40n, 0n, 0]);
    });

    it("suspends a node that is left with less than it needs, and no other", async () => {
      const { nodes, slasher, provider, statusOf, now } = await setup();
      await nodes.write.bond([2n], { account: provider.account, value: 100n });
      await nodes.write.slashBond([2n, 100n], { account: slasher.account });
      expect(await statusOf(2n)).to.equal("registered");
      const slashed = nodes.write.slashBond([2n, 1n], { account: slasher.account });
      await assertions.emitWithArgs(slashed, nodes, "NodeStatusChanged", [2n, NODE_STATUS.suspended]);
      await assertions.emitWithArgs(slashed, nodes, "NodeSuspended", [2n, await now()]);
    });

    it("leaves a small Fizz node where it is: it needs no bond", async () => {
      const { nodes, slasher, nodeOwner, statusOf } = await setup();
      await nodes.write.bond([1n], { account: nodeOwner.account, value: 100n });
      await nodes.write.slashBond([1n, 100n], { account: slasher.account });
      expect(await statusOf(1n)).to.equal("active");
    });

    it("takes what is there when more is asked, and nothing when nothing is there or asked", async () => {
      const { nodes, slasher } = await setup();
      const { result } = await nodes.simulate.slashBond([2n, MAX], { account: slasher.account.address });
      expect(result).to.equal(PROVIDER_MIN_BOND);
      await nodes.write.slashBond([2n, MAX], { account: slasher.account });
      for (const [nodeId, amount] of [
        [2n, MAX],
        [1n, MAX],
        [1n, 0n],
      ] as const) {
        const hash = await nodes.write.slashBond([nodeId, amount], { account: slasher.account });
        const receipt = await (await viem.getPublicClient()).getTransactionReceipt({ hash });
        expect(receipt.logs).to.deep.equal([]);
      }
    });

    it("shrinks what thaws in proportion, rounded down", async () => {
      const { nodes, slasher, nodeOwner, now } = await setup();
      await nodes.write.bond([1n], { account: nodeOwner.account, value: 10n });
      await nodes.write.thawBond([1n, 5n], { account: nodeOwner.account });
      const thawedAt = (await now()) + THAW_SECONDS;
      await nodes.write.slashBond([1n, 3n], { account: slasher.account });
      // 5 × 7 / 10 = 3.5
      expect(await nodes.read.bondOf([1n])).to.deep.include({ amount: 7n, thawing: 3n, thawedAt });
      await nodes.write.slashBond([1n, 6n], { account: slasher.account });
      // 3 × 1 / 7 = 0.43: nothing thaws any more
      expect(await nodes.read.bondOf([1n])).to.deep.include({ amount: 1n, thawing: 0n, thawedAt: 0 });
    });

    it("leaves the locks of other reports, whether the settled one is freed before or after", async () => {
      for (const freeFirst of [true, false]) {
        const { nodes, slasher, nodeOwner, now } = await setup();
        const account = slasher.account;
        const until = (await now()) + DAY;
        await nodes.write.bond([1n], { account: nodeOwner.account, value: 10n });
        await nodes.write.lockBond([1n, 6n, until], { account });
        await nodes.write.lockBond([1n, 4n, until], { account });
        if (freeFirst) await nodes.write.unlockBond([1n, 6n], { account });
        await nodes.write.slashBond([1n, 6n], { account });
        if (!freeFirst) await nodes.write.unlockBond([1n, 6n], { account });
        expect(await nodes.read.bondOf([1n])).to.deep.include({ amount: 4n, locked: 4n, lockedUntil: until });
      }
    });

    it("reads no more locked than is left", async () => {
      const { nodes, slasher, nodeOwner, now } = await setup();
      await nodes.write.bond([1n], { account: nodeOwner.account, value: 10n });
      await nodes.write.lockBond([1n, 10n, (await now()) + DAY], { account: slasher.account });
      await nodes.write.slashBond([1n, 7n], { account: slasher.account });
      expect((await nodes.read.bondOf([1n])).locked).to.equal(3n);
    });
  });

  describe("setSlasher", () => {
    it("names the slasher once, by the protocol's owner", async () => {
      const { owner, forwarder, subnets, stranger } = await setup();
      const nodes = await viem.deployContract("NodeRegistry", [
        subnets.address,
        addressOf(owner),
        addressOf(owner),
        forwarder.address,
      ]);
      const name = async (slasher: `0x${string}`, by = owner) =>
        await nodes.write.setSlasher([slasher], { account: by.account });
      expect(await nodes.read.slasher()).to.equal(zeroAddress);
      await assertions.revertWithCustomErrorWithArgs(
        name(addressOf(stranger), stranger),
        nodes,
        "OwnableUnauthorizedAccount",
        [addressOf(stranger)],
      );
      await assertions.revertWithCustomError(name(zeroAddress), nodes, "NodeRegistry_ZeroSlasher");
      await assertions.emitWithArgs(name(addressOf(stranger)), nodes, "SlasherSet", [addressOf(stranger)]);
      await assertions.revertWithCustomErrorWithArgs(
        name(addressOf(owner)),
        nodes,
        "NodeRegistry_SlasherAlreadySet",
        [addressOf(stranger)],
      );
      expect(await nodes.read.slasher()).to.equal(addressOf(stranger));
    });

    it("lets nobody but the slasher lock, free, slash and suspend", async () => {
      const { nodes, owner, now } = await setup();
      const by = { account: owner.account };
      const until = (await now()) + DAY;
      for (const call of [
        nodes.write.lockBond([2n, 1n, until], by),
        nodes.write.unlockBond([2n, 1n], by),
        nodes.write.slashBond([2n, 1n], by),
        nodes.write.suspend([2n, until], by),
      ]) {
        await assertions.revertWithCustomErrorWithArgs(call, nodes, "NodeRegistry_NotSlasher", [
          addressOf(owner),
        ]);
      }
    });

    it("keeps the bond when the slasher refuses the coin", async () => {
      const { owner, forwarder, subnets, wallet, other, provider } = await setup();
      const nodes = await viem.deployContract("NodeRegistry", [
        subnets.address,
        addressOf(owner),
        addressOf(owner),
        forwarder.address,
      ]);
      await nodes.write.setSlasher([wallet.address], { account: owner.account });
      const own = registration(provider.account.address);
      await nodes.write.register([own, "0x"], { account: provider.account, value: FEE });
      await nodes.write.bond([1n], { account: provider.account, value: 10n });
      await wallet.write.setRefuses([true]);
      const data = encodeFunctionData({ abi: nodeRegistryAbi, functionName: "slashBond", args: [1n, 4n] });
      const slash = async () => await wallet.write.execute([nodes.address, data], { account: other.account });
      await assertions.revertWithCustomErrorWithArgs(slash(), nodes, "NodeRegistry_TransferFailed", [
        getAddress(wallet.address),
        4n,
      ]);
      expect((await nodes.read.bondOf([1n])).amount).to.equal(10n);
      await wallet.write.setRefuses([false]);
      await assertions.balancesHaveChanged(slash(), [{ address: wallet.address, amount: 4n }]);
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
