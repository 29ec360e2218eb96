import { expect } from "chai";
import { network } from "hardhat";
import { encodeAbiParameters, type Hex, keccak256, parseAbiParameters, toHex, zeroHash } from "viem";
import { laneSeedOf, RoundTree, roundLeafHash, type Work } from "@fizz/protocol/capacity";
import { commitChains } from "../support/capacity/chains.ts";
import { openingForChain } from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const word = (text: string): Hex => keccak256(toHex(text));
const leafOf = (nodeId: number, points = 10) => ({
  nodeId: BigInt(nodeId),
  points,
  answerHash: word(`answer ${nodeId}`),
  signatureHash: word(`signature ${nodeId}`),
});

describe("SumTree: openings", () => {
  for (let count = 1; count <= 9; count++)
    it(`every leaf of ${count} is under the root, and not with one sibling or one sum more or less`, async () => {
      const { requireLeaf, refused } = await setup();
      const tree = new RoundTree(Array.from({ length: count }, (_, at) => leafOf(at + 1)));
      const posted = { subnetId: 1, round: 1, ...tree.root };
      for (let index = 0; index < count; index++) {
        const opening = openingForChain(tree.open(index));
        await requireLeaf(posted, opening);
        const { hashes, sums } = opening;
        for (const lengths of [{ hashes: [...hashes, zeroHash] }, { sums: [...sums, 0n] }])
          await refused([posted, { ...opening, ...lengths }], "CapacityRounds_LeafNotFound", [index, count]);
        if (count === 1) continue;
        for (const lengths of [{ hashes: hashes.slice(1) }, { sums: sums.slice(1) }])
          await refused([posted, { ...opening, ...lengths }], "CapacityRounds_LeafNotFound", [index, count]);
      }
    });

  // Which siblings of the last leaf lie wholly beyond it, by height.
  for (const [leafCount, index, beyond] of [
    [2, 1, []],
    [3, 2, [0]],
    [4, 3, []],
    [5, 4, [0, 1]],
    [6, 5, [1]],
    [6, 4, [1]],
    [7, 6, [0]],
    [9, 8, [0, 1, 2]],
  ] as const)
    it(`of ${leafCount} leaves number ${index} shows that nothing counts behind them`, async () => {
      const { requireLeaf, refused } = await setup();
      const depth = Math.ceil(Math.log2(leafCount));
      for (let height = 0; height < depth; height++)
        for (const sum of [1n, 7n]) {
          const { posted, opening } = treeWith({ leafCount, index, depth, height, sum });
          if ((beyond as readonly number[]).includes(height))
            await refused([posted, opening], "CapacityRounds_SumBeyondLeaves", [index, sum]);
          else await requireLeaf(posted, opening);
        }
    });

  it("right work names no label", async () => {
    const { harness } = await setup();
    const nodeSeed = word("node");
    const work: Work = { kind: "cpu", lanes: 1, windowLabels: 20, stepsLog2: 6, depth: 2 };
    const committed = commitChains({ nodeSeed, work });
    const laneSeed = laneSeedOf(nodeSeed, work.kind, 0);
    const chain = { laneSeed, root: committed.root, window: 20n, segmentsLog2: 2n, depth: 2n };
    for (const segment of [0, 1, 2, 3]) {
      const opening = committed.open({ lane: 0, segment });
      expect(await harness.read.check([chain, { ...opening, kind: 0 }])).to.deep.equal([true, 0n]);
    }
  });

  /** A root over one leaf and made-up siblings, of which only the one at `height` counts something. */
  function treeWith(shape: { leafCount: number; index: number; depth: number; height: number; sum: bigint }) {
    const { leafCount, index, depth, height, sum } = shape;
    const leaf = leafOf(index + 1);
    const hashes = Array.from({ length: depth }, (_, at) => word(`sibling ${at}`));
    const sums = Array.from({ length: depth }, (_, at) => (at === height ? sum : 0n));
    let [root, totalPoints] = [roundLeafHash(leaf), BigInt(leaf.points)];
    for (const [at, hash] of hashes.entries()) {
      const sibling = [hash, sums[at] ?? 0n] as const;
      const own = [root, totalPoints] as const;
      const pair =
        (index >> at) % 2 === 0 ? ([...own, ...sibling] as const) : ([...sibling, ...own] as const);
      root = keccak256(encodeAbiParameters(parseAbiParameters("bytes32, uint64, bytes32, uint64"), pair));
      totalPoints += sibling[1];
    }
    return {
      posted: { subnetId: 1, round: 1, root, leafCount, totalPoints },
      opening: { leaf, index, hashes, sums },
    };
  }

  async function setup() {
    const { harness } = await networkHelpers.loadFixture(deployHarness);
    const errors = await viem.getContractAt("CapacityRounds", harness.address);
    type Arguments = Parameters<typeof harness.read.requireLeaf>[0];
    const requireLeaf = async (...args: Arguments) => {
      await harness.read.requireLeaf(args);
    };
    const refused = async (
      leaf: Arguments,
      error: "CapacityRounds_LeafNotFound" | "CapacityRounds_SumBeyondLeaves",
      args: [number, number] | [number, bigint],
    ) => {
      const read = requireLeaf(...leaf) as unknown as Promise<never>;
      await assertions.revertWithCustomErrorWithArgs(read, errors, error, args);
    };
    return { harness, requireLeaf, refused };
  }

  async function deployHarness() {
    return { harness: await viem.deployContract("WorkChainHarness") };
  }
});
