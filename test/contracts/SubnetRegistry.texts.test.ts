import { expect } from "chai";
import { network } from "hardhat";
import { addressOf, deployMarket } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("SubnetRegistry: the longest texts", () => {
  it("are taken", async () => {
    const { subnets, gateway } = await networkHelpers.loadFixture(deployMarket);
    const [apiUrl, multiaddrs, domain] = ["u".repeat(256), "m".repeat(1_024), "d".repeat(253)];
    await subnets.write.setEndpoints([1, apiUrl, multiaddrs, domain], { account: addressOf(gateway) });
    expect(await subnets.read.subnetOf([1])).to.deep.include({ apiUrl, multiaddrs, domain });
  });

  it("a cut that is lowered announces nothing, and one that is raised is announced as it is", async () => {
    const { subnets, gateway } = await networkHelpers.loadFixture(deployMarket);
    const account = addressOf(gateway);
    await subnets.write.setCut([1, 700], { account });
    expect(await subnets.read.subnetOf([1])).to.deep.include({ cutBps: 700, nextCutBps: 0, nextCutAt: 0 });
    const raised = subnets.write.setCut([1, 701], { account });
    await raised;
    const nextCutAt = (await networkHelpers.time.latest()) + 4 * 86_400;
    await assertions.emitWithArgs(raised, subnets, "CutChanged", [1, 701, nextCutAt]);
    expect(await subnets.read.subnetOf([1])).to.deep.include({ cutBps: 700, nextCutBps: 701, nextCutAt });
  });
});
