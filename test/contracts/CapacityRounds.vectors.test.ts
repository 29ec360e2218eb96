import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import { bytesToHex, type Hex, hexToBytes, keccak256, toHex } from "viem";
import {
  isUnderRoundRoot,
  laneSeedOf,
  nodeSeedOf,
  RoundTree,
  type SegmentOpening,
  type SegmentVerdict,
  verifySegment,
  type Work,
} from "@fizz/protocol/capacity";
import { commitChains } from "../support/capacity/chains.ts";
import { openingForChain } from "../support/contracts/capacity-fixture.ts";
import { expectedVerdict, readCapacityVectors, vectorWork } from "../support/capacity/vectors.ts";

const { viem, networkHelpers } = await network.create();

/** Solidity and TypeScript decide alike, or a verdict would be worth nothing. */
describe("WorkChain and protocol/capacity", () => {
  const vectors = readCapacityVectors();

  for (const vector of vectors.cases) {
    it(`judge alike: ${vector.name}`, async () => {
      const { check } = await setup();
      const { nodeSeed } = vectors;
      const work = vectorWork(vector.kind, vectors);
      const committed = commitChains({ nodeSeed, work, falsehood: vector.falsehood });
      const commitment = { nodeSeed, work, root: vector.root };
      expect(await check(commitment, committed.open(vector))).to.deep.equal(expectedVerdict(vector));
    });
  }

  it("judge random work alike: no false label passes, no honest node is convicted", async () => {
    const { check } = await setup();
    const shapes = fc.record({
      salt: fc.nat(),
      lanes: fc.integer({ min: 1, max: 5 }),
      stepsLog2: fc.integer({ min: 4, max: 8 }),
      windowLabels: fc.integer({ min: 1, max: 300 }),
      place: fc.record({ lane: fc.nat(), segment: fc.nat() }),
      falsehood: fc.option(fc.record({ label: fc.nat(), byte: fc.integer({ min: 0, max: 31 }) }), {
        nil: undefined,
      }),
      kind: fc.constantFrom("cpu" as const, "memory" as const),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const { lanes, stepsLog2, windowLabels, kind } = shape;
        const nodeSeed = seedOf(shape.salt);
        const depth = stepsLog2 - 4 + Math.ceil(Math.log2(lanes));
        const work: Work = { kind, lanes, windowLabels, stepsLog2, depth };
        const place = { lane: shape.place.lane % lanes, segment: shape.place.segment % 2 ** (stepsLog2 - 4) };
        const falsehood = shape.falsehood && {
          lane: place.lane,
          label: shape.falsehood.label % 2 ** stepsLog2,
          byte: shape.falsehood.byte,
        };
        const committed = commitChains({ nodeSeed, work, falsehood });
        const commitment = { nodeSeed, work, root: committed.root };
        const opening = committed.open(place);
        const verdict = verifySegment(commitment, opening);
        expect(await check(commitment, opening)).to.deep.equal(verdict);
        if (falsehood === undefined) expect(verdict.outcome).to.equal("right");
        else if (falsehood.label >> 4 === place.segment) {
          expect(verdict).to.deep.equal({ outcome: "wrong", label: falsehood.label });
        }
      }),
      { numRuns: 60, seed: 0x5eed },
    );
  });

  it("judge openings alike that somebody tampered with: none becomes evidence against an honest node", async () => {
    const { check } = await setup();
    const { nodeSeed } = vectors;
    const work = vectorWork("cpu", vectors);
    const committed = commitChains({ nodeSeed, work });
    const commitment = { nodeSeed, work, root: committed.root };
    const tampering = fc.record({
      segment: fc.integer({ min: 0, max: 31 }),
      part: fc.nat(),
      where: fc.constantFrom("labels", "path", "drop", "swap", "lane", "segment"),
      at: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(tampering, async ({ segment, part, where, at }) => {
        const honest = committed.open({ lane: 0, segment });
        const opening = tamper(honest, { part: part % honest.parts.length, where, at });
        const verdict = verifySegment(commitment, opening);
        expect(verdict.outcome).not.to.equal("wrong");
        expect((await check(commitment, opening)).outcome).to.equal(verdict.outcome);
      }),
      { numRuns: 60, seed: 0x5eed },
    );
  });

  it("judge leaves alike, right ones and tampered ones", async () => {
    const { harness } = await setup();
    const word = (text: string): Hex => keccak256(toHex(text));
    const shape = fc.record({
      count: fc.integer({ min: 1, max: 9 }),
      index: fc.nat(),
      claimedCount: fc.option(fc.integer({ min: 1, max: 17 }), { nil: undefined, freq: 2 }),
      what: fc.constantFrom("nothing", "nothing", "nothing", "points", "index", "hash", "sum", "total"),
      height: fc.nat(),
    });
    let right = 0;
    await fc.assert(
      fc.asyncProperty(shape, async ({ count, index, claimedCount, what, height }) => {
        const leaves = Array.from({ length: count }, (_, at) => ({
          nodeId: BigInt(at + 1),
          points: 10 * at,
          answerHash: word(`answer ${at}`),
          signatureHash: word(`signature ${at}`),
        }));
        const tree = new RoundTree(leaves);
        const posted = { subnetId: 1, round: 1, ...tree.root, leafCount: claimedCount ?? count };
        const opening = openingForChain(tree.open(index % count));
        const at = height % Math.max(1, opening.hashes.length);
        if (what === "points") opening.leaf = { ...opening.leaf, points: opening.leaf.points + 1 };
        if (what === "index") opening.index += 1;
        if (what === "hash" && opening.hashes.length > 0) opening.hashes[at] = word("other");
        if (what === "sum" && opening.sums.length > 0) opening.sums[at] = (opening.sums[at] ?? 0n) + 1n;
        if (what === "total") posted.totalPoints += 1n;
        const expected = isUnderRoundRoot(posted, opening);
        const found = await harness.read.requireLeaf([posted, opening]).then(
          () => true,
          (error: unknown) => {
            if (!/CapacityRounds_(LeafNot|SumBeyond)/.test(String(error))) throw error;
            return false;
          },
        );
        expect(found).to.equal(expected);
        if (expected) right += 1;
      }),
      { numRuns: 120, seed: 0x5eed },
    );
    expect(right).to.be.above(10);
  });

  function seedOf(salt: number): Hex {
    return nodeSeedOf({ seed: vectors.seed, nodeId: BigInt(salt), subnetId: 1, round: 1 });
  }

  function tamper(
    opening: SegmentOpening,
    { part, where, at }: { part: number; where: string; at: number },
  ): SegmentOpening {
    const parts = structuredClone(opening.parts);
    const chosen = parts[part];
    if (chosen === undefined) return opening;
    if (where === "labels") chosen.labels = turn(chosen.labels, at);
    if (where === "path")
      chosen.path = chosen.path.map((node, height) => (height === at % 6 ? turn(node, at) : node));
    if (where === "drop") parts.splice(part, 1);
    if (where === "swap") parts.push(...parts.splice(part, 1));
    const segment = where === "segment" ? opening.segment ^ 1 : opening.segment;
    return { lane: where === "lane" ? 1 : opening.lane, segment, parts };
  }

  function turn(hex: Hex, at: number): Hex {
    const bytes = hexToBytes(hex);
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1;
    return bytesToHex(bytes);
  }

  async function setup() {
    const { harness } = await networkHelpers.loadFixture(deployHarness);
    return {
      harness,
      check: async (
        commitment: { nodeSeed: Hex; work: Work; root: Hex },
        opening: SegmentOpening,
      ): Promise<SegmentVerdict> => {
        const { work, nodeSeed, root } = commitment;
        const chain = {
          laneSeed: laneSeedOf(nodeSeed, work.kind, opening.lane),
          root,
          window: BigInt(work.windowLabels),
          segmentsLog2: BigInt(work.stepsLog2 - 4),
          depth: BigInt(work.depth),
        };
        try {
          const [right, label] = await harness.read.check([chain, { ...opening, kind: 0 }]);
          return right ? { outcome: "right" } : { outcome: "wrong", label: Number(label) };
        } catch (error) {
          if (!/CapacityRounds_(WrongPart|PartNotUnderRoot|NoSuchSegment)/.test(String(error))) throw error;
          return { outcome: "malformed", reason: "reverted" };
        }
      },
    };
  }

  async function deployHarness() {
    return { harness: await viem.deployContract("WorkChainHarness") };
  }
});
