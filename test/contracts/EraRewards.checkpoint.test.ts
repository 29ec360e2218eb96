import { expect } from "chai";
import { network } from "hardhat";
import { eraBudgets, type EraFacts } from "@fizz/protocol/rewards";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { DAY, deployRewards, refusals, ETHER, STAKE } from "../support/contracts/rewards-fixture.ts";
import vectors from "../vectors/rewards.json" with { type: "json" };

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;
const refused = refusals(viem);

const CAP = ETHER;
const PARAMETERS = { poolShareBps: 5_000, targetBps: 8_000, livenessCap: CAP, livenessPerPoint: 10n ** 14n };

describe("EraRewards, budgets", () => {
  describe("pullFees", () => {
    it("splits registration fees between the protocol's pool and the treasury", async () => {
      const { rewards, registry, stranger, owed, coins } = await setup();
      await registry.write.payFees({ value: 1_001n });
      await assertions.emitWithArgs(
        rewards.write.pullFees({ account: stranger.account }),
        rewards,
        "FeesSplit",
        [0, 500n, 501n],
      );
      expect(await rewards.read.totals()).to.deep.equal([500n, 501n, 0n]);
      expect(await owed()).to.equal(await coins());
    });

    it("keeps the market's fees apart until their subnet is checkpointed", async () => {
      const { rewards, meter, pay, nextEra, checkpoint } = await setup();
      await pay(1_000n);
      await meter.write.collectSubnet([1, `0x${"00".repeat(20)}`]);
      await rewards.write.pullFees();
      expect(await rewards.read.totals()).to.deep.equal([0n, 0n, 1_000n]);
      await nextEra();
      await checkpoint();
      expect(await rewards.read.totals()).to.deep.equal([0n, 500n, 0n]);
      expect((await rewards.read.poolOf([1])).free).to.equal(500n);
    });

    it("counts fees that somebody else pulled, and does nothing when there are none", async () => {
      const { rewards, registry } = await setup();
      await registry.write.payFees({ value: 100n });
      await registry.write.withdrawFees();
      expect(await rewards.read.totals()).to.deep.equal([50n, 50n, 0n]);
      await rewards.write.pullFees();
      expect(await rewards.read.totals()).to.deep.equal([50n, 50n, 0n]);
    });
  });

  describe("fund", () => {
    it("adds to the endowment of a subnet, or to the protocol's pool", async () => {
      const { rewards, stranger } = await setup();
      const from = stranger.account;
      await assertions.emitWithArgs(
        rewards.write.fund([1], { account: from, value: 7n }),
        rewards,
        "PoolFunded",
        [1, addressOf(stranger), 7n],
      );
      await rewards.write.fund([0], { account: from, value: 9n });
      expect((await rewards.read.booksOf([1])).endowment).to.equal(7n);
      expect((await rewards.read.totals())[0]).to.equal(9n);
    });

    it("is refused without value and for no subnet", async () => {
      const { rewards } = await setup();
      await refused(rewards.write.fund([1]), "EraRewards_NothingSent", [1]);
      await refused(rewards.write.fund([9], { value: 1n }), "EraRewards_SubnetNotFound", [9]);
    });

    it("is the only way in: plain coins are refused", async () => {
      const { rewards, stranger } = await setup();
      const sent = stranger.sendTransaction({ account: stranger.account, to: rewards.address, value: 5n });
      await refused(sent, "EraRewards_UnexpectedCoin", [addressOf(stranger), 5n]);
    });
  });

  describe("checkpoint", () => {
    it("closes the era that is over, with a share of the fees of its leases", async () => {
      const { rewards, pay, nextEra, owed, coins, stranger } = await setup();
      await pay(1_001n, 77n);
      const era = (await nextEra()) - 1;
      const closed = rewards.write.checkpoint([1], { account: stranger.account });
      await assertions.emitWithArgs(closed, rewards, "EraClosed", [1, era, 77n, 0n, 500n, 0n, 0n]);
      await assertions.emitWithArgs(closed, rewards, "FeesSplit", [1, 500n, 501n]);
      await assertions.emitWithArgs(closed, rewards, "StakeEnlisted", [1, era + 2, STAKE]);
      await assertions.emitWithArgs(closed, rewards, "LivenessEraOpened", [era + 2, 0n]);
      expect(await rewards.read.poolOf([1])).to.deep.equal({
        free: 500n,
        latestTotal: 0n,
        latestEra: era - 1,
        closedEra: era,
      });
      expect((await rewards.read.booksOf([1])).fees).to.equal(1_001n);
      expect(await owed()).to.equal(await coins());
    });

    it("is refused twice in an era, and for no subnet", async () => {
      const { nextEra, checkpoint } = await setup();
      const era = (await nextEra()) - 1;
      await checkpoint();
      await refused(checkpoint(), "EraRewards_AlreadyClosed", [1, era]);
      await networkHelpers.time.increaseTo((era + 2) * DAY - 2);
      await refused(checkpoint(), "EraRewards_AlreadyClosed", [1, era]);
      await nextEra();
      await checkpoint();
      await refused(checkpoint(9), "EraRewards_SubnetNotFound", [9]);
      await refused(checkpoint(0), "EraRewards_SubnetNotFound", [0]);
    });

    it("counts every unit once, whenever it comes and however many eras are missed", async () => {
      const { rewards, pay, nextEra, checkpoint } = await setup();
      await pay(100n, 10n);
      await nextEra();
      await pay(200n, 20n);
      await checkpoint();
      await pay(400n, 40n);
      const era = (await nextEra(5)) - 1;
      await assertions.emitWithArgs(checkpoint(), rewards, "EraClosed", [1, era, 40n, 0n, 200n, 0n, 0n]);
      expect((await rewards.read.poolOf([1])).free).to.equal(350n);
    });

    it("grants no more than what arrived, and the rest when it arrives", async () => {
      const { rewards, meter, pay, nextEra, checkpoint } = await setup();
      await meter.write.meterOnly([1, 600n]);
      await pay(400n);
      await nextEra();
      await checkpoint();
      expect((await rewards.read.poolOf([1])).free).to.equal(200n);
      expect((await rewards.read.booksOf([1])).fees).to.equal(400n);
      await nextEra();
      await checkpoint();
      expect((await rewards.read.poolOf([1])).free).to.equal(200n);
    });

    it("makes up for proven points that were voided before more count", async () => {
      const { rewards, meter, nextEra, checkpoint } = await setup();
      await meter.write.setProven([1, 1_000n]);
      await nextEra();
      await checkpoint();
      await meter.write.setProven([1, 400n]);
      await nextEra();
      const voided = await nextEra();
      await assertions.emitWithArgs(checkpoint(), rewards, "EraClosed", [1, voided - 1, 0n, 0n, 0n, 0n, 0n]);
      await meter.write.setProven([1, 1_100n]);
      const era = await nextEra();
      await assertions.emitWithArgs(checkpoint(), rewards, "EraClosed", [1, era - 1, 0n, 100n, 0n, 0n, 0n]);
    });

    for (const { name, facts, budgets } of vectors.budgets)
      it(`gives what protocol/rewards computes: ${name}`, async () => {
        const { rewards, registry, meter, owner, gateway, nextEra, checkpoint, pay, owed, coins } =
          await setup();
        const read = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, BigInt(value)]));
        const f = read as unknown as EraFacts;
        const current = {
          ...PARAMETERS,
          poolShareBps: Number(f.poolShareBps),
          targetBps: Number(f.targetBps),
          livenessCap: f.livenessCap,
          livenessPerPoint: f.livenessPerPoint,
        };
        await rewards.write.setParameters([current], { account: owner.account });
        await rewards.write.fund([0], { value: f.livenessCap });
        if (f.endowment > 0n) await rewards.write.fund([1], { value: f.endowment });
        await rewards.write.setOwnLiveness([1, f.ownPerEra], { account: gateway.account });
        await registry.write.setStake([1, f.stake, 0n, true]);
        await registry.write.setStake([2, f.totalStake - f.stake, 0n, true]);
        await checkpoint(1);
        await checkpoint(2);
        await nextEra(2);
        await pay(f.fees, f.leased);
        await meter.write.setProven([1, f.proven]);
        const { free } = await rewards.read.poolOf([1]);
        await checkpoint(1);
        const granted = (await rewards.read.poolOf([1])).free - free;
        const expected = eraBudgets(f);
        expect(granted).to.equal(expected.utilisation + expected.liveness + expected.own);
        expect({
          utilisation: expected.utilisation.toString(),
          liveness: expected.liveness.toString(),
          own: expected.own.toString(),
        }).to.deep.equal(budgets);
        expect(await owed()).to.equal(await coins());
      });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRewards);
  }
});
