import { expect } from "chai";
import { network } from "hardhat";
import { deployMarket, SUBNET_CUT_BPS } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const MODES = [0, 1] as const;
const NODE = 1n;

describe("SubnetRegistry: each rule by itself", () => {
  for (const admission of [0, 1])
    for (const [acceptsFizz, acceptsProvider] of [
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const name = [
        admission === 1 ? "a list" : "anybody",
        acceptsFizz ? "fizz" : "",
        acceptsProvider ? "provider" : "",
      ];
      it(`admits ${name.filter(Boolean).join(", ")}, and nothing else, until it closes`, async () => {
        const { subnets, gateway } = await networkHelpers.loadFixture(deployMarket);
        const asOwner = { account: gateway.account };
        const rules = { admission, acceptsFizz, acceptsProvider, minCpuTier: 0, minGpuTier: 0 };
        await subnets.write.setAdmissionRules([1, rules], asOwner);
        const admitted = async () =>
          await Promise.all(MODES.map((mode) => subnets.read.isAdmitted([1, NODE, mode, 0, 0])));
        const accepted = [acceptsFizz, acceptsProvider];
        expect(await admitted()).to.deep.equal(admission === 1 ? [false, false] : accepted);
        await subnets.write.setAdmitted([1, NODE, true], asOwner);
        expect(await admitted()).to.deep.equal(accepted);
        const before = await subnets.read.subnetOf([1]);
        expect(before).to.deep.include(rules);
        await subnets.write.closeSubnet([1], asOwner);
        const after = { ...before, active: false, closed: true };
        expect(await subnets.read.subnetOf([1])).to.deep.equal(after);
        expect(await admitted()).to.deep.equal([false, false]);
      });
    }

  it("a cut that stays the same holds at once, and announces nothing", async () => {
    const { subnets, gateway } = await networkHelpers.loadFixture(deployMarket);
    const set = subnets.write.setCut([1, SUBNET_CUT_BPS], { account: gateway.account });
    await set;
    const now = await networkHelpers.time.latest();
    await assertions.emitWithArgs(set, subnets, "CutChanged", [1, SUBNET_CUT_BPS, now]);
    expect(await subnets.read.subnetOf([1])).to.deep.include({
      cutBps: SUBNET_CUT_BPS,
      nextCutBps: 0,
      nextCutAt: 0,
    });
  });
});
