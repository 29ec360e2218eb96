import {
  capacityAnswerSchema,
  DEFAULT_SAMPLES,
  drawPlaces,
  isProvable,
  isUnderRoundRoot,
  maxMemoryMiB,
  nodeSeedOf,
  type RoundLeaf,
  RoundTree,
  segmentOpeningSchema,
  STANDARD_DIFFICULTY,
  verifySegment,
  workOf,
} from "@fizz/protocol/capacity";
import { expect } from "chai";
import fc from "fast-check";
import { keccak256, toHex, zeroHash } from "viem";
import { commitChains } from "../../support/capacity/chains.ts";

const leafOf = (nodeId: number, points = 100): RoundLeaf => ({
  nodeId: BigInt(nodeId),
  points,
  answerHash: keccak256(toHex(`answer ${nodeId}`)),
  signatureHash: keccak256(toHex(`signature ${nodeId}`)),
});

describe("RoundTree", () => {
  it("opens every leaf of every size, and counts exactly its leaves", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 20 }),
        (ids) => {
          const leaves = ids.map((id) => leafOf(id, id % 1_000));
          const tree = new RoundTree(leaves);
          const sum = leaves.reduce((total, { points }) => total + BigInt(points), 0n);
          expect(tree.root).to.deep.include({ leafCount: ids.length, totalPoints: sum });
          const sorted = ids.toSorted((a, b) => a - b);
          for (const [index, id] of sorted.entries()) {
            expect(tree.indexOf(BigInt(id))).to.equal(index);
            const opening = tree.open(index);
            expect(opening.leaf.nodeId).to.equal(BigInt(id));
            expect(isUnderRoundRoot(tree.root, opening)).to.equal(true);
          }
        },
      ),
      { numRuns: 30, seed: 0x5eed },
    );
  });

  it("knows no leaf at another place, with other points or sums, or under another root", () => {
    const tree = new RoundTree([1, 2, 3, 4, 5].map((id) => leafOf(id)));
    const { root } = tree;
    const opening = tree.open(2);
    const [first = 0n, ...others] = opening.sums;
    for (const wrong of [
      { ...opening, index: 3 },
      { ...opening, index: 5 },
      { ...opening, leaf: { ...opening.leaf, points: 101 } },
      { ...opening, leaf: { ...opening.leaf, nodeId: 9n } },
      { ...opening, sums: [first + 1n, ...others] },
      { ...opening, sums: others },
      { ...opening, hashes: opening.hashes.slice(1) },
      { ...opening, hashes: [zeroHash, ...opening.hashes.slice(1)] },
    ]) {
      expect(isUnderRoundRoot(root, wrong)).to.equal(false);
    }
    expect(isUnderRoundRoot({ ...root, totalPoints: root.totalPoints + 1n }, opening)).to.equal(false);
    expect(isUnderRoundRoot({ ...root, leafCount: 9 }, opening)).to.equal(false);
  });

  it("does not let points hide behind the last leaf", () => {
    const tree = new RoundTree([1, 2, 3].map((id) => leafOf(id)));
    const hidden = new RoundTree([1, 2, 3, 4].map((id) => leafOf(id)));
    expect(isUnderRoundRoot({ ...hidden.root, leafCount: 3 }, hidden.open(2))).to.equal(false);
    expect(isUnderRoundRoot(tree.root, tree.open(2))).to.equal(true);
  });

  it("refuses no leaf, a node twice, and a place that is not there", () => {
    for (const make of [
      () => new RoundTree([]),
      () => new RoundTree([leafOf(1), leafOf(2), leafOf(1)]),
      () => new RoundTree([leafOf(1)]).open(1),
    ]) {
      expect(make).to.throw().with.property("code", "INPUT_INVALID");
    }
    expect(new RoundTree([leafOf(1)]).indexOf(2n)).to.equal(undefined);
  });
});

describe("claims", () => {
  it("are provable from a block to half of a chain a thread", () => {
    expect(maxMemoryMiB(4, STANDARD_DIFFICULTY)).to.equal(4_096);
    for (const [threads, memoryMiB, provable] of [
      [1, 1, true],
      [1, 1_024, true],
      [1, 1_025, false],
      [128, 1, true],
      [129, 1, false],
      [1_024, 8, true],
      [1_025, 9, false],
      [0, 1, false],
      [1, 0, false],
      [1.5, 1, false],
      [1, 1.5, false],
    ] as const) {
      expect(isProvable({ threads, memoryMiB }, STANDARD_DIFFICULTY), `${threads} ${memoryMiB}`).to.equal(
        provable,
      );
    }
  });

  it("share the memory out over the threads, in whole blocks", () => {
    const claim = { threads: 3, memoryMiB: 100 };
    expect(workOf("memory", claim, STANDARD_DIFFICULTY)).to.deep.equal({
      kind: "memory",
      lanes: 3,
      windowLabels: 1_092_096,
      stepsLog2: 26,
      depth: 24,
    });
    expect(workOf("cpu", claim, STANDARD_DIFFICULTY)).to.deep.include({ windowLabels: 65_536, depth: 23 });
  });
});

describe("samples", () => {
  it("are drawn from all chains and all segments", () => {
    const work = workOf("cpu", { threads: 3, memoryMiB: 100 }, STANDARD_DIFFICULTY);
    const asked: number[] = [];
    const places = drawPlaces(work, DEFAULT_SAMPLES, (below) => {
      asked.push(below);
      return below - 1;
    });
    expect(places).to.have.lengthOf(32);
    expect(places[0]).to.deep.equal({ lane: 2, segment: 2 ** 21 - 1 });
    expect(new Set(asked)).to.deep.equal(new Set([3, 2 ** 21]));
  });

  it("catch a node that left out half of its work", () => {
    const nodeSeed = nodeSeedOf({ seed: keccak256("0x01"), nodeId: 1n, subnetId: 1, round: 1 });
    const difficulty = { cpuStepsLog2: 10, memoryStepsLog2: 16, cpuWindowLog2: 8 };
    const work = workOf("cpu", { threads: 2, memoryMiB: 1 }, difficulty);
    const committed = commitChains({ nodeSeed, work, leftOut: 0.5 });
    let state = 1;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    const commitment = { nodeSeed, work, root: committed.root };
    const outcomes = drawPlaces(work, DEFAULT_SAMPLES, random).map(
      (place) => verifySegment(commitment, committed.open(place)).outcome,
    );
    expect(outcomes.filter((outcome) => outcome === "wrong").length).to.be.within(8, 24);
  });
});

describe("messages", () => {
  it("are bounded", () => {
    const part = { labels: `0x${"00".repeat(512)}`, path: [zeroHash] };
    expect(segmentOpeningSchema.safeParse({ lane: 0, segment: 0, parts: [part] }).success).to.equal(true);
    for (const bad of [
      { lane: 0, segment: 0, parts: [] },
      { lane: 0, segment: 0, parts: Array(19).fill(part) },
      { lane: -1, segment: 0, parts: [part] },
      { lane: 65_536, segment: 0, parts: [part] },
      { lane: 0, segment: 0, parts: [{ ...part, labels: "0x00" }] },
      { lane: 0, segment: 0, parts: [{ ...part, path: Array(49).fill(zeroHash) }] },
      { lane: 0, segment: 0, parts: [part], more: 1 },
    ]) {
      expect(segmentOpeningSchema.safeParse(bad).success).to.equal(false);
    }
    expect(capacityAnswerSchema.safeParse({}).success).to.equal(false);
  });
});
