import { expect } from "chai";
import { network } from "hardhat";
import { zeroHash } from "viem";
import { roundLeafHash } from "@fizz/protocol/capacity";
import { DEPOSIT, deployCapacity } from "../support/contracts/capacity-fixture.ts";
import { deployMarket } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("attacks by another way in", () => {
  it("token callback re-enters a deposit with a permit: nothing is counted twice", async () => {
    const { market, owner, stranger } = await networkHelpers.loadFixture(deployMarket);
    const token = await viem.deployContract("HostileToken");
    await market.write.setTokenAllowed([token.address, true], { account: owner.account });
    await token.write.mint([stranger.account.address, 1_000n]);
    await token.write.approve([market.address, 1_000n], { account: stranger.account });
    await token.write.setTarget([market.address]);
    await assertions.revertWithCustomError(
      market.write.depositWithPermit([token.address, 1_000n, 0n, 27, zeroHash, zeroHash], {
        account: stranger.account,
      }),
      market,
      "ReentrancyGuardReentrantCall",
    );
    expect(await market.read.accountOf([stranger.account.address, token.address])).to.equal(0n);
  });

  it("a root that was never posted convicts nobody, and meets no demand", async () => {
    const { rounds, postedRound, reporter } = await networkHelpers.loadFixture(deployCapacity);
    const round = await postedRound();
    const { posted, openLeaf, one } = round;
    const asReporter = { account: reporter.account, value: DEPOSIT };
    await rounds.write.demandLeaf([posted, 0], asReporter);
    const { leaf } = openLeaf(0);
    const unposted = { ...posted, root: roundLeafHash(leaf), leafCount: 1, totalPoints: BigInt(leaf.points) };
    const opening = { leaf, index: 0, hashes: [], sums: [] };
    const exhibit = { ...round.exhibit(0, one), posted: unposted, opening };
    for (const attempt of [
      rounds.write.showLeaf([1n, exhibit]),
      rounds.write.proveFalseLeaf([exhibit]),
      rounds.write.proveDisorder([unposted, opening, opening]),
    ])
      await assertions.revertWithCustomError(attempt, rounds, "CapacityRounds_NotPosted");
    expect((await rounds.read.rootStateOf([1, 1]))[1]).to.equal(false);
  });
});
