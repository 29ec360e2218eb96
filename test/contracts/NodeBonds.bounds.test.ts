import { expect } from "chai";
import { network } from "hardhat";
import { type Hash } from "viem";
import { addressOf, resources } from "../support/contracts/market-fixture.ts";
import {
  DAY,
  deployRegistries,
  FIZZ_RAISED_BOND,
  MODE,
  PROVIDER_MIN_BOND,
  THAW_SECONDS,
} from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const FIZZ_LIMIT = { milliCpu: 32_000, memoryMiB: 131_072, storageGiB: 2_000, gpuUnits: 1, gpuModel: 1_023 };
const RAISED_LIMIT = {
  milliCpu: 128_000,
  memoryMiB: 524_288,
  storageGiB: 8_000,
  gpuUnits: 4,
  gpuModel: 1_023,
};

describe("NodeBonds: to the second and to the wei", () => {
  it("a lock ends after now and within sixty days", async () => {
    const { nodes, slasher, now } = await setup();
    const lockAfter = atExactly(now, async (until) => {
      return await nodes.write.lockBond([2n, 1n, until], { account: slasher.account });
    });
    for (const after of [0, 60 * DAY + 1]) {
      const { sent, time } = await lockAfter(after);
      await assertions.revertWithCustomErrorWithArgs(sent, nodes, "NodeRegistry_TimeOutOfRange", [
        time + after,
        BigInt(time + 1),
        BigInt(time + 60 * DAY),
      ]);
    }
    for (const after of [1, 60 * DAY]) {
      const { sent, time } = await lockAfter(after);
      await assertions.emitWithArgs(sent, nodes, "BondLocked", [2n, 1n, time + after]);
    }
  });

  it("of a node without a bond nothing is held, and no time is remembered", async () => {
    const { nodes, slasher, now } = await setup();
    const until = (await now()) + DAY;
    const asked = await nodes.simulate.lockBond([1n, 5n, until], { account: slasher.account.address });
    expect(asked.result).to.equal(0n);
    const locked = nodes.write.lockBond([1n, 5n, until], { account: slasher.account });
    await assertions.emitWithArgs(locked, nodes, "BondLocked", [1n, 0n, 0]);
    expect(await nodes.read.bondOf([1n])).to.deep.include({ locked: 0n, lockedUntil: 0 });
  });

  it("a suspension ends from now on, within ninety days", async () => {
    const { nodes, slasher, now } = await setup();
    const suspendAfter = atExactly(now, async (until) => {
      return await nodes.write.suspend([2n, until], { account: slasher.account });
    });
    for (const after of [-1, 90 * DAY + 1]) {
      const { sent, time } = await suspendAfter(after);
      await assertions.revertWithCustomErrorWithArgs(sent, nodes, "NodeRegistry_TimeOutOfRange", [
        time + after,
        BigInt(time),
        BigInt(time + 90 * DAY),
      ]);
    }
    for (const after of [0, 90 * DAY]) {
      const { sent, time } = await suspendAfter(after);
      await assertions.emitWithArgs(sent, nodes, "NodeSuspended", [2n, time + after]);
    }
  });

  it("what starts to thaw is told as it is then", async () => {
    const { nodes, provider, now } = await setup();
    const thawedAt = (await now()) + 10 + THAW_SECONDS;
    await networkHelpers.time.setNextBlockTimestamp(thawedAt - THAW_SECONDS);
    const thawed = nodes.write.thawBond([2n, 5n], { account: provider.account });
    await assertions.emitWithArgs(thawed, nodes, "BondChanged", [2n, PROVIDER_MIN_BOND, 5n, thawedAt]);
  });

  it("one wei is taken and paid out, and of no bond nothing is", async () => {
    const { nodes, slasher } = await setup();
    const slashed = nodes.write.slashBond([2n, 1n], { account: slasher.account });
    await assertions.balancesHaveChanged(slashed, [{ address: addressOf(slasher), amount: 1n }]);
    const none = await nodes.simulate.slashBond([1n, 1n], { account: slasher.account.address });
    expect(none.result).to.equal(0n);
  });

  it("a Fizz node may offer exactly so much, and from the raised bond on exactly four times", async () => {
    const { nodes } = await setup();
    for (const [backing, limit] of [
      [0n, FIZZ_LIMIT],
      [FIZZ_RAISED_BOND - 1n, FIZZ_LIMIT],
      [FIZZ_RAISED_BOND, RAISED_LIMIT],
    ] as const)
      expect(await nodes.read.offerLimitOf([MODE.fizz, backing])).to.equal(resources(limit));
  });

  it("one thousandth of a CPU above the small offer needs the raised bond", async () => {
    const { nodes, nodeOwner, statusOf } = await setup();
    const { account } = nodeOwner;
    await nodes.write.bond([1n], { account, value: FIZZ_RAISED_BOND });
    await nodes.write.setResources([1n, resources({ ...FIZZ_LIMIT, milliCpu: 32_001 })], { account });
    await nodes.write.thawBond([1n, 1n], { account });
    expect(await statusOf(1n)).to.equal("draining");
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});

/** Calls with a time that lies `after` seconds behind the block of the call. */
function atExactly(now: () => Promise<number>, call: (until: number) => Promise<Hash>) {
  return async (after: number): Promise<{ sent: Promise<Hash>; time: number }> => {
    const time = (await now()) + 10;
    await networkHelpers.time.setNextBlockTimestamp(time);
    return { sent: call(time + after), time };
  };
}
