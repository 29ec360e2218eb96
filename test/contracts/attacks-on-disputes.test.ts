import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import {
  BOND,
  DEPOSIT as PROTOCOL_DEPOSIT,
  deployProtocol,
  WEI_PER_SECOND as RATE,
} from "../support/contracts/protocol-fixture.ts";
import {
  CLAIM,
  DAY,
  DEPOSIT,
  deploySlasher,
  FAULT,
  LEASE_HASH,
  REPORT,
} from "../support/contracts/slasher-fixture.ts";
import { leaseTree } from "@fizz/protocol/typed-data";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const PROOF = leaseTree([LEASE_HASH]).proofOf(LEASE_HASH) ?? [];

/** One test per known way in which disputes of this kind were abused. Each fails when its defence is taken out. */
describe("attacks on disputes", () => {
  it("dispute spam with nothing at stake: a report without proof risks a deposit, which a true answer takes", async () => {
    const { slasher, tenant, abandonment, makePulse, signPulse, operator, gateway, balances } = await setup();
    await assertions.revertWithCustomError(
      slasher.write.reportAbandonment([1n], { account: tenant.account, value: 0n }),
      slasher,
      "Slasher_WrongDeposit",
    );
    for (let round = 1n; round <= 3n; round++) {
      const { report } = await abandonment();
      const pulse = await makePulse();
      await slasher.write.appeal([
        report,
        pulse,
        await signPulse(pulse, operator),
        await signPulse(pulse, gateway),
        PROOF,
      ]);
      const { tenant: back, nodeOwner, pool } = await balances();
      expect([back, nodeOwner + pool]).to.deep.equal([0n, round * DEPOSIT]);
    }
  });

  it("dispute deadline moved retroactively: new rules hold for new reports", async () => {
    const { slasher, owner, noShow, at } = await setup();
    const { report } = await noShow();
    const rules = { deposit: DEPOSIT, reporterCutBps: 0, appealSeconds: DAY, lockSeconds: 4 * DAY };
    await slasher.write.setRules([rules], { account: owner.account });
    await at(report.reportedAt + DAY + 1);
    await assertions.revertWithCustomError(slasher.write.settle([report]), slasher, "Slasher_AppealRunning");
    // Nor does a record with earlier deadlines pass for the stored one.
    const moved = { ...report, appealUntil: report.reportedAt };
    await assertions.revertWithCustomError(slasher.write.settle([moved]), slasher, "Slasher_WrongReport");
    await at(report.lapsesAt - 1);
    await slasher.write.settle([report]);
    expect(await slasher.read.balanceOf([report.reporter])).to.equal(parseEther("0.0008"));
  });

  it("stake added after the offence: what comes after the report is out of its reach", async () => {
    const { slasher, verdict, file, nodes } = await setup();
    // Nothing but a little is staked when it is reported: less than the least penalty.
    await nodes.write.slashBond([1n, parseEther("0.098")]);
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.falseCapacity)]));
    expect(report).to.deep.include({ amount: parseEther("0.01"), stakeCap: parseEther("0.002") });
    await nodes.write.stake([1n], { value: parseEther("5") });
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("5"));
  });

  it("colluding verifier slashes for a full cut: reporter and harmed together get half at most", async () => {
    const { slasher, owner, noShow, balances, nodes } = await setup();
    const rules = { deposit: DEPOSIT, reporterCutBps: 10_000, appealSeconds: 3 * DAY, lockSeconds: 14 * DAY };
    await assertions.revertWithCustomError(
      slasher.write.setRules([rules], { account: owner.account }),
      slasher,
      "Slasher_RuleOutOfRange",
    );
    await slasher.write.setRules([{ ...rules, reporterCutBps: 2_000 }], { account: owner.account });
    const { report } = await noShow(2n);
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    const taken = parseEther("1") - (await nodes.read.bondOf([2n])).amount;
    const { tenant, pool } = await balances();
    expect(taken).to.equal(parseEther("0.05"));
    expect(tenant * 2n <= taken).to.equal(true);
    expect(pool * 2n >= taken).to.equal(true);
  });

  it("thaw between misbehaviour and dispute: a thawing bond is held and slashed until it is out", async () => {
    const { nodes, slasher, nodeOwner, missStart, file, settle } = await realSetup();
    const byOwner = { account: nodeOwner.account };
    await nodes.write.thawBond([1n, BOND], byOwner);
    await networkHelpers.time.increase(15 * DAY);
    const { report, reportId } = await file(slasher.write.reportNoShow([await missStart()]));
    await networkHelpers.time.increaseTo((await nodes.read.bondOf([1n])).thawedAt - 2);
    await assertions.revertWithCustomError(
      nodes.write.withdrawBond([1n], byOwner),
      nodes,
      "NodeRegistry_BondThawing",
    );
    // Thawed: all but what the report holds may leave.
    await networkHelpers.time.increase(2);
    await nodes.write.withdrawBond([1n], byOwner);
    expect((await nodes.read.bondOf([1n])).amount).to.equal(report.locked);
    await settle(report);
    expect((await nodes.read.bondOf([1n])).amount).to.equal(0n);
    expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.settled);
  });

  it("thaw outlasts every report: window and lock together are not longer", async () => {
    const { nodes, subnets, slasher } = await realSetup();
    const { lockSeconds } = await slasher.read.currentRules();
    const longest = (await slasher.read.REPORT_WINDOW_SECONDS()) + lockSeconds;
    expect((await nodes.read.BOND_THAW_SECONDS()) >= longest).to.equal(true);
    expect((await subnets.read.STAKE_THAW_SECONDS()) >= longest).to.equal(true);
  });

  it("hiding behind a report of one's own: a later report keeps the whole lock up", async () => {
    const {
      nodes,
      slasher,
      nodeOwner,
      tenant,
      operator,
      gateway,
      file,
      runLease,
      pulse,
      signPulse,
      missStart,
      settle,
    } = await realSetup();
    const byOwner = { account: nodeOwner.account };
    // A little bond, all of which the node's own tenant has locked when the real report comes.
    await nodes.write.thawBond([1n, BOND - parseEther("0.005")], byOwner);
    await networkHelpers.time.increase(21 * DAY);
    await nodes.write.withdrawBond([1n], byOwner);
    await nodes.write.thawBond([1n, parseEther("0.005")], byOwner);
    await networkHelpers.time.increase(10 * DAY);
    const lid = await runLease(60);
    const { report: own } = await file(
      slasher.write.reportAbandonment([lid], { account: tenant.account, value: PROTOCOL_DEPOSIT }),
    );
    await networkHelpers.time.increase(DAY);
    const answer = await pulse(lid);
    const { report } = await file(slasher.write.reportNoShow([await missStart()]));
    expect([own.locked, report.locked]).to.deep.equal([parseEther("0.005"), 0n]);
    await slasher.write.appeal([
      own,
      answer,
      await signPulse(answer, operator),
      await signPulse(answer, gateway),
      [],
    ]);
    await networkHelpers.time.increaseTo(own.lapsesAt + 10);
    await assertions.revertWithCustomError(
      nodes.write.withdrawBond([1n], byOwner),
      nodes,
      "NodeRegistry_BondIsLocked",
    );
    await settle(report);
    expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.004"));
  });

  it("hiding behind a claim of one's own: it frees no stake while a report is running", async () => {
    const { slasher, claimDowntime, verdict, file, subnets } = await setup();
    const { claim, claimId } = await claimDowntime();
    await subnets.write.slashStake([1, parseEther("1") - claim.locked]);
    const { report } = await file(slasher.write.reportVerdict([await verdict(FAULT.falseRoot)]));
    expect(report.locked).to.equal(0n);
    await networkHelpers.time.increaseTo(claim.voidableUntil + 1);
    await assertions.revertWithCustomError(
      slasher.write.releaseClaim([claim]),
      slasher,
      "Slasher_ReportsRunning",
    );
    expect(await slasher.read.claimStateOf([claimId])).to.equal(CLAIM.open);
    expect((await subnets.read.stakeOf([1])).locked).to.equal(claim.locked);
  });

  it("front-running the slash so that it reverts: it takes what is there", async () => {
    const { slasher, noShow, nodes, balances } = await setup();
    const { report } = await noShow(2n);
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await nodes.write.slashBond([2n, parseEther("0.99")]);
    await slasher.write.settle([report]);
    expect((await nodes.read.bondOf([2n])).amount).to.equal(0n);
    expect((await balances()).pool + (await balances()).tenant).to.equal(parseEther("0.01"));
  });

  it("front-running with nothing left at all: the report still ends", async () => {
    const { slasher, noShow, nodes } = await setup();
    const { report, reportId } = await noShow(2n);
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await nodes.write.slashBond([2n, parseEther("1")]);
    await slasher.write.settle([report]);
    expect(await slasher.read.reportStateOf([reportId])).to.equal(REPORT.settled);
  });

  it("rounding to nothing: the smallest bond pays the least penalty, and shares round up", async () => {
    const { slasher, verdict, file, nodes } = await setup();
    await nodes.write.stake([3n], { value: 1n });
    const id = await verdict(FAULT.falseCapacity, { nodeId: 3n });
    const { report } = await file(slasher.write.reportVerdict([id]));
    expect(report).to.deep.include({ amount: parseEther("0.01"), stakeCap: 1n, locked: 1n });
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    expect((await nodes.read.bondOf([3n])).amount).to.equal(0n);
    // A share that does not divide: 30 % of 0.1 ETH and 1 wei.
    await nodes.write.stake([1n], { value: 1n });
    const { report: odd } = await file(slasher.write.reportVerdict([await verdict(FAULT.falseCapacity)]));
    expect(odd.amount).to.equal(parseEther("0.03") + 1n);
  });

  it("replay of a report: one fact is slashed once, and a settled record is worth nothing", async () => {
    const { slasher, noShow, nodes } = await setup();
    const { report, reportId } = await noShow();
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report]);
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.settle([report]),
      slasher,
      "Slasher_NotOpen",
      [reportId, REPORT.settled],
    );
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.lapse([report]),
      slasher,
      "Slasher_NotOpen",
      [reportId, REPORT.settled],
    );
    await assertions.revertWithCustomErrorWithArgs(
      slasher.write.reportNoShow([1n]),
      slasher,
      "Slasher_AlreadyReported",
      [reportId, REPORT.settled],
    );
    expect((await nodes.read.bondOf([1n])).amount).to.equal(parseEther("0.098"));
  });

  it("stealing the reporter's cut: who brought the evidence gets it, whoever reports", async () => {
    const { slasher, verdict, file, tenant, balances } = await setup();
    const id = await verdict(FAULT.falseRoot);
    const { report } = await file(slasher.write.reportVerdict([id], { account: tenant.account }));
    await networkHelpers.time.increaseTo(report.appealUntil + 1);
    await slasher.write.settle([report], { account: tenant.account });
    expect((await balances()).tenant).to.equal(0n);
    expect((await balances()).stranger > 0n).to.equal(true);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deploySlasher);
  }

  async function realSetup() {
    const world = await networkHelpers.loadFixture(deployProtocol);
    const { market, openLease, signReceipt, tenant } = world;
    const missStart = async () => {
      const lid = await openLease({ quote: { ratePerSecond: RATE * 10n ** 12n } });
      const receipt = await signReceipt(lid);
      const { deadline } = await market.read.leaseOf([lid]);
      await networkHelpers.time.increaseTo(deadline + 1);
      await market.write.expire([lid, receipt], { account: tenant.account });
      return lid;
    };
    return { ...world, missStart };
  }
});
