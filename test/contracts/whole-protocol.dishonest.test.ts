import { expect } from "chai";
import { network } from "hardhat";
import { keccak256, parseEther } from "viem";
import { DEPOSIT, FAULT, forChain, POINTS, RESPONSE_SECONDS } from "../support/contracts/capacity-fixture.ts";
import { addressOf, FEE, resources, STAKE } from "../support/contracts/market-fixture.ts";
import { BOND, DAY } from "../support/contracts/protocol-fixture.ts";
import { deployWhole, PAID } from "../support/contracts/whole-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const STATUS = { active: 2, suspended: 6 };
const OFFENCE = { falseCapacity: 2, falseRoot: 3, omission: 4 };
const ACCUSED = { fizzNode: 0, gateway: 2 };
/** 30 % of the bond. */
const NODE_PENALTY = (BOND * 3n) / 10n;
const NODE_HOUR = BigInt(POINTS * 3_600);
const WEEK = 7 * DAY;

describe("the whole protocol: a dishonest node", () => {
  it("that claims memory which a lease reserves loses its rewards first, then bond, its place and its points", async () => {
    const { nodes, rounds, rewards, slasher, reporter, ...fixture } = await setup();
    const { reward, startLease, postedRound, punish, sleepUntil, shares, bondOf, coins, now } = fixture;
    const credit = await reward();
    expect(credit).to.equal(PAID / 40n);
    expect(await rewards.read.creditOf([1n])).to.deep.equal([credit, 0n]);
    const quote = { resources: resources({ milliCpu: 1_000, memoryMiB: 15_900 }) };
    const { lid } = await startLease({ quote, prepaidSeconds: DAY });

    // Four threads and 1024 MiB: the threads are free, the memory is not.
    const { one, exhibit, posted, opened } = await postedRound();
    await assertions.revertWithCustomErrorWithArgs(
      rounds.write.proveOverclaim([exhibit(0, one), []]),
      rounds,
      "CapacityRounds_ClaimFree",
      [1n],
    );
    await rounds.write.proveOverclaim([exhibit(0, one), [lid]], { account: reporter.account });
    const verdictId = await rounds.read.verdictIdOf([FAULT.falseCapacity, 1n, 1, 1]);
    await sleepUntil(opened.finalAt + 1);
    await rounds.write.finalise([posted]);
    // Node 2's alone.
    expect(await rounds.read.provenPointSecondsOf([1])).to.equal(NODE_HOUR);

    const [[protocolFree], before] = [await rewards.read.totals(), await coins()];
    const { report, reportId, settled } = await punish(verdictId);
    const fromBond = NODE_PENALTY - credit;
    expect(report).to.deep.include({
      ...{ offence: OFFENCE.falseCapacity, accused: ACCUSED.fizzNode, nodeId: 1n, subnetId: 1 },
      ...{ amount: NODE_PENALTY, locked: NODE_PENALTY, reporter: addressOf(reporter) },
    });
    await assertions.emitWithArgs(settled, slasher, "ReportSettled", [reportId, credit, 0n, fromBond]);
    expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 0n]);
    expect((await rewards.read.totals())[0]).to.equal(protocolFree + credit);
    expect(await bondOf(1n)).to.equal(BOND - fromBond);
    expect(await shares()).to.deep.equal({
      reporter: fromBond / 10n,
      pool: fromBond - fromBond / 10n,
      tenant: 0n,
    });
    expect(await coins()).to.deep.equal({
      ...before,
      nodes: before.nodes - fromBond,
      slasher: before.slasher + fromBond,
    });
    expect((await nodes.read.nodeOf([1n])).status).to.equal(STATUS.suspended);
    expect((await nodes.read.deadlinesOf([1n]))[1]).to.equal((await now()) + WEEK);
    await assertions.balancesHaveChanged(slasher.write.withdrawFor([addressOf(reporter)]), [
      { address: addressOf(reporter), amount: fromBond / 10n },
    ]);
    // What it did is punished once.
    await assertions.revertWithCustomError(
      slasher.write.reportVerdict([verdictId]),
      slasher,
      "Slasher_AlreadyReported",
    );
  });

  it("that did not do the work pays the whole penalty out of its bond when it has no rewards", async () => {
    const { nodes, rounds, rewards, reporter, postedRound, punish, shares, bondOf } = await setup();
    const { one, exhibit } = await postedRound({ falsehood: { label: 5 } });
    const opening = forChain("memory", one.chains.memory.open({ lane: 0, segment: 0 }));
    await rounds.write.proveFalseSegment([exhibit(0, one), opening], { account: reporter.account });
    await punish(await rounds.read.verdictIdOf([FAULT.falseCapacity, 1n, 1, 1]));
    expect(await rewards.read.creditOf([1n])).to.deep.equal([0n, 0n]);
    expect(await bondOf(1n)).to.equal(BOND - NODE_PENALTY);
    expect(await shares()).to.deep.equal({
      reporter: NODE_PENALTY / 10n,
      pool: (NODE_PENALTY * 9n) / 10n,
      tenant: 0n,
    });
    expect((await nodes.read.nodeOf([1n])).status).to.equal(STATUS.suspended);
    expect((await nodes.read.nodeOf([2n])).status).to.equal(STATUS.active);
  });

  it("without a bond owes the penalty to its next rewards", async () => {
    const { rounds, rewards, reporter, openRound, work, postTree, punish, shares } = await setup();
    await openRound();
    const two = await work(2n, { falsehood: { label: 5 } });
    const { exhibit } = await postTree([two.leaf]);
    const opening = forChain("cpu", two.chains.cpu.open({ lane: 0, segment: 0 }));
    await rounds.write.proveFalseSegment([exhibit(0, two), opening], { account: reporter.account });
    await punish(await rounds.read.verdictIdOf([FAULT.falseCapacity, 2n, 1, 1]));
    expect(await rewards.read.creditOf([2n])).to.deep.equal([0n, parseEther("0.01")]);
    expect(await shares()).to.deep.equal({ reporter: 0n, pool: 0n, tenant: 0n });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployWhole);
  }
});

describe("the whole protocol: a dishonest gateway", () => {
  it("that leaves out a node which answered on chain loses a fifth of its stake, and nothing of the node's", async () => {
    const { rounds, subnets, slasher, nodes, reporter, gateway, ...fixture } = await setup();
    const { openRound, work, postTree, sleepUntil, punish, shares, stakeOf, bondOf } = fixture;
    const opened = await openRound();
    const [one, two] = [await work(1n), await work(2n)];
    await rounds.write.answerDirectly([one.answer, one.signature], {
      account: reporter.account,
      value: DEPOSIT,
    });
    const { posted } = await postTree([two.leaf]);
    await sleepUntil(opened.postBy + RESPONSE_SECONDS + 1);
    await rounds.write.settleOmission([1n, 1, 1], { account: reporter.account });
    await assertions.balancesHaveChanged(rounds.write.withdraw({ account: reporter.account }), [
      { address: rounds.address, amount: -DEPOSIT },
    ]);

    const penalty = STAKE / 5n;
    const { report, reportId, settled } = await punish(
      await rounds.read.verdictIdOf([FAULT.omission, 1n, 1, 1]),
    );
    expect(report).to.deep.include({
      ...{ offence: OFFENCE.omission, accused: ACCUSED.gateway, nodeId: 1n, subnetId: 1 },
      ...{ amount: penalty, locked: penalty, reporter: addressOf(reporter) },
    });
    await assertions.emitWithArgs(settled, slasher, "ReportSettled", [reportId, 0n, 0n, penalty]);
    expect(await stakeOf(1)).to.equal(STAKE - penalty);
    expect(await shares()).to.deep.equal({
      reporter: penalty / 10n,
      pool: (penalty * 9n) / 10n,
      tenant: 0n,
    });
    expect(await bondOf(1n)).to.equal(BOND);
    expect((await nodes.read.nodeOf([1n])).status).to.equal(STATUS.active);

    // The rest of the root stands, and counts as soon as the stake is whole again.
    await assertions.revertWithCustomErrorWithArgs(
      rounds.write.finalise([posted]),
      rounds,
      "CapacityRounds_SubnetInactive",
      [1],
    );
    await subnets.write.addStake([1], { account: gateway.account, value: penalty });
    await rounds.write.finalise([posted]);
    expect(await rounds.read.provenPointSecondsOf([1])).to.equal(NODE_HOUR);
  });

  it("that invents a node loses half of its stake, and the round of all its nodes", async () => {
    const { openRound, work, postTree, voided, penalised } = await setup();
    await openRound();
    const [one, invented] = [await work(1n), await work(3n)];
    const { exhibit, posted } = await postTree([one.leaf, invented.leaf]);
    await voided(posted, exhibit(1, invented));
    await penalised(posted, 3n);
  });

  it("that posts an answer which its node did not sign loses as much", async () => {
    const { openRound, work, postTree, voided, penalised } = await setup();
    await openRound();
    const [one, two] = [await work(1n), await work(2n)];
    const leaf = { ...one.leaf, signatureHash: keccak256(two.signature) };
    const forged = { ...one, leaf, signature: two.signature };
    const { exhibit, posted } = await postTree([leaf, two.leaf]);
    await voided(posted, exhibit(0, forged));
    await penalised(posted, 1n);
  });

  it("draws nothing for a round whose root is void, and has no part in the eras after its penalty", async () => {
    const { rewards, checkpoint, nextEra, openRound, work, postTree, voided, penalised } = await setup();
    await rewards.write.pullFees();
    await checkpoint(1);
    await openRound();
    const [one, invented] = [await work(1n), await work(3n)];
    const { exhibit, posted } = await postTree([one.leaf, invented.leaf]);
    await voided(posted, exhibit(1, invented));
    const drawn = (await nextEra()) - 1;
    await assertions.emitWithArgs(checkpoint(1), rewards, "EraClosed", [1, drawn, 0n, 0n, 0n, 0n, 0n]);
    expect((await rewards.read.poolOf([1])).free).to.equal(0n);
    expect(await rewards.read.livenessOf([drawn])).to.deep.equal({
      era: drawn,
      totalStake: STAKE,
      cap: FEE,
      left: FEE,
    });
    expect((await rewards.read.livenessOf([drawn + 2])).totalStake).to.equal(STAKE);

    await penalised(posted, 3n);
    const era = await nextEra();
    await checkpoint(1);
    expect(await rewards.read.livenessOf([era + 1])).to.include({ era: era + 1, totalStake: 0n });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployWhole);
    const { rounds, slasher, reporter, sleepUntil, punish, shares, stakeOf } = fixture;
    type Tree = Awaited<ReturnType<typeof fixture.postTree>>;
    type Posted = Tree["posted"];
    type Exhibit = ReturnType<Tree["exhibit"]>;
    /** The leaf is false: the round counts for nobody. */
    const voided = async (posted: Posted, exhibit: Exhibit): Promise<void> => {
      await rounds.write.proveFalseLeaf([exhibit], { account: reporter.account });
      const { finalAt } = await rounds.read.roundOf([posted.round]);
      await sleepUntil(finalAt + 1);
      await rounds.write.finalise([posted]);
      expect(await rounds.read.provenPointSecondsOf([1])).to.equal(0n);
    };
    /** Half of the stake is gone, for the false leaf of `nodeId`. */
    const penalised = async (posted: Posted, nodeId: bigint): Promise<void> => {
      const penalty = STAKE / 2n;
      const verdictId = await rounds.read.verdictIdOf([FAULT.falseRoot, 0n, 1, posted.round]);
      const { report, reportId, settled } = await punish(verdictId);
      expect(report).to.deep.include({
        ...{ offence: OFFENCE.falseRoot, accused: ACCUSED.gateway, nodeId, subnetId: 1 },
        ...{ amount: penalty, locked: penalty, reporter: addressOf(reporter) },
      });
      await assertions.emitWithArgs(settled, slasher, "ReportSettled", [reportId, 0n, 0n, penalty]);
      expect(await stakeOf(1)).to.equal(STAKE - penalty);
      expect(await shares()).to.deep.equal({
        reporter: penalty / 10n,
        pool: (penalty * 9n) / 10n,
        tenant: 0n,
      });
    };
    return { ...fixture, voided, penalised };
  }
});
