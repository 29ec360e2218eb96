import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import { leaseTree } from "@fizz/protocol/typed-data";
import { DAY, deploySlasher, LEASE_HASH, REPORT } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const PROOF = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];

/** One test per known way in which evidence and payouts of disputes were abused; see attacks-on-disputes.test.ts. */
describe("attacks on evidence and payouts", () => {
  it("closing in the block of the report: the last pulse before it answers", async () => {
    const { slasher, setLease, abandonment, makePulse, signPulse, operator, gateway, now } = await setup();
    const pulse = await makePulse({ at: (await now()) - 600 });
    const { report, reportId } = await abandonment();
    await setLease(1n, { state: 4 });
    await slasher.write.appeal([
      report,
      pulse,
      await signPulse(pulse, operator),
      await signPulse(pulse, gateway),
      PROOF,
    ]);
    expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.appealed);
  });

  it("signature of nobody: an empty one is not the key of a node or subnet that does not exist", async () => {
    const { slasher, abandonment, makePulse, setLease, nodes } = await setup();
    const zero = "0x0000000000000000000000000000000000000000";
    await nodes.write.setNode([9n, zero, zero, 0]);
    await setLease(9n, { nodeId: 9n, subnetId: 0 });
    const { report } = await abandonment(9n);
    const pulse = await makePulse({ nodeId: 9n, subnetId: 0 });
    await assertions.revertWithCustomError(
      slasher.write.appeal([report, pulse, "0x", "0x", PROOF]),
      slasher,
      "Slasher_BadNodeSignature",
    );
    await assertions.revertWithCustomError(
      slasher.write.reportTwoPulses([pulse, "0x", { ...pulse, leases: 7 }, "0x"]),
      slasher,
      "Slasher_BadGatewaySignature",
    );
  });

  it("forced coins belong to nobody: payouts are counted", async () => {
    const { slasher, noShow, tenant, balances } = await setup();
    await networkHelpers.setBalance(slasher.address, parseEther("7"));
    const { report } = await noShow();
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    const { pool, tenant: owed } = await balances();
    expect(pool + owed).to.equal(report.amount);
    await slasher.write.withdraw({ account: tenant.account });
    expect((await balances()).tenant).to.equal(0n);
  });

  it("one mistake of a clock costs a gateway one slash a day, not its whole stake", async () => {
    const { slasher, makePulse, signPulse, gateway, now, subnets } = await setup();
    const day = Math.floor((await now()) / DAY) * DAY;
    let filed = 0;
    for (let second = 1; second <= 5; second++) {
      const one = await makePulse({ at: day - second });
      const other = await makePulse({ at: day - second, leases: 9 });
      const call = slasher.write.reportTwoPulses([
        one,
        await signPulse(one, gateway),
        other,
        await signPulse(other, gateway),
      ]);
      await call.then(
        () => (filed += 1),
        () => undefined,
      );
    }
    expect(filed).to.equal(1);
    expect((await subnets.read.stakeOf([1])).locked).to.equal(parseEther("0.3"));
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
