import { expect } from "chai";
import { network } from "hardhat";
import { type Hex, toHex } from "viem";
import { deployRewards, entryOf, ETHER, POINT_ERA, STAKE } from "../support/contracts/rewards-fixture.ts";

const { networkHelpers } = await network.create();

/** What a subnet may try to get a larger budget than its leases and its proven capacity earn. */
describe("attacks on the budgets of the rewards", () => {
  it("retroactive deadline: no parameter moves the time at which a posted root pays", async () => {
    const { rewards, owner, closeEra, post, era } = await setup();
    await closeEra(1_000n);
    const { root } = await post([entryOf(1n, 5n)]);
    const before = await rewards.read.rootOf([1, root]);
    await rewards.write.setParameters(
      [{ poolShareBps: 0, targetBps: 1_000, livenessCap: 0n, livenessPerPoint: 0n }],
      { account: owner.account },
    );
    await rewards.write.setGuardian([owner.account.address], { account: owner.account });
    expect(await rewards.read.rootOf([1, root])).to.deep.equal(before);
    expect((await rewards.read.poolOf([1])).free).to.equal(495n);
    expect((await rewards.read.livenessOf([(await era()) + 1])).cap).to.equal(0n);
  });

  it("retroactive cap: what is reserved for an era does not change when the cap does", async () => {
    const { rewards, owner, meter, checkpoint, nextEra } = await setup();
    const generous = {
      poolShareBps: 5_000,
      targetBps: 8_000,
      livenessCap: ETHER,
      livenessPerPoint: 10n ** 14n,
    };
    await rewards.write.setParameters([generous], { account: owner.account });
    await rewards.write.fund([0], { value: 2n * ETHER });
    await checkpoint(1);
    await rewards.write.setParameters([{ ...generous, livenessCap: 1n }], { account: owner.account });
    await checkpoint(2);
    await nextEra(2);
    for (const subnetId of [1, 2]) {
      await meter.write.setProven([subnetId, 10_000n * POINT_ERA]);
      await checkpoint(subnetId);
      expect((await rewards.read.poolOf([subnetId])).free).to.equal(ETHER / 2n);
    }
  });

  it("sybil subnets: empty ones draw nothing, and stake cut in pieces draws what it drew in one", async () => {
    const { rewards, registry, meter, owner, rival, checkpoint, nextEra } = await setup();
    await rewards.write.setParameters(
      [{ poolShareBps: 5_000, targetBps: 8_000, livenessCap: ETHER, livenessPerPoint: 10n ** 14n }],
      { account: owner.account },
    );
    await rewards.write.fund([0], { value: ETHER });
    // The rival's stake in ten pieces: subnets 2 and 11 to 19. Only subnet 2 has a node that proves anything.
    const pieces = [2, 11, 12, 13, 14, 15, 16, 17, 18, 19];
    for (const subnetId of pieces)
      await registry.write.setSubnet([subnetId, rival.account.address, wallet(subnetId), STAKE / 10n]);
    await checkpoint(1);
    for (const subnetId of pieces) await checkpoint(subnetId);
    await nextEra(2);
    await meter.write.setProven([1, 10_000n * POINT_ERA]);
    await meter.write.setProven([2, 10_000n * POINT_ERA]);
    await checkpoint(1);
    let pieced = 0n;
    for (const subnetId of pieces) {
      await checkpoint(subnetId);
      pieced += (await rewards.read.poolOf([subnetId])).free;
    }
    expect((await rewards.read.poolOf([1])).free).to.equal(ETHER / 2n);
    // A tenth of its half, from the one piece that has nodes: cutting the stake cost it nine tenths.
    expect(pieced).to.equal(ETHER / 20n);
  });

  it("sybil stake: stake without points draws no more than the points are worth", async () => {
    const { rewards, registry, meter, checkpoint, nextEra } = await setup();
    await rewards.write.fund([0], { value: ETHER });
    await registry.write.setStake([1, 1_000n * STAKE, 0n, true]);
    await checkpoint(1);
    await nextEra(2);
    await meter.write.setProven([1, 5n * POINT_ERA]);
    await checkpoint(1);
    expect((await rewards.read.poolOf([1])).free).to.equal(5n * 10n ** 12n);
  });

  it("just-in-time stake: what comes after the era began does not count for it", async () => {
    const { rewards, registry, meter, owner, checkpoint, nextEra } = await setup();
    await rewards.write.setParameters(
      [{ poolShareBps: 5_000, targetBps: 8_000, livenessCap: ETHER, livenessPerPoint: 10n ** 14n }],
      { account: owner.account },
    );
    await rewards.write.fund([0], { value: ETHER });
    await checkpoint(1);
    await nextEra();
    // Era n + 1 runs. The rival stakes a thousand times as much now; it counts for n + 2.
    await registry.write.setStake([2, 1_000n * STAKE, 0n, true]);
    await checkpoint(2);
    await nextEra();
    await meter.write.setProven([1, 10_000n * POINT_ERA]);
    await meter.write.setProven([2, 10_000n * POINT_ERA]);
    await checkpoint(2);
    await checkpoint(1);
    expect((await rewards.read.poolOf([2])).free).to.equal(0n);
    expect((await rewards.read.poolOf([1])).free).to.equal(ETHER);
  });

  it("self-leasing: who leases from himself pays more in fees than all his rewards, at any k", async () => {
    for (const poolShareBps of [1, 5_000, 8_000]) {
      const { rewards, owner, meter, pay, checkpoint, nextEra } = await setup();
      await rewards.write.setParameters(
        [{ poolShareBps, targetBps: 8_000, livenessCap: ETHER, livenessPerPoint: 10n ** 14n }],
        { account: owner.account },
      );
      await rewards.write.fund([0], { value: ETHER });
      await checkpoint(1);
      await nextEra(2);
      // A tenth of its capacity is leased by itself for 1 ETH, of which the protocol takes 5 %.
      const fees = ETHER / 20n;
      await pay(fees, 1_000n * POINT_ERA);
      await meter.write.setProven([1, 9_000n * POINT_ERA]);
      await checkpoint(1);
      const withLease = (await rewards.read.poolOf([1])).free;
      const utilisationReward = (fees * BigInt(poolShareBps)) / 10_000n;
      const liveness = withLease - utilisationReward;
      // What it would have had without the lease is the whole share: no utilisation, no reduction.
      expect(liveness < ETHER).to.equal(true);
      const gain = withLease - fees - ETHER;
      expect(gain < 0n, `gains ${gain} at k = ${poolShareBps}`).to.equal(true);
    }
  });

  it("late settlement: postponing settlement moves liveness between eras, and fees to where they are settled", async () => {
    const { rewards, pay, closeEra, nextEra, checkpoint } = await setup();
    await closeEra(0n);
    await pay(100n, 10n);
    await pay(100n, 10n);
    await nextEra();
    await checkpoint();
    const { free, closedEra } = await rewards.read.poolOf([1]);
    expect(free).to.equal(100n);
    await nextEra();
    await checkpoint();
    expect(await rewards.read.poolOf([1])).to.include({ free: 100n, closedEra: closedEra + 1 });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRewards);
  }

  function wallet(number: number): Hex {
    return toHex(0xbeef_0000 + number, { size: 20 });
  }
});
