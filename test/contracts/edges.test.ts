import { consentTypedData } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { network } from "hardhat";
import { type Hex } from "viem";
import { addressOf, deployMarket, FEE, registration } from "../support/contracts/market-fixture.ts";
import { deployRewards } from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();

describe("edges: nothing to pay, the largest tier", () => {
  it("fees and treasury: where nothing is due, nothing is paid, and nothing is told", async () => {
    const { nodes, stranger } = await networkHelpers.loadFixture(deployMarket);
    expect(await logs(nodes.write.withdrawFees({ account: stranger.account }))).to.equal(1);
    expect(await logs(nodes.write.withdrawFees({ account: stranger.account }))).to.equal(0);
    const { rewards } = await networkHelpers.loadFixture(deployRewards);
    expect(await rewards.read.treasury()).not.to.equal(rewards.address);
    expect(await logs(rewards.write.payTreasury())).to.equal(0);
  });

  it("the largest tier that fits is taken", async () => {
    const { nodes, nodeOwner, stranger, domains } = await networkHelpers.loadFixture(deployMarket);
    const parties = { owner: addressOf(nodeOwner), operator: addressOf(stranger) };
    const consent = await stranger.signTypedData({
      account: stranger.account,
      ...consentTypedData(domains.nodes, parties),
    });
    const offered = { ...registration(parties.operator), cpuTier: 255, gpuTier: 255 };
    await nodes.write.register([offered, consent], { account: nodeOwner.account, value: FEE });
    expect(await nodes.read.nodeOf([2n])).to.deep.include({ cpuTier: 255, gpuTier: 255 });
  });

  async function logs(sent: Promise<Hex>): Promise<number> {
    const publicClient = await viem.getPublicClient();
    return (await publicClient.getTransactionReceipt({ hash: await sent })).logs.length;
  }
});
