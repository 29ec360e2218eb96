import { expect } from "chai";
import { network } from "hardhat";
import { parseEther } from "viem";
import { rewardTree } from "@fizz/protocol/rewards";
import { CHALLENGE_SECONDS, POINTS } from "../support/contracts/capacity-fixture.ts";
import { addressOf, FEE, NATIVE, STAKE } from "../support/contracts/market-fixture.ts";
import { BOND, DAY } from "../support/contracts/protocol-fixture.ts";
import { entryOf } from "../support/contracts/rewards-fixture.ts";
import { deployWhole, PAID, SYBIL_STAKE } from "../support/contracts/whole-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const PROTOCOL_CUT = PAID / 20n;
/** Half of the protocol's cut; the other half is the treasury's. */
const BUDGET = PROTOCOL_CUT / 2n;
const FEES = 2n * FEE;
const TWO_NODES_AN_HOUR = BigInt(2 * POINTS * 3_600);
const PER_POINT = parseEther("0.000001");

describe("the whole protocol: an honest life", () => {
  it("splits the fees of registration between the pool of all and the treasury", async () => {
    const { rewards, treasury, stranger, coins } = await setup();
    const before = await coins();
    await rewards.write.pullFees({ account: stranger.account });
    expect(await rewards.read.totals()).to.deep.equal([FEES / 2n, FEES / 2n, 0n]);
    expect(await coins()).to.deep.equal({ ...before, nodes: before.nodes - FEES, rewards: FEES });
    await assertions.balancesHaveChanged(rewards.write.payTreasury({ account: stranger.account }), [
      { address: addressOf(treasury), amount: FEES / 2n },
      { address: rewards.address, amount: -FEES / 2n },
    ]);
  });

  it("takes what a tenant pays to the node, its subnet, the treasury, and back to the node as a reward", async () => {
    const fixture = await setup();
    const { rewards, market, earn, nextEra, checkpoint, post, claimOf, activate, free, coins } = fixture;
    const { nodeOwner, gateway, tenant, treasury, stranger, escrow } = fixture;
    await rewards.write.pullFees();
    await earn();
    await market.write.collect([1n, 1, NATIVE], { account: stranger.account });
    expect(await free(tenant)).to.equal(escrow - PAID);
    expect(await free(nodeOwner)).to.equal((PAID * 85n) / 100n);

    const era = await nextEra();
    await assertions.emitWithArgs(checkpoint(1), rewards, "EraClosed", [
      1,
      era - 1,
      50n * 10_000n,
      0n,
      BUDGET,
      0n,
      0n,
    ]);
    expect(await free(gateway)).to.equal(PAID / 10n);
    expect((await rewards.read.poolOf([1])).free).to.equal(BUDGET);
    // What the pool of all had is reserved for the next era.
    expect(await rewards.read.totals()).to.deep.equal([0n, FEES / 2n + PROTOCOL_CUT - BUDGET, 0n]);
    expect((await rewards.read.livenessOf([era + 1])).left).to.equal(FEES / 2n);
    expect(await coins()).to.deep.equal({
      nodes: BOND,
      subnets: STAKE + SYBIL_STAKE,
      market: escrow - PROTOCOL_CUT,
      rounds: 0n,
      rewards: FEES + PROTOCOL_CUT,
      slasher: 0n,
    });

    const entries = [entryOf(1n, BUDGET - 7n), entryOf(2n, 7n)];
    await post(entries, BUDGET);
    const claim = claimOf(entryOf(1n, BUDGET - 7n), entries);
    await assertions.revertWithCustomError(
      rewards.write.claimAndWithdraw([claim]),
      rewards,
      "EraRewards_RootPending",
    );
    await activate();
    await assertions.balancesHaveChanged(
      rewards.write.claimAndWithdraw([claim], { account: stranger.account }),
      [
        { address: addressOf(nodeOwner), amount: BUDGET - 7n },
        { address: rewards.address, amount: 7n - BUDGET },
      ],
    );
    await assertions.balancesHaveChanged(rewards.write.payTreasury({ account: stranger.account }), [
      { address: addressOf(treasury), amount: FEES / 2n + PROTOCOL_CUT - BUDGET },
    ]);
    // What is left is node 2's, and the next era's.
    expect((await coins()).rewards).to.equal(7n + FEES / 2n);
  });

  it("gives a gateway nothing for a root that promises more than the fees of its leases", async () => {
    const { rewards, earn, nextEra, checkpoint, post, claimOf, activate, coins } = await setup();
    await rewards.write.pullFees();
    await earn();
    await nextEra();
    await checkpoint(1);
    const [pool, before] = [await rewards.read.poolOf([1]), await coins()];
    const inflated = [entryOf(1n, BUDGET + 1n)];
    await assertions.revertWithCustomErrorWithArgs(
      post(inflated, BUDGET + 1n),
      rewards,
      "EraRewards_OverBudget",
      [1, BUDGET + 1n, BUDGET],
    );
    expect(await rewards.read.poolOf([1])).to.deep.equal(pool);
    expect(await coins()).to.deep.equal(before);
    expect((await rewards.read.rootOf([1, rewardTree(inflated).root])).total).to.equal(0n);

    // A total within the budget does not help leaves that are not.
    await post(inflated, BUDGET);
    await activate();
    await assertions.revertWithCustomErrorWithArgs(
      rewards.write.claim([claimOf(entryOf(1n, BUDGET + 1n), inflated)]),
      rewards,
      "EraRewards_OverTotal",
      [1, BUDGET + 1n, BUDGET],
    );
    expect(await coins()).to.deep.equal(before);
  });

  it("pays for capacity that was proven, and nothing for a stake without a node", async () => {
    const { rewards, rounds, nextEra, checkpoint, postedRound, sleepUntil, stakeOf } = await setup();
    await rewards.write.pullFees();
    await checkpoint(1);
    await checkpoint(2);
    const { posted, opened } = await postedRound();
    expect(opened.finalAt - opened.postBy).to.equal(CHALLENGE_SECONDS + DAY / 2);
    expect(await stakeOf(2)).to.equal(3n * (await stakeOf(1)));

    // The era that the stakes were enlisted for begins; the round becomes final in it.
    const drawn = await nextEra();
    expect((await rewards.read.livenessOf([drawn])).totalStake).to.equal(STAKE + SYBIL_STAKE);
    await sleepUntil(opened.finalAt + 1);
    await rounds.write.finalise([posted]);
    expect(await rounds.read.provenPointSecondsOf([1])).to.equal(TWO_NODES_AN_HOUR);
    await nextEra();
    const liveness = (TWO_NODES_AN_HOUR * PER_POINT) / BigInt(10 * DAY);
    await assertions.emitWithArgs(checkpoint(1), rewards, "EraClosed", [
      1,
      drawn,
      0n,
      TWO_NODES_AN_HOUR,
      0n,
      liveness,
      0n,
    ]);
    await assertions.emitWithArgs(checkpoint(2), rewards, "EraClosed", [2, drawn, 0n, 0n, 0n, 0n, 0n]);
    expect((await rewards.read.poolOf([1])).free).to.equal(liveness);
    expect((await rewards.read.poolOf([2])).free).to.equal(0n);
    expect((await rewards.read.livenessOf([drawn])).left).to.equal(FEES / 2n - liveness);
  });

  it("gives a subnet no more of an era than its part of the stake, whatever it proves", async () => {
    const { rewards, rounds, owner, nextEra, checkpoint, postedRound, sleepUntil } = await setup();
    const parameters = await rewards.read.parameters();
    const generous = { ...parameters, livenessPerPoint: await rewards.read.MAX_LIVENESS_PER_POINT() };
    await rewards.write.setParameters([{ ...generous, livenessCap: 4_000n }], { account: owner.account });
    await rewards.write.pullFees();
    await checkpoint(1);
    await checkpoint(2);
    const { posted, opened } = await postedRound();
    await sleepUntil(opened.finalAt + 1);
    await rounds.write.finalise([posted]);
    await nextEra();
    await checkpoint(1);
    // A quarter of the stake.
    expect((await rewards.read.poolOf([1])).free).to.equal(1_000n);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployWhole);
  }
});
