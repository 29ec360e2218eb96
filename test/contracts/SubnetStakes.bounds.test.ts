import { expect } from "chai";
import { network } from "hardhat";
import { addressOf, STAKE } from "../support/contracts/market-fixture.ts";
import { DAY, deployRegistries } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const ONLY_LISTED = { admission: 1, acceptsFizz: true, acceptsProvider: true, minCpuTier: 0, minGpuTier: 0 };

describe("SubnetStakes: to the second and to the wei", () => {
  it("a lock ends after now and within sixty days", async () => {
    const { subnets, slasher, now } = await setup();
    const lockAfter = async (after: number) => {
      const time = (await now()) + 10;
      await networkHelpers.time.setNextBlockTimestamp(time);
      const sent = subnets.write.lockStake([1, 1n, time + after], { account: slasher.account });
      return { sent, time };
    };
    for (const after of [0, 60 * DAY + 1]) {
      const { sent, time } = await lockAfter(after);
      await assertions.revertWithCustomErrorWithArgs(sent, subnets, "SubnetRegistry_TimeOutOfRange", [
        time + after,
        BigInt(time + 1),
        BigInt(time + 60 * DAY),
      ]);
    }
    for (const after of [1, 60 * DAY]) {
      const { sent, time } = await lockAfter(after);
      await assertions.emitWithArgs(sent, subnets, "StakeLocked", [1, 1n, time + after]);
    }
  });

  it("a slash down to the minimum leaves the subnet active, one wei more does not", async () => {
    const { subnets, gateway, slasher } = await setup();
    const isActive = async () => (await subnets.read.cutOf([1]))[2];
    await subnets.write.addStake([1], { account: gateway.account, value: 5n });
    await subnets.write.slashStake([1, 5n], { account: slasher.account });
    expect(await isActive()).to.equal(true);
    const slashed = subnets.write.slashStake([1, 1n], { account: slasher.account });
    await assertions.balancesHaveChanged(slashed, [{ address: addressOf(slasher), amount: 1n }]);
    expect(await isActive()).to.equal(false);
  });

  it("where nothing is taken, nothing is told", async () => {
    const { subnets, slasher, publicClient } = await setup();
    const { result } = await subnets.simulate.slashStake([1, 0n], { account: slasher.account.address });
    expect(result).to.equal(0n);
    const hash = await subnets.write.slashStake([1, 0n], { account: slasher.account });
    expect((await publicClient.getTransactionReceipt({ hash })).logs).to.deep.equal([]);
  });

  it("an open subnet that thaws all of it is told that the minimum must stay", async () => {
    const { subnets, gateway } = await setup();
    await assertions.revertWithCustomErrorWithArgs(
      subnets.write.thawStake([1, STAKE], { account: gateway.account }),
      subnets,
      "SubnetRegistry_StakeTooLow",
      [0n, STAKE],
    );
  });

  it("a subnet with a list is as open as any: its minimum must stay", async () => {
    const { subnets, gateway } = await setup();
    await subnets.write.setAdmissionRules([1, ONLY_LISTED], { account: gateway.account });
    expect((await subnets.read.subnetOf([1])).closed).to.equal(false);
    await assertions.revertWithCustomErrorWithArgs(
      subnets.write.thawStake([1, 1n], { account: gateway.account }),
      subnets,
      "SubnetRegistry_StakeTooLow",
      [STAKE - 1n, STAKE],
    );
  });

  it("a subnet with a list keeps it when its stake was short and is enough again", async () => {
    const { subnets, gateway, slasher } = await setup();
    await subnets.write.setAdmissionRules([1, ONLY_LISTED], { account: gateway.account });
    await subnets.write.slashStake([1, 1n], { account: slasher.account });
    await subnets.write.addStake([1], { account: gateway.account, value: 1n });
    expect(await subnets.read.subnetOf([1])).to.deep.include({ ...ONLY_LISTED, active: true });
    expect(await subnets.read.isAdmitted([1, 1n, 0, 0, 0])).to.equal(false);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});
