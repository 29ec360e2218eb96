import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import { deploySlasher, REPORT } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("Slasher: where a fine comes from", () => {
  it("rewards that cover most of it, and held-back earnings over what is left: the bond is not touched", async () => {
    const { slasher, abandonment, rewards, market, nodes } = await setup();
    const { report, reportId } = await abandonment();
    await rewards.write.setClaimable([1n, parseEther("0.008")]);
    await market.write.setHeld([1n, 3_000, parseEther("0.005")]);
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await assertions.emitWithArgs(slasher.write.settle([report]), slasher, "ReportSettled", [
      reportId,
      parseEther("0.008"),
      parseEther("0.005"),
      0n,
    ]);
    expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.1"));
    expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 0n]);
  });

  it("a bond that covers the rest: nothing comes off the next rewards", async () => {
    const { slasher, abandonment, rewards, nodes } = await setup();
    const { report } = await abandonment();
    await rewards.write.setClaimable([1n, parseEther("0.004")]);
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.094"));
    expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 0n]);
  });

  it("compensating too late is refused with the report and the time that is over", async () => {
    const { slasher, abandonment } = await setup();
    const { report, reportId } = await abandonment();
    await networkHelpers.time.increaseTo(report.appealUntil);
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.compensate([report], { value: report.amount }),
      slasher,
      "Slasher_AppealOver",
      [reportId, BigInt(report.appealUntil)],
    );
    expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.open);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
