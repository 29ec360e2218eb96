import { expect } from "chai";
import { network } from "hardhat";
import { encodeAbiParameters, getAddress, keccak256, parseAbiParameters } from "viem";
import { type RoundLeaf, roundLeafHash, RoundTree } from "@fizz/protocol/capacity";
import { addressOf, STAKE, SUBNET_CUT_BPS, subnetSettings } from "../support/contracts/market-fixture.ts";
import {
  DEPOSIT,
  deployCapacity,
  FAULT,
  GAP_SECONDS,
  openingForChain,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("CapacityRounds: what counts as an exhibit", () => {
  it("a verdict on a root has the number of its subnet and round alone", async () => {
    const { rounds } = await setup();
    const idOf = (fault: number, nodeId: bigint) =>
      keccak256(
        encodeAbiParameters(parseAbiParameters("uint8, uint64, uint32, uint32"), [fault, nodeId, 5, 9]),
      );
    expect(await rounds.read.verdictIdOf([FAULT.falseRoot, 77n, 5, 9])).to.equal(idOf(FAULT.falseRoot, 0n));
    expect(await rounds.read.verdictIdOf([FAULT.omission, 77n, 5, 9])).to.equal(idOf(FAULT.omission, 77n));
  });

  it("a shown leaf credits the deposit, and says so; a leaf of another round is not the one", async () => {
    const { rounds, postedRound, reporter, gateway } = await setup();
    const first = await postedRound();
    await networkHelpers.time.increase(GAP_SECONDS);
    const second = await postedRound();
    await rounds.write.demandLeaf([second.posted, 0], { account: reporter.account, value: DEPOSIT });
    await assertions.revertWithCustomErrorWithArgs(
      rounds.write.showLeaf([1n, first.exhibit(0, first.one)]),
      rounds,
      "CapacityRounds_LeafNotFound",
      [0, 2],
    );
    await assertions.emitWithArgs(
      rounds.write.showLeaf([1n, second.exhibit(0, second.one)]),
      rounds,
      "DepositCredited",
      [addressOf(gateway), DEPOSIT],
    );
  });

  it("a root that was never posted convicts nobody of a false leaf", async () => {
    const { rounds, postedRound, work } = await setup();
    await postedRound();
    const lie = await work(1n, { leaf: { points: 1 } });
    const tree = new RoundTree([lie.leaf]);
    const { answer, signature } = lie;
    const posted = { subnetId: 1, round: 1, ...tree.root };
    await assertions.revertWithCustomError(
      rounds.write.proveFalseLeaf([{ posted, opening: openingForChain(tree.open(0)), answer, signature }]),
      rounds,
      "CapacityRounds_NotPosted",
    );
  });

  it("a root that was never posted convicts nobody of disorder", async () => {
    const { rounds, postedRound } = await setup();
    const { one } = await postedRound();
    const { root, left, right } = twice(one.leaf);
    await assertions.revertWithCustomError(
      rounds.write.proveDisorder([{ subnetId: 1, round: 1, ...root }, left, right]),
      rounds,
      "CapacityRounds_NotPosted",
    );
  });

  it("a leaf with an answer that names another node is false, though the leaf's node signed it", async () => {
    const { rounds, openRound, work, postTree, reporter } = await setup();
    await openRound();
    const forged = await work(2n, { answer: { nodeId: 1n } });
    const { exhibit } = await postTree([forged.leaf]);
    await assertions.emitWithArgs(
      rounds.write.proveFalseLeaf([exhibit(0, forged)], { account: reporter.account }),
      rounds,
      "VerdictReached",
      [
        await rounds.read.verdictIdOf([FAULT.falseRoot, 0n, 1, 1]),
        FAULT.falseRoot,
        2n,
        1,
        1,
        getAddress(reporter.account.address),
      ],
    );
  });

  it("a leaf with an answer through another subnet is false, though the node is in both", async () => {
    const { rounds, postedRound, subnets, nodes, stranger, operator } = await setup();
    await subnets.write.registerSubnet([subnetSettings(stranger.account.address)], {
      account: stranger.account,
      value: STAKE,
    });
    await nodes.write.joinSubnet([1n, 2, SUBNET_CUT_BPS], { account: operator.account });
    const { exhibit, one } = await postedRound({ answer: { subnetId: 2 } });
    await rounds.write.proveFalseLeaf([exhibit(0, one)]);
    expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([0n, true, false]);
  });

  /** A tree that holds a leaf twice, which RoundTree would not make. */
  function twice(leaf: RoundLeaf) {
    const [hash, sum] = [roundLeafHash(leaf), BigInt(leaf.points)];
    const words = encodeAbiParameters(parseAbiParameters("bytes32, uint64, bytes32, uint64"), [
      hash,
      sum,
      hash,
      sum,
    ]);
    return {
      root: { root: keccak256(words), leafCount: 2, totalPoints: 2n * sum },
      left: { leaf, index: 0, hashes: [hash], sums: [sum] },
      right: { leaf, index: 1, hashes: [hash], sums: [sum] },
    };
  }

  async function setup() {
    return await networkHelpers.loadFixture(deployCapacity);
  }
});
