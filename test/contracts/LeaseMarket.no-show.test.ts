import { expect } from "chai";
import { network } from "hardhat";
import { parseEventLogs } from "viem";
import { deployMarket } from "../support/contracts/market-fixture.ts";

const { networkHelpers } = await network.create();

describe("LeaseMarket: a missed start", () => {
  it("tells of a strike and of the end, and of no update: there was none", async () => {
    const { market, tenant, publicClient, openLease, signReceipt, at } =
      await networkHelpers.loadFixture(deployMarket);
    const lid = await openLease();
    const { deadline } = await market.read.leaseOf([lid]);
    const receipt = await signReceipt(lid);
    await at(deadline + 1);
    const hash = await market.write.expire([lid, receipt], { account: tenant.account });
    const { logs } = await publicClient.getTransactionReceipt({ hash });
    const told = parseEventLogs({ abi: market.abi, logs }).map(({ eventName }) => eventName);
    expect(told).to.deep.equal(["NodeStruck", "LeaseClosed"]);
    expect(await market.read.isNoShow([lid])).to.equal(true);
    expect(await market.read.usedOf([1n])).to.equal(0n);
  });
});
