import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, getAddress, type Hash } from "viem";
import { eraRewardsAbi } from "@fizz/protocol/chain";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { DAY, deployRewards, refusals } from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const refused = refusals(viem);

describe("EraRewards: the last wei, and none", () => {
  it("of a debt goes to the protocol's pool", async () => {
    const { rewards, owner, slasher, promise } = await setup();
    await rewards.write.setSlasher([slasher.account.address], { account: owner.account });
    const claim = await promise(500n);
    const [before] = await rewards.read.totals();
    await rewards.write.slashRewards([1n, 1n], { account: slasher.account });
    await rewards.write.claim([claim]);
    expect(await rewards.read.creditOf([1n])).to.deep.equal([499n, 0n]);
    expect((await rewards.read.totals())[0]).to.equal(before + 1n);
  });

  it("of the market's fees is brought in, split and paid to the treasury", async () => {
    const { rewards, treasury, pay, nextEra, checkpoint, coins } = await setup();
    await pay(1n);
    await nextEra();
    await checkpoint();
    expect(await rewards.read.totals()).to.deep.equal([0n, 1n, 0n]);
    const { result } = await rewards.simulate.payTreasury();
    expect(result).to.equal(1n);
    const paid = rewards.write.payTreasury();
    await assertions.balancesHaveChanged(paid, [{ address: addressOf(treasury), amount: 1n }]);
    await assertions.emitWithArgs(paid, rewards, "TreasuryPaid", [addressOf(treasury), 1n]);
    expect(await coins()).to.equal(0n);
  });

  it("of the market's fees is pulled by anybody", async () => {
    const { rewards, meter, pay, coins } = await setup();
    await pay(1n);
    await meter.write.collectSubnet([1, "0x0000000000000000000000000000000000000000"]);
    await rewards.write.pullFees();
    expect(await rewards.read.totals()).to.deep.equal([0n, 0n, 1n]);
    expect(await coins()).to.equal(1n);
  });

  it("of a token is paid to the treasury, and nothing is told where there is none", async () => {
    const { rewards, meter, treasury, logs } = await setup();
    const token = await viem.deployContract("PermitToken");
    expect((await rewards.simulate.payTreasuryToken([token.address])).result).to.equal(0n);
    expect(await logs(rewards.write.payTreasuryToken([token.address]))).to.equal(0);
    await token.write.mint([meter.address, 1n]);
    await meter.write.payToken([token.address, 1n]);
    const paid = rewards.write.payTreasuryToken([token.address]);
    await assertions.emitWithArgs(paid, rewards, "TreasuryTokenPaid", [
      addressOf(treasury),
      getAddress(token.address),
      1n,
    ]);
    expect(await token.read.balanceOf([treasury.account.address])).to.equal(1n);
  });

  it("is not due: nothing is paid, and nothing told", async () => {
    const { rewards, logs } = await setup();
    expect((await rewards.simulate.payTreasury()).result).to.equal(0n);
    expect(await logs(rewards.write.payTreasury())).to.equal(0);
  });

  it("of an idle pool is returned, and nothing is told where there is none", async () => {
    const { rewards, logs, closeEra } = await setup();
    await closeEra(2n);
    const { free, latestEra } = await rewards.read.poolOf([1]);
    expect(free).to.equal(1n);
    await networkHelpers.time.increaseTo((latestEra + 90) * DAY);
    const [before] = await rewards.read.totals();
    await assertions.emitWithArgs(rewards.write.returnIdle([1]), rewards, "IdlePoolReturned", [1, 1n]);
    expect((await rewards.read.totals())[0]).to.equal(before + 1n);
    expect((await rewards.simulate.returnIdle([1])).result).to.equal(0n);
    expect(await logs(rewards.write.returnIdle([1]))).to.equal(0);
  });

  it("that comes in while the treasury is paid stays due to it", async () => {
    const { rewards, registry, owner, pay, nextEra, checkpoint } = await setup();
    const wallet = await viem.deployContract("HostileWallet");
    await rewards.write.setTreasury([wallet.address], { account: owner.account });
    await pay(1_000n);
    await nextEra();
    await checkpoint();
    await registry.write.payFees({ value: 10n });
    const data = encodeFunctionData({ abi: registry.abi, functionName: "withdrawFees" });
    await wallet.write.setCall([registry.address, data]);
    await assertions.balancesHaveChanged(rewards.write.payTreasury(), [
      { address: wallet.address, amount: 500n },
    ]);
    expect((await rewards.read.totals())[1]).to.equal(5n);
  });

  it("is not waited for: who is paid brings in no fees and no tokens meanwhile", async () => {
    const { rewards, nodeOwner, promise } = await setup();
    const token = await viem.deployContract("PermitToken");
    const wallet = await viem.deployContract("HostileWallet");
    await rewards.write.setRewardWallet([1n, wallet.address], { account: nodeOwner.account });
    await rewards.write.claim([await promise(500n)]);
    for (const data of [
      encodeFunctionData({ abi: eraRewardsAbi, functionName: "pullFees" }),
      encodeFunctionData({ abi: eraRewardsAbi, functionName: "payTreasuryToken", args: [token.address] }),
    ]) {
      await wallet.write.setCall([rewards.address, data]);
      await refused(rewards.write.withdrawRewards([1n]), "EraRewards_TransferFailed", [
        getAddress(wallet.address),
        500n,
      ]);
    }
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployRewards);
    const logs = async (sent: Promise<Hash>): Promise<number> =>
      (await fixture.publicClient.getTransactionReceipt({ hash: await sent })).logs.length;
    return { ...fixture, logs };
  }
});
