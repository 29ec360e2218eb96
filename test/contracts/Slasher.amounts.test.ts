import { expect } from "chai";
import { network } from "hardhat";
import { type Address, getAddress, type Hash, parseEther } from "viem";
import { DEPOSIT, deploySlasher, FAULT } from "../support/contracts/slasher-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const BOND = parseEther("0.1");

describe("Slasher: amounts, to the wei", () => {
  it("a compensation: the deposit goes back, the shares are told one by one, and none of nothing", async () => {
    const { slasher, abandonment, noShow, nodeOwner, tenant, pool, credits } = await setup();
    const { account } = nodeOwner;
    const { report, reportId } = await abandonment();
    const paid = slasher.write.compensate([report], { account, value: report.amount });
    await assertions.emitWithArgs(paid, slasher, "ReportCompensated", [
      reportId,
      getAddress(account.address),
      report.amount,
    ]);
    const harm = (report.amount * 3n) / 10n;
    expect(await credits(paid)).to.deep.equal([
      [getAddress(tenant.account.address), DEPOSIT],
      [getAddress(tenant.account.address), harm],
      [getAddress(pool.account.address), report.amount - harm],
    ]);
    // Nobody deposited anything for a missed start.
    const missed = (await noShow(2n)).report;
    const told = await credits(slasher.write.compensate([missed], { account, value: missed.amount }));
    expect(told.map(([, amount]) => amount)).to.not.include(0n);
    expect(told.length).to.equal(3);
  });

  it("a missed start: what was taken, from where, and who gets it", async () => {
    const { slasher, noShow, settle } = await setup();
    const { report, reportId } = await noShow(2n);
    const settled = settle(report);
    await assertions.emitWithArgs(settled, slasher, "ReportSettled", [reportId, 0n, 0n, report.amount]);
  });

  it("a harm smaller than its largest part is made good to the wei", async () => {
    const { slasher, noShow, setLease, settle, tenant } = await setup();
    await setLease(2n, { nodeId: 2n, ratePerSecond: 10n ** 12n });
    const { report } = await noShow(2n);
    expect(report.harm).to.equal(86_400n);
    await settle(report);
    const cut = report.amount / 10n;
    expect(await slasher.read.balanceOf([tenant.account.address])).to.equal(cut + 86_400n);
  });

  it("one wei that is left of a bond goes to the pool", async () => {
    const { slasher, noShow, nodes, settle, pool } = await setup();
    const { report } = await noShow();
    await nodes.write.slashBond([1n, BOND - 1n]);
    const settled = settle(report);
    await assertions.emitWithArgs(settled, slasher, "Credited", [getAddress(pool.account.address), 1n]);
    expect(await slasher.read.balanceOf([pool.account.address])).to.equal(1n);
  });

  it("one wei of credit is taken before the bond", async () => {
    const { slasher, noShow, rewards, settle } = await setup();
    const { report, reportId } = await noShow();
    await rewards.write.setClaimable([1n, 1n]);
    await assertions.emitWithArgs(settle(report), slasher, "ReportSettled", [
      reportId,
      1n,
      0n,
      report.amount - 1n,
    ]);
    expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 0n]);
  });

  it("without credit nothing is taken of it", async () => {
    const { slasher, noShow, settle } = await setup();
    const { report, reportId } = await noShow();
    await assertions.emitWithArgs(settle(report), slasher, "ReportSettled", [
      reportId,
      0n,
      0n,
      report.amount,
    ]);
  });

  it("the last wei that a community node lacks comes off its next rewards", async () => {
    const { noShow, rewards, settle } = await setup();
    const { report } = await noShow(3n);
    await rewards.write.setClaimable([3n, report.amount - 1n]);
    await settle(report);
    expect(await rewards.read.creditOf([3n])).to.deep.equal([0n, 1n]);
  });

  it("what a provider node lacks does not come off its rewards", async () => {
    const { noShow, rewards, nodes, settle, slasher } = await setup();
    const { report, reportId } = await noShow(2n);
    await rewards.write.setClaimable([2n, parseEther("1")]);
    await nodes.write.slashBond([2n, parseEther("0.99")]);
    await assertions.emitWithArgs(settle(report), slasher, "ReportSettled", [
      reportId,
      0n,
      0n,
      parseEther("0.01"),
    ]);
    expect(await rewards.read.creditOf([2n])).to.deep.equal([parseEther("1"), 0n]);
  });

  it("of a node without a bond nothing is held", async () => {
    const { noShow, nodes } = await setup();
    await noShow(3n);
    expect(await nodes.read.bondOf([3n])).to.deep.include({ locked: 0n, lockedUntil: 0 });
  });

  it("a settled report frees no more of the stake than it had held", async () => {
    const { slasher, verdict, file, subnets, settle, now } = await setup();
    const until = (await now()) + 30 * 86_400;
    await subnets.write.lockStake([1, parseEther("0.9"), until]);
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.omission)]));
    expect([report.stakeCap, report.locked]).to.deep.equal([parseEther("0.2"), parseEther("0.1")]);
    await settle(report);
    // 1 ETH was locked: 0.2 were taken, and 0.1 of the rest freed.
    expect(await subnets.read.stakeOf([1])).to.deep.include({
      amount: parseEther("0.8"),
      locked: parseEther("0.7"),
    });
  });

  it("a settled report frees no more of a bond than it had held", async () => {
    const { noShow, nodes, settle, now } = await setup();
    const until = (await now()) + 30 * 86_400;
    await nodes.write.lockBond([2n, parseEther("0.98"), until]);
    const { report } = await noShow(2n);
    expect([report.stakeCap, report.locked]).to.deep.equal([parseEther("0.05"), parseEther("0.02")]);
    await settle(report);
    expect(await nodes.read.bondOf([2n])).to.deep.include({
      amount: parseEther("0.95"),
      locked: parseEther("0.93"),
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deploySlasher);
    const { slasher, publicClient } = fixture;
    const settle = async (report: Parameters<typeof slasher.write.settle>[0][0]) => {
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      return await slasher.write.settle([report]);
    };
    /** Who was credited with what by the call, in its order. */
    const credits = async (sent: Promise<Hash>): Promise<(readonly [Address, bigint])[]> => {
      const { blockNumber } = await publicClient.getTransactionReceipt({ hash: await sent });
      const events = await slasher.getEvents.Credited({}, { fromBlock: blockNumber, toBlock: blockNumber });
      return events.map(({ args: { account, amount } }) => [getAddress(account ?? "0x"), amount ?? 0n]);
    };
    return { ...fixture, settle, credits };
  }
});
