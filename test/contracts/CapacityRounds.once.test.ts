import { expect } from "chai";
import { network } from "hardhat";
import { DEPOSIT, deployCapacity, RESPONSE_SECONDS } from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("CapacityRounds: nothing twice, and nothing that is not posted", () => {
  it("a demand that was not met gives its deposit back once", async () => {
    const { rounds, postedRound, reporter, sleepUntil, now } = await setup();
    const { posted } = await postedRound();
    const asReporter = { account: reporter.account, value: DEPOSIT };
    for (const index of [0, 1]) await rounds.write.demandLeaf([posted, index], asReporter);
    await sleepUntil((await now()) + RESPONSE_SECONDS + 1);
    await rounds.write.settleDemand([1n]);
    await assertions.revertWithCustomErrorWithArgs(
      rounds.write.settleDemand([1n]),
      rounds,
      "CapacityRounds_DemandNotFound",
      [1n],
    );
    expect(await rounds.read.creditOf([reporter.account.address])).to.equal(DEPOSIT);
  });

  it("a gateway is not convicted of disorder by a leaf that it never posted, on either side", async () => {
    const { rounds, postedRound } = await setup();
    const { posted, openLeaf } = await postedRound();
    const [one, two] = [openLeaf(0), openLeaf(1)];
    const forgedLater = { ...two, leaf: { ...two.leaf, nodeId: 1n } };
    const forgedEarlier = { ...one, leaf: { ...one.leaf, nodeId: 2n } };
    for (const pair of [
      [one, forgedLater],
      [forgedEarlier, two],
    ] as const)
      await assertions.revertWithCustomError(
        rounds.write.proveDisorder([posted, ...pair]),
        rounds,
        "CapacityRounds_LeafNotUnderRoot",
      );
    expect((await rounds.read.rootStateOf([1, 1]))[1]).to.equal(false);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployCapacity);
  }
});
