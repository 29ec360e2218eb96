import { expect } from "chai";
import { network } from "hardhat";
import { REASON, resources } from "../support/contracts/market-fixture.ts";
import { ANSWER_SECONDS, deployCapacity, type WorkChanges } from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const LONG = 90_000;

describe("CapacityRounds: what a node may claim, to the last unit", () => {
  it("all of its memory is free; one MiB that a lease reserves is not", async () => {
    const { claimed, isFree, convicts, nodes, nodeOwner, lease } = await setup();
    const offered = resources({ milliCpu: 8_000, memoryMiB: 4_097, gpuUnits: 1, gpuModel: 7 });
    await nodes.write.setResources([1n, offered], { account: nodeOwner.account });
    const lid = await lease({ milliCpu: 1, memoryMiB: 1 });
    const tiny = await lease({ milliCpu: 1, memoryMiB: 1 });
    const { exhibit } = await claimed({ threads: 4, memoryMiB: 4_096 });
    await isFree(exhibit, [lid]);
    await convicts(exhibit, [lid, tiny]);
  });

  it("a thread is a thousand thousandths of a CPU: one that a lease reserves is too much beside all threads", async () => {
    const { claimed, isFree, convicts, lease } = await setup();
    const lid = await lease({ milliCpu: 1, memoryMiB: 1 });
    const { exhibit } = await claimed({ threads: 8 });
    await isFree(exhibit, []);
    await convicts(exhibit, [lid]);
  });

  it("a GPU that a lease reserves is not free", async () => {
    const { claimed, isFree, convicts, lease } = await setup();
    const lid = await lease({ milliCpu: 1, memoryMiB: 1, gpuUnits: 1, gpuModel: 7 });
    const { exhibit } = await claimed({ gpuUnits: 1 });
    await isFree(exhibit, []);
    await convicts(exhibit, [lid]);
  });

  it("a lease under notice reserves as before", async () => {
    const { claimed, convicts, lease, market, operator } = await setup();
    const lid = await lease({ milliCpu: 5_000, memoryMiB: 1 });
    await market.write.giveNotice([lid, REASON.node], { account: operator.account });
    const { exhibit } = await claimed({});
    await convicts(exhibit, [lid]);
  });

  for (const late of [0, 1])
    it(`a lease whose money lasts until ${late === 0 ? "the" : "a second before the"} answers are due ${late === 0 ? "counts" : "does not count"}`, async () => {
      const { rounds, claimed, convicts, lease, market, at } = await setup();
      const lid = await lease({ milliCpu: 5_000, memoryMiB: 1 }, 5_000);
      await at(Number(await market.read.paidUntil([lid])) - ANSWER_SECONDS + late);
      const { exhibit } = await claimed({});
      if (late === 0) await convicts(exhibit, [lid]);
      else
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.proveOverclaim([exhibit, [lid]]),
          rounds,
          "CapacityRounds_LeaseNotCounted",
          [lid],
        );
    });

  it("thirty-two leases are looked at, thirty-three are not", async () => {
    const { rounds, claimed } = await setup();
    const { exhibit } = await claimed({});
    const lids = Array.from({ length: 33 }, (_, index) => BigInt(index + 1));
    await assertions.revertWithCustomErrorWithArgs(
      rounds.write.proveOverclaim([exhibit, lids.slice(1)]),
      rounds,
      "CapacityRounds_LeaseNotCounted",
      [2n],
    );
    await assertions.revertWithCustomErrorWithArgs(
      rounds.write.proveOverclaim([exhibit, lids]),
      rounds,
      "CapacityRounds_TooManyLeases",
      [33n, 32n],
    );
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployCapacity);
    const { rounds, postedRound, startLease } = fixture;
    const claimed = async (answer: NonNullable<WorkChanges["answer"]>) => {
      const round = await postedRound({ answer });
      return { ...round, exhibit: round.exhibit(0, round.one) };
    };
    type Exhibit = Awaited<ReturnType<typeof claimed>>["exhibit"];
    return {
      ...fixture,
      claimed,
      lease: async (vector: Parameters<typeof resources>[0], prepaidSeconds = LONG): Promise<bigint> =>
        (await startLease({ prepaidSeconds, quote: { resources: resources(vector) } })).lid,
      isFree: async (exhibit: Exhibit, lids: bigint[]) => {
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.proveOverclaim([exhibit, lids]),
          rounds,
          "CapacityRounds_ClaimFree",
          [1n],
        );
      },
      convicts: async (exhibit: Exhibit, lids: bigint[]) => {
        await rounds.write.proveOverclaim([exhibit, lids]);
        const points = BigInt(exhibit.opening.leaf.points);
        expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([points, false, false]);
      },
    };
  }
});
