import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData } from "viem";
import { nodeRegistryAbi } from "@fizz/protocol/chain";
import { addressOf, ETHER, FEE, registration, STAKE } from "../support/contracts/market-fixture.ts";
import {
  DAY,
  deployRegistries,
  PROVIDER_MIN_BOND,
  THAW_SECONDS,
} from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const MAX96 = 2n ** 96n - 1n;
const REPORT_WINDOW = 7 * DAY;
const RESOLUTION = 7 * DAY;

/** Each test is named after an attack, and fails when its defence is gone. */
describe("attacks on bonds, stakes, cuts and fees", () => {
  it("thaw between misbehaviour and dispute: what thaws is slashed, to its last day", async () => {
    const { nodes, provider, slasher } = await setup();
    await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
    await networkHelpers.time.increase(THAW_SECONDS - 60);
    await assertions.balancesHaveChanged(nodes.write.slashBond([2n, MAX96], { account: slasher.account }), [
      { address: addressOf(slasher), amount: PROVIDER_MIN_BOND },
    ]);
    await networkHelpers.time.increase(THAW_SECONDS);
    await assertions.revertWithCustomError(
      nodes.write.withdrawBond([2n], { account: provider.account }),
      nodes,
      "NodeRegistry_NothingThaws",
    );
  });

  it("thaw between misbehaviour and dispute: the thaw outlasts report and resolution, of nodes and gateways", async () => {
    const { nodes, subnets } = await setup();
    expect(await nodes.read.BOND_THAW_SECONDS()).to.be.above(REPORT_WINDOW + RESOLUTION);
    expect(await subnets.read.STAKE_THAW_SECONDS()).to.be.above(REPORT_WINDOW + RESOLUTION);
  });

  it("exit before the dispute: a node that exited is slashed like any other", async () => {
    const { nodes, provider, slasher, statusOf } = await setup();
    await nodes.write.requestExit([2n], { account: provider.account });
    await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
    await networkHelpers.time.increase(3 * DAY);
    await nodes.write.finishExit([2n], { account: provider.account });
    await networkHelpers.time.increase(REPORT_WINDOW);
    await assertions.balancesHaveChanged(nodes.write.slashBond([2n, MAX96], { account: slasher.account }), [
      { address: addressOf(slasher), amount: PROVIDER_MIN_BOND },
    ]);
    expect(await statusOf(2n)).to.equal("exited");
  });

  it("close before the dispute: the stake of a closed subnet is slashed like any other", async () => {
    const { subnets, gateway, slasher } = await setup();
    await subnets.write.closeSubnet([1], { account: gateway.account });
    await networkHelpers.time.increase(REPORT_WINDOW + RESOLUTION);
    await assertions.balancesHaveChanged(subnets.write.slashStake([1, MAX96], { account: slasher.account }), [
      { address: addressOf(slasher), amount: STAKE },
    ]);
  });

  it("front-running slash: a withdrawal before it makes it take what is left, not revert", async () => {
    const { nodes, provider, slasher } = await setup();
    await nodes.write.thawBond([2n, PROVIDER_MIN_BOND - 5n], { account: provider.account });
    await networkHelpers.time.increase(THAW_SECONDS);
    await nodes.write.withdrawBond([2n], { account: provider.account });
    await assertions.balancesHaveChanged(
      nodes.write.slashBond([2n, PROVIDER_MIN_BOND], { account: slasher.account }),
      [{ address: addressOf(slasher), amount: 5n }],
    );
  });

  it("withdrawing under a running report: what is locked stays, whatever has thawed", async () => {
    const { nodes, provider, slasher, now } = await setup();
    await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
    await networkHelpers.time.increase(THAW_SECONDS - 60);
    await nodes.write.lockBond([2n, MAX96, (await now()) + DAY], { account: slasher.account });
    await networkHelpers.time.increase(60);
    await assertions.revertWithCustomError(
      nodes.write.withdrawBond([2n], { account: provider.account }),
      nodes,
      "NodeRegistry_BondIsLocked",
    );
  });

  it("third party resets the unlock: nobody but the owner touches a bond or a stake, and adding leaves the thaw", async () => {
    const { nodes, subnets, provider, gateway, stranger, now } = await setup();
    await nodes.write.thawBond([2n, 10n], { account: provider.account });
    const thawedAt = (await now()) + THAW_SECONDS;
    await networkHelpers.time.increase(THAW_SECONDS - 60);
    for (const call of [
      nodes.write.bond([2n], { account: stranger.account, value: 1n }),
      nodes.write.thawBond([2n, 1n], { account: stranger.account }),
      nodes.write.cancelThaw([2n], { account: stranger.account }),
    ])
      await assertions.revertWithCustomError(call, nodes, "NodeRegistry_NotOwner");
    await assertions.revertWithCustomError(
      subnets.write.addStake([1], { account: stranger.account, value: 1n }),
      subnets,
      "SubnetRegistry_NotOwner",
    );
    await nodes.write.bond([2n], { account: provider.account, value: 1n });
    expect(await nodes.read.bondOf([2n])).to.deep.include({ thawing: 10n, thawedAt });

    const account = gateway.account;
    await subnets.write.addStake([1], { account, value: 5n });
    await subnets.write.thawStake([1, 5n], { account });
    const before = await subnets.read.stakeOf([1]);
    await subnets.write.addStake([1], { account, value: 7n });
    expect(await subnets.read.stakeOf([1])).to.deep.equal({ ...before, amount: before.amount + 7n });
  });

  it("dust in the thaw queue: there is no queue, a hundred thaws cost and pay as one", async () => {
    const { nodes, provider, publicClient } = await setup();
    const gas: bigint[] = [];
    for (let i = 0; i < 100; i++) {
      const hash = await nodes.write.thawBond([2n, 1n], { account: provider.account });
      gas.push((await publicClient.getTransactionReceipt({ hash })).gasUsed);
    }
    expect(gas.at(-1)).to.equal(gas.at(1));
    await networkHelpers.time.increase(THAW_SECONDS);
    await assertions.balancesHaveChanged(nodes.write.withdrawBond([2n], { account: provider.account }), [
      { address: addressOf(provider), amount: 100n },
    ]);
  });

  it("dust bond: it lets a provider node do nothing", async () => {
    const { nodes, newNode, other } = await setup();
    const nodeId = await newNode(other, { mode: 1 });
    await nodes.write.bond([nodeId], { account: other.account, value: 1n });
    await assertions.revertWithCustomErrorWithArgs(
      nodes.write.joinSubnet([nodeId, 1, 2_000], { account: other.account }),
      nodes,
      "NodeRegistry_BondTooLow",
      [nodeId, 1n, PROVIDER_MIN_BOND],
    );
  });

  it("rounding: a slash of one wei takes one wei, and a hundred of them leave no more thawing than there is", async () => {
    const { nodes, nodeOwner, slasher } = await setup();
    await nodes.write.bond([1n], { account: nodeOwner.account, value: 150n });
    await nodes.write.thawBond([1n, 149n], { account: nodeOwner.account });
    for (let i = 1n; i <= 100n; i++) {
      await assertions.balancesHaveChanged(nodes.write.slashBond([1n, 1n], { account: slasher.account }), [
        { address: addressOf(slasher), amount: 1n },
      ]);
      const { amount, thawing } = await nodes.read.bondOf([1n]);
      expect(amount).to.equal(150n - i);
      expect(thawing * 150n <= 149n * amount, `${thawing} of ${amount}`).to.equal(true);
    }
  });

  it("escape by overflow and unbounded delay: no time and no amount is taken unbounded", async () => {
    const { nodes, subnets, provider, slasher, now } = await setup();
    const far = (days: number) => async () => (await now()) + days * DAY + 1_000;
    const account = slasher.account;
    await assertions.revertWithCustomError(
      nodes.write.thawBond([2n, MAX96], { account: provider.account }),
      nodes,
      "NodeRegistry_ThawTooMuch",
    );
    const [lockEnd, suspensionEnd] = [await far(60)(), await far(90)()];
    for (const until of [lockEnd, 2 ** 40 - 1]) {
      await assertions.revertWithCustomError(
        nodes.write.lockBond([2n, 1n, until], { account }),
        nodes,
        "NodeRegistry_TimeOutOfRange",
      );
      await assertions.revertWithCustomError(
        subnets.write.lockStake([1, 1n, until], { account }),
        subnets,
        "SubnetRegistry_TimeOutOfRange",
      );
    }
    await assertions.revertWithCustomError(
      nodes.write.suspend([2n, suspensionEnd], { account }),
      nodes,
      "NodeRegistry_TimeOutOfRange",
    );
  });

  it("lost reporter: a lock that nobody frees ends by itself", async () => {
    const { nodes, provider, slasher, now } = await setup();
    await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
    await nodes.write.lockBond([2n, MAX96, (await now()) + 60 * DAY], { account: slasher.account });
    await networkHelpers.time.increase(60 * DAY);
    await assertions.balancesHaveChanged(nodes.write.withdrawBond([2n], { account: provider.account }), [
      { address: addressOf(provider), amount: PROVIDER_MIN_BOND },
    ]);
  });

  it("stake added after the offence: a lock holds what was there, not what comes later", async () => {
    const { nodes, provider, slasher, now } = await setup();
    await nodes.write.lockBond([2n, MAX96, (await now()) + 60 * DAY], { account: slasher.account });
    await nodes.write.bond([2n], { account: provider.account, value: 50n });
    expect(await nodes.read.bondOf([2n])).to.deep.include({
      amount: PROVIDER_MIN_BOND + 50n,
      locked: PROVIDER_MIN_BOND,
    });
    await nodes.write.thawBond([2n, 50n], { account: provider.account });
    await networkHelpers.time.increase(THAW_SECONDS);
    await assertions.balancesHaveChanged(nodes.write.withdrawBond([2n], { account: provider.account }), [
      { address: addressOf(provider), amount: 50n },
    ]);
  });

  it("a friendly slasher as a way out: it is named once, by the protocol, and never again", async () => {
    const { nodes, subnets, owner, provider, slasher } = await setup();
    for (const by of [owner, provider]) {
      const error = by === owner ? "NodeRegistry_SlasherAlreadySet" : "OwnableUnauthorizedAccount";
      await assertions.revertWithCustomError(
        nodes.write.setSlasher([addressOf(provider)], { account: by.account }),
        nodes,
        error,
      );
    }
    expect(await nodes.read.slasher()).to.equal(addressOf(slasher));
    expect(await subnets.read.slasher()).to.equal(addressOf(slasher));
  });

  it("payer bypass: no accomplice's subnet gets a node that did not opt in by its own key", async () => {
    const { nodes, gateway2, optIn, signOptIn, stranger } = await setup();
    await assertions.revertWithCustomError(
      nodes.write.joinSubnet([1n, 2, 10_000], { account: gateway2.account }),
      nodes,
      "NodeRegistry_NotOwnerOrOperator",
    );
    const message = await optIn({ nodeId: 1n, subnetId: 2, acceptedCutBps: 10_000 });
    await assertions.revertWithCustomError(
      nodes.write.joinSubnetWithSignature([message, await signOptIn(message, gateway2)], {
        account: stranger.account,
      }),
      nodes,
      "NodeRegistry_BadOptInSignature",
    );
  });

  it("rules changed under a node: a higher cut comes later than a node that leaves at once is gone", async () => {
    const { nodes, subnets, gateway, nodeOwner } = await setup();
    await subnets.write.setCut([1, 2_000], { account: gateway.account });
    await nodes.write.requestExit([1n], { account: nodeOwner.account });
    await networkHelpers.time.increase(3 * DAY);
    await nodes.write.finishExit([1n], { account: nodeOwner.account });
    expect((await subnets.read.cutOf([1]))[1]).to.equal(1_000);
    expect(await subnets.read.CUT_NOTICE_SECONDS()).to.be.above(await nodes.read.EXIT_SECONDS());
  });

  it("forced coin: it is nobody's fee, bond or stake", async () => {
    const { nodes, subnets, provider, gateway, feeReceiver, stranger, publicClient } = await setup();
    for (const { address } of [nodes, subnets]) {
      const balance = await publicClient.getBalance({ address });
      await networkHelpers.setBalance(address, balance + ETHER);
    }
    await assertions.balancesHaveChanged(nodes.write.withdrawFees({ account: stranger.account }), [
      { address: addressOf(feeReceiver), amount: 3n * FEE },
    ]);
    expect((await nodes.read.bondOf([2n])).amount).to.equal(PROVIDER_MIN_BOND);
    expect((await subnets.read.stakeOf([1])).amount).to.equal(STAKE);
    await subnets.write.closeSubnet([1], { account: gateway.account });
    await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
    await networkHelpers.time.increase(THAW_SECONDS);
    await subnets.write.withdrawStake([1], { account: gateway.account });
    await nodes.write.withdrawBond([2n], { account: provider.account });
    expect(await publicClient.getBalance({ address: nodes.address })).to.equal(ETHER);
  });

  it("blocked receiver: whoever refuses coin harms itself alone", async () => {
    const { nodes, wallet, asWallet, owner, provider, stranger } = await setup();
    await asWallet("nodes", { functionName: "bond", args: [3n], value: 9n });
    await asWallet("nodes", { functionName: "thawBond", args: [3n, 9n] });
    await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
    await nodes.write.setFeeReceiver([wallet.address], { account: owner.account });
    await wallet.write.setRefuses([true]);
    await networkHelpers.time.increase(THAW_SECONDS);
    await assertions.revertWithCustomError(
      asWallet("nodes", { functionName: "withdrawBond", args: [3n] }),
      nodes,
      "NodeRegistry_TransferFailed",
    );
    await assertions.revertWithCustomError(nodes.write.withdrawFees(), nodes, "NodeRegistry_TransferFailed");
    await nodes.write.withdrawBond([2n], { account: provider.account });
    const own = registration(addressOf(stranger));
    await nodes.write.register([own, "0x"], { account: stranger.account, value: FEE });
  });

  it("reentrancy: a receiver that calls back while it is paid gets nothing more", async () => {
    const { nodes, wallet, asWallet, provider } = await setup();
    await nodes.write.bond([2n], { account: provider.account, value: 100n });
    await asWallet("nodes", { functionName: "bond", args: [3n], value: 9n });
    await asWallet("nodes", { functionName: "thawBond", args: [3n, 9n] });
    await networkHelpers.time.increase(THAW_SECONDS);
    const again = encodeFunctionData({ abi: nodeRegistryAbi, functionName: "withdrawBond", args: [3n] });
    await wallet.write.setCallback([nodes.address, again]);
    await assertions.balancesHaveChanged(asWallet("nodes", { functionName: "withdrawBond", args: [3n] }), [
      { address: wallet.address, amount: 9n },
      { address: nodes.address, amount: -9n },
    ]);
    expect(await wallet.read.reentered()).to.equal(false);
  });

  it("fees and bonds mixed up: withdrawn fees are the fees, with bonds in the same contract", async () => {
    const { nodes, stranger, feeReceiver, publicClient } = await setup();
    await assertions.balancesHaveChanged(nodes.write.withdrawFees({ account: stranger.account }), [
      { address: addressOf(feeReceiver), amount: 3n * FEE },
    ]);
    expect(await publicClient.getBalance({ address: nodes.address })).to.equal(PROVIDER_MIN_BOND);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
