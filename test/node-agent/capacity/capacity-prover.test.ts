import {
  computeChain,
  type Difficulty,
  laneSeedOf,
  MerkleTree,
  nodeSeedOf,
  SEGMENT_BYTES,
  segmentOpeningSchema,
  segmentsPerLane,
  verifySegment,
  type WorkKind,
  workKinds,
  workOf,
} from "@fizz/protocol/capacity";
import { expect } from "chai";
import { bytesToHex, keccak256, toHex } from "viem";
import {
  CapacityProver,
  MAX_OPENED_SEGMENTS,
  proverBytes,
} from "../../../node-agent/src/capacity/capacity-prover.ts";
import { Lane } from "../../../node-agent/src/capacity/lane.ts";

const difficulty: Difficulty = { cpuStepsLog2: 10, memoryStepsLog2: 16, cpuWindowLog2: 8 };
const claim = { threads: 3, memoryMiB: 2 };
const nodeSeed = nodeSeedOf({ seed: keccak256(toHex("seed")), nodeId: 7n, subnetId: 1, round: 1 });
const never = new AbortController().signal;

describe("Lane", () => {
  for (const [windowLabels, stepsLog2] of [
    [256, 10],
    [512, 12],
    [1_024, 10],
    [2_048, 11],
  ] as const) {
    it(`computes the chain that the protocol defines: window ${windowLabels}, 2^${stepsLog2} labels`, () => {
      const laneSeed = laneSeedOf(nodeSeed, "cpu", windowLabels);
      const chain = computeChain({ laneSeed, windowLabels, labels: 2 ** stepsLog2 });
      const segment = (at: number) => chain.subarray(at * SEGMENT_BYTES, (at + 1) * SEGMENT_BYTES);
      const count = chain.length / SEGMENT_BYTES;
      const tree = new MerkleTree(Array.from({ length: count }, (_, at) => keccak256(segment(at), "bytes")));
      const lane = new Lane({ laneSeed, windowLabels, stepsLog2 });
      expect(lane.commit()).to.equal(bytesToHex(tree.root));
      const wanted = [count - 1, 0, 1, 15, 16, 17, Math.floor(count / 2)];
      const opened = lane.open(wanted);
      for (const at of wanted) {
        const own = opened.get(at)?.[0];
        expect(own?.labels).to.equal(bytesToHex(segment(at)));
        expect(own?.path).to.deep.equal(tree.pathOf(at).map((sibling) => bytesToHex(sibling)));
      }
    });
  }

  it("opens nothing beyond its end", () => {
    const lane = new Lane({ laneSeed: nodeSeed, windowLabels: 256, stepsLog2: 10 });
    lane.commit();
    expect(() => lane.open([64])).to.throw("no segment 64");
  });
});

describe("CapacityProver", () => {
  it("commits to work that the protocol verifies, first and last segments included", async () => {
    const prover = new CapacityProver({ nodeSeed, claim, difficulty });
    try {
      const { cpuRoot, memoryRoot } = await prover.commit(never);
      const rootOf: Record<WorkKind, typeof cpuRoot> = { cpu: cpuRoot, memory: memoryRoot };
      for (const kind of workKinds) {
        const work = workOf(kind, claim, difficulty);
        const last = segmentsPerLane(work) - 1;
        const places = [
          { lane: 2, segment: last },
          { lane: 0, segment: 0 },
          { lane: 1, segment: 1 },
          { lane: 1, segment: last >> 1 },
          { lane: 1, segment: 1 },
        ];
        const openings = await prover.open(kind, places, never);
        expect(openings.map(({ lane, segment }) => ({ lane, segment }))).to.deep.equal(places);
        for (const opening of openings) {
          const verdict = verifySegment(
            { nodeSeed, work, root: rootOf[kind] },
            segmentOpeningSchema.parse(opening),
          );
          expect(verdict, `${kind} ${opening.lane}/${opening.segment}`).to.deep.equal({ outcome: "right" });
        }
      }
    } finally {
      await prover.stop();
    }
  });

  it("stops in the middle of the work when it is aborted, and leaves no thread behind", async () => {
    const long: Difficulty = { ...difficulty, cpuStepsLog2: 24 };
    const prover = new CapacityProver({ nodeSeed, claim: { threads: 1, memoryMiB: 1 }, difficulty: long });
    const controller = new AbortController();
    const committed = prover.commit(controller.signal);
    controller.abort();
    await committed.then(
      () => expect.fail("it went on"),
      (error: unknown) => expect((error as Error).name).to.equal("AbortError"),
    );
    await prover.stop();
  });

  it("refuses a claim that stands for no work", () => {
    for (const bad of [
      { threads: 0, memoryMiB: 2 },
      { threads: 1_025, memoryMiB: 1_025 },
      { threads: 1, memoryMiB: 0 },
      { threads: 1, memoryMiB: 2 },
    ]) {
      expect(() => new CapacityProver({ nodeSeed, claim: bad, difficulty }), JSON.stringify(bad))
        .to.throw()
        .with.property("code", "INPUT_INVALID");
    }
  });

  it("refuses to open before it commits, and too much at once", async () => {
    const prover = new CapacityProver({ nodeSeed, claim, difficulty });
    const place = { lane: 0, segment: 0 };
    await rejected(prover.open("cpu", [place], never), "INTERNAL");
    const many = Array.from({ length: MAX_OPENED_SEGMENTS + 1 }, () => place);
    await rejected(prover.open("cpu", many, never), "INPUT_TOO_LARGE");
  });

  it("refuses segments and lanes that do not exist", async () => {
    for (const place of [
      { lane: 3, segment: 0 },
      { lane: 0, segment: 64 },
    ]) {
      const prover = new CapacityProver({ nodeSeed, claim, difficulty });
      await prover.commit(never);
      await rejected(prover.open("cpu", [place], never), place.lane === 3 ? "INPUT_INVALID" : "INTERNAL");
    }
  });

  it("takes the memory that is claimed and a few MiB a thread", () => {
    const standard = { cpuStepsLog2: 25, memoryStepsLog2: 26, cpuWindowLog2: 16 };
    const bytes = proverBytes({ threads: 4, memoryMiB: 2_048 }, standard);
    expect(bytes / 2 ** 20 - 2_048).to.be.within(0, 4 * 28);
  });

  async function rejected(promise: Promise<unknown>, code: string): Promise<void> {
    await promise.then(
      () => expect.fail("it was not refused"),
      (error: unknown) => expect(error).to.have.property("code", code),
    );
  }
});
