import { expect } from "chai";
import { network } from "hardhat";
import { getAddress } from "viem";
import { leaseTree } from "@fizz/protocol/typed-data";
import {
  DAY,
  DEPOSIT,
  deploySlasher,
  FAULT,
  LEASE_HASH,
  REPORT,
} from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const NO_PROOF = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];

describe("Slasher: times of reports, to the second", () => {
  it("a missed start is reported for a week and a day after the lease was opened", async () => {
    const { slasher, market, setLease, now, at } = await setup();
    const openedAt = await now();
    for (const lid of [1n, 2n]) {
      await market.write.setNoShow([lid]);
      await setLease(lid, { nodeId: lid, settledAt: openedAt });
    }
    const until = openedAt + 8 * DAY;
    await at(until);
    await slasher.write.reportNoShow([1n]);
    await at(until + 1);
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.reportNoShow([2n]),
      slasher,
      "Slasher_TooOld",
      [BigInt(openedAt), BigInt(until), BigInt(until + 1)],
    );
  });

  it("a lease is abandoned until the second before its money ends", async () => {
    const { slasher, market, tenant, now, at } = await setup();
    const paidUntil = (await now()) + 1_000;
    await market.write.setPaidUntil([1n, BigInt(paidUntil)]);
    await market.write.setPaidUntil([2n, BigInt(paidUntil)]);
    const report = async (lid: bigint) =>
      await slasher.write.reportAbandonment([lid], { account: tenant.account, value: DEPOSIT });
    await at(paidUntil - 1);
    await report(1n);
    await at(paidUntil);
    await assertions.revertWithCustomErrorWithArgs(report(2n), slasher, "Slasher_Exhausted", [
      2n,
      BigInt(paidUntil),
    ]);
  });

  it("two pulses of this very second are a fact, for who shows them", async () => {
    const { slasher, makePulse, signPulse, gateway, stranger, file, at } = await setup();
    const one = await makePulse();
    const time = one.at + 100;
    const pulses = [
      { ...one, at: time },
      { ...one, at: time, leases: 2 },
    ] as const;
    const signatures = [await signPulse(pulses[0], gateway), await signPulse(pulses[1], gateway)] as const;
    await at(time);
    const { report } = await file(
      slasher.write.reportTwoPulses([pulses[0], signatures[0], pulses[1], signatures[1]], {
        account: stranger.account,
      }),
    );
    expect(report).to.deep.include({
      reportedAt: time,
      nodeId: 1n,
      subnetId: 1,
      reporter: getAddress(stranger.account.address),
    });
  });

  it("a pulse of this very second answers a report", async () => {
    const { slasher, abandonment, makePulse, signPulse, operator, gateway, at } = await setup();
    const { report, reportId } = await abandonment();
    const pulse = await makePulse({ at: report.reportedAt + 500 });
    const signatures = [await signPulse(pulse, operator), await signPulse(pulse, gateway)] as const;
    await at(pulse.at);
    await slasher.write.appeal([report, pulse, ...signatures, NO_PROOF]);
    expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.appealed);
  });

  it("an abandoned lease is reported once while the report is open", async () => {
    const { slasher, abandonment, tenant } = await setup();
    const { reportId } = await abandonment();
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.reportAbandonment([1n], { account: tenant.account, value: DEPOSIT }),
      slasher,
      "Slasher_AlreadyReported",
      [reportId, REPORT.open],
    );
  });

  it("a third missed start suspends for seven days, an abandoned lease for three", async () => {
    const { slasher, noShow, abandonment, setLease, market, nodes, at } = await setup();
    for (const lid of [4n, 5n]) {
      await setLease(lid, { nodeId: 1n });
      await market.write.setNoShow([lid]);
    }
    for (const { filed, nodeId, days } of [
      { filed: await noShow(1n), nodeId: 1n, days: 7 },
      { filed: await abandonment(2n), nodeId: 2n, days: 3 },
    ]) {
      const settledAt = filed.report.appealUntil + 10;
      await at(settledAt);
      await slasher.write.settle([filed.report]);
      expect(await nodes.read.suspendedUntil([nodeId])).to.equal(settledAt + days * DAY);
    }
  });

  it("what a gateway did suspends no node, however many starts that missed", async () => {
    const { slasher, verdict, file, market, nodes, setLease } = await setup();
    for (const lid of [1n, 4n, 5n]) {
      await setLease(lid, { nodeId: 1n });
      await market.write.setNoShow([lid]);
    }
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.omission)]));
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    expect(await nodes.read.suspendedUntil([1n])).to.equal(0);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
