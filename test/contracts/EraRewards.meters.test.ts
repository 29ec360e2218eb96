import { expect } from "chai";
import { network } from "hardhat";
import { deployRewards, ETHER, POINT_ERA, STAKE } from "../support/contracts/rewards-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const CAP = ETHER;
const MAX128 = 2n ** 128n - 1n;
const PARAMETERS = { poolShareBps: 5_000, targetBps: 8_000, livenessCap: CAP, livenessPerPoint: 10n ** 14n };

describe("EraRewards: meters and liveness, to the last unit", () => {
  it("a meter that falls counts nothing, until it is above what was seen", async () => {
    const { meter, nextEra, leased } = await setup();
    for (const [reading, counted] of [
      [100n, 100n],
      [50n, 0n],
      [100n, 0n],
      [101n, 1n],
    ] as const) {
      await meter.write.setLeased([1, reading]);
      await nextEra();
      await leased(counted);
    }
  });

  it("a meter that is beyond what can be stored counts up to that, once", async () => {
    const { rewards, meter, nextEra, leased } = await setup();
    await meter.write.setLeased([1, MAX128 + 8n]);
    await nextEra();
    await leased(MAX128);
    expect((await rewards.read.booksOf([1])).leased).to.equal(MAX128);
    await nextEra();
    await leased(0n);
  });

  it("one proven unit draws what it may", async () => {
    const { rewards, meter, nextEra, checkpoint } = await setup();
    await checkpoint();
    await meter.write.setProven([1, 1n]);
    await nextEra(2);
    await checkpoint();
    // 10^14 wei for a point over an era, which are ten tenths and 86,400 seconds.
    expect((await rewards.read.poolOf([1])).free).to.equal(10n ** 14n / POINT_ERA);
  });

  it("a subnet with the one wei of stake that there is draws all of the cap", async () => {
    const { rewards, registry, meter, nextEra, checkpoint } = await setup();
    await registry.write.setStake([1, 1n, 0n, true]);
    await checkpoint();
    await meter.write.setProven([1, 10_000n * POINT_ERA]);
    await nextEra(2);
    await checkpoint();
    expect((await rewards.read.poolOf([1])).free).to.equal(CAP);
  });

  it("without any stake nothing is drawn", async () => {
    const { rewards, registry, meter, nextEra, checkpoint, era } = await setup();
    await registry.write.setStake([1, STAKE, STAKE, true]);
    await checkpoint();
    const enlisted = (await era()) + 1;
    await meter.write.setProven([1, 10_000n * POINT_ERA]);
    await nextEra(2);
    await checkpoint();
    expect((await rewards.read.poolOf([1])).free).to.equal(0n);
    expect(await rewards.read.livenessOf([enlisted])).to.deep.equal({
      era: enlisted,
      totalStake: 0n,
      cap: CAP,
      left: CAP,
    });
  });

  it("an era that takes the place of another begins without stake", async () => {
    const { rewards, checkpoint, nextEra, era } = await setup();
    await checkpoint(1);
    await checkpoint(2);
    for (let count = 0; count < 4; count++) {
      await nextEra();
      await checkpoint(1);
    }
    expect((await rewards.read.livenessOf([(await era()) + 1])).totalStake).to.equal(STAKE);
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployRewards);
    const { rewards, owner, checkpoint } = fixture;
    await rewards.write.setParameters([PARAMETERS], { account: owner.account });
    await rewards.write.fund([0], { value: CAP });
    /** Closes the era of subnet 1, in which so much was leased. */
    const leased = async (counted: bigint): Promise<void> => {
      await assertions.emitWithArgs(checkpoint(), rewards, "EraClosed", [
        1,
        () => true,
        counted,
        0n,
        0n,
        0n,
        0n,
      ]);
    };
    return { ...fixture, leased };
  }
});
