import { expect } from "chai";
import { network } from "hardhat";
import { getAddress, parseEther } from "viem";
import { leaseTree } from "@fizz/protocol/typed-data";
import { DAY, DEPOSIT, deploySlasher, LEASE_HASH } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const RULES = {
  deposit: parseEther("0.05"),
  reporterCutBps: 2_000,
  appealSeconds: DAY,
  lockSeconds: 4 * DAY,
};

describe("Slasher: what it tells", () => {
  it("new rules and a new pool", async () => {
    const { slasher, owner, tenant } = await setup();
    const asOwner = { account: owner.account };
    await assertions.emitWithArgs(slasher.write.setRules([RULES], asOwner), slasher, "RulesChanged", [RULES]);
    const pool = getAddress(tenant.account.address);
    await assertions.emitWithArgs(slasher.write.setPool([pool], asOwner), slasher, "PoolChanged", [pool]);
  });

  it("that a report was answered, and whether its deposit is lost", async () => {
    const { slasher, abandonment, makePulse, signPulse, operator, gateway } = await setup();
    const { report, reportId } = await abandonment();
    const pulse = await makePulse();
    const signatures = [await signPulse(pulse, operator), await signPulse(pulse, gateway)] as const;
    const proof = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];
    await assertions.emitWithArgs(
      slasher.write.appeal([report, pulse, ...signatures, proof]),
      slasher,
      "ReportAppealed",
      [reportId, 1n, DEPOSIT, true],
    );
  });

  it("that a report lapsed", async () => {
    const { slasher, abandonment, at } = await setup();
    const { report, reportId } = await abandonment();
    await at(report.lapsesAt);
    await assertions.emitWithArgs(slasher.write.lapse([report]), slasher, "ReportLapsed", [reportId]);
  });

  it("how long a node that abandoned a lease is out: three days from the settlement, to the second", async () => {
    const { slasher, abandonment, nodes, at } = await setup();
    const { report } = await abandonment();
    await at(report.appealUntil + 10);
    await slasher.write.settle([report]);
    expect(await nodes.read.suspendedUntil([1n])).to.equal(report.appealUntil + 10 + 3 * DAY);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
