import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import { leaseTree } from "@fizz/protocol/typed-data";
import { DEPOSIT, deploySlasher, FAULT, LEASE_HASH, REPORT } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const NO_PROOF = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];

describe("Slasher: the end of a report", () => {
  describe("compensation", () => {
    it("pays the same people, and nothing is taken or suspended", async () => {
      const { slasher, noShow, nodeOwner, balances, nodes } = await setup();
      const { report, reportId } = await noShow();
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.compensate([report], { account: nodeOwner.account, value: report.amount - 1n }),
        slasher,
        "Slasher_WrongCompensation",
        [report.amount - 1n, report.amount],
      );
      await slasher.write.compensate([report], { account: nodeOwner.account, value: report.amount });
      expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.compensated);
      expect(await balances()).to.deep.equal({
        pool: parseEther("0.0012"),
        tenant: parseEther("0.0008"),
        stranger: 0n,
        nodeOwner: 0n,
      });
      expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.1"));
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.settle([report]),
        slasher,
        "Slasher_NotOpen",
        [reportId, REPORT.compensated],
      );
    });

    it("ends with the time for appeals", async () => {
      const { slasher, noShow, at } = await setup();
      const { report } = await noShow();
      await at(report.appealUntil + 1);
      await assertions.revertWithCustomError(
        slasher.write.compensate([report], { value: report.amount }),
        slasher,
        "Slasher_AppealOver",
      );
    });
  });

  describe("settlement", () => {
    it("waits for the accused", async () => {
      const { slasher, noShow, at } = await setup();
      const { report, reportId } = await noShow();
      await at(report.appealUntil);
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.settle([report]),
        slasher,
        "Slasher_AppealRunning",
        [reportId, BigInt(report.appealUntil)],
      );
      await at(report.appealUntil + 1);
      await slasher.write.settle([report]);
    });

    it("is over when the lock is: the deposit goes back, nothing is taken", async () => {
      const { slasher, abandonment, at, balances, nodes } = await setup();
      const { report, reportId } = await abandonment();
      await at(report.lapsesAt - 1);
      await assertions.revertWithCustomError(slasher.write.lapse([report]), slasher, "Slasher_NotLapsed");
      await at(report.lapsesAt);
      await assertions.revertWithCustomError(slasher.write.settle([report]), slasher, "Slasher_Lapsed");
      await slasher.write.lapse([report]);
      expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.lapsed);
      expect((await balances()).tenant).to.equal(DEPOSIT);
      expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.1"));
    });

    it("takes another record than the stored one for nothing", async () => {
      const { slasher, noShow, stranger } = await setup();
      const { report } = await noShow();
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      for (const change of [
        { amount: report.amount + 1n },
        { reporter: stranger.account.address },
        { appealUntil: 0 },
        { locked: 0n },
      ]) {
        await assertions.revertWithCustomError(
          slasher.write.settle([{ ...report, ...change }]),
          slasher,
          "Slasher_WrongReport",
        );
      }
    });

    it("takes no pulse against what the chain decided", async () => {
      const { slasher, noShow, makePulse, signPulse, operator, gateway } = await setup();
      const { report, reportId } = await noShow();
      const pulse = await makePulse();
      await assertions.revertWithCustomErrorWithArgs(
        slasher.write.appeal([
          report,
          pulse,
          await signPulse(pulse, operator),
          await signPulse(pulse, gateway),
          NO_PROOF,
        ]),
        slasher,
        "Slasher_NotAppealable",
        [reportId, 0],
      );
    });

    it("a node without a bond owes the rest to its next rewards", async () => {
      const { slasher, noShow, rewards } = await setup();
      const { report } = await noShow(3n);
      await rewards.write.setClaimable([3n, parseEther("0.0004")]);
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await slasher.write.settle([report]);
      expect(await rewards.read.creditOf([3n])).to.deep.equal([0n, parseEther("0.0006")]);
    });

    it("is not stopped by a node that cannot be suspended", async () => {
      const { slasher, verdict, file, nodes } = await setup();
      const id = await verdict(FAULT.falseCapacity);
      const { report } = await file(slasher.write.reportVerdict([id]));
      await nodes.write.setExiting([1n]);
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      await slasher.write.settle([report]);
      expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.07"));
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }
});
