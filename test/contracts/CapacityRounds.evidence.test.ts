import { expect } from "chai";
import { network } from "hardhat";
import { keccak256 } from "viem";
import { type SegmentOpening, type WorkKind, workKinds } from "@fizz/protocol/capacity";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  deployCapacity,
  FAULT,
  forChain,
  KIND,
  POINTS,
  type SignedWork,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const SEGMENT = 40;
const LAST_SEGMENT = { cpu: 2 ** 21 - 1 };

describe("CapacityRounds: evidence", () => {
  describe("proveFalseSegment", () => {
    for (const kind of workKinds) {
      for (const label of [0, 1, 15, 16, SEGMENT * 16, SEGMENT * 16 + 15]) {
        it(`convicts a node of a false ${kind} label: ${label}`, async () => {
          const { rounds, round, opening, reporter } = await setup();
          const { one, exhibit } = await round({ falsehood: { label } });
          const id = await rounds.read.verdictIdOf([FAULT.falseCapacity, 1n, 1, 1]);
          await assertions.emitWithArgs(
            rounds.write.proveFalseSegment([exhibit(0, one), opening(one, kind, label >> 4)], {
              account: reporter.account,
            }),
            rounds,
            "VerdictReached",
            [id, FAULT.falseCapacity, 1n, 1, 1, addressOf(reporter)],
          );
          expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([BigInt(POINTS), false, false]);
          await assertions.revertWithCustomErrorWithArgs(
            rounds.write.proveFalseSegment([exhibit(0, one), opening(one, kind, label >> 4)]),
            rounds,
            "CapacityRounds_AlreadyDecided",
            [id],
          );
        });
      }

      it(`convicts nobody of right ${kind} work`, async () => {
        const { rounds, round, opening } = await setup();
        const { one, exhibit } = await round();
        for (const segment of [0, 1, SEGMENT, 63]) {
          await assertions.revertWithCustomErrorWithArgs(
            rounds.write.proveFalseSegment([exhibit(0, one), opening(one, kind, segment)]),
            rounds,
            "CapacityRounds_SegmentRight",
            [0, segment],
          );
        }
      });
    }

    it("takes no evidence that is not under the answer's root", async () => {
      const { rounds, round, opening } = await setup();
      const { one, two, exhibit } = await round();
      const right = opening(one, "cpu", SEGMENT);
      const prove = (evidence: typeof right) => rounds.write.proveFalseSegment([exhibit(0, one), evidence]);
      const foreign = opening(two, "cpu", SEGMENT);
      await assertions.revertWithCustomError(prove(foreign), rounds, "CapacityRounds_PartNotUnderRoot");
      await assertions.revertWithCustomError(
        prove({ ...right, kind: KIND.memory }),
        rounds,
        "CapacityRounds_WrongPartSize",
      );
      await assertions.revertWithCustomError(
        prove({ ...right, lane: 1 }),
        rounds,
        "CapacityRounds_PartNotUnderRoot",
      );
      await assertions.revertWithCustomErrorWithArgs(
        prove({ ...right, lane: 4 }),
        rounds,
        "CapacityRounds_NoSuchSegment",
        [4, SEGMENT],
      );
      await assertions.revertWithCustomError(
        prove({ ...right, segment: SEGMENT - 1 }),
        rounds,
        "CapacityRounds_PartNotUnderRoot",
      );
      await assertions.revertWithCustomErrorWithArgs(
        prove({ ...right, segment: LAST_SEGMENT.cpu + 1 }),
        rounds,
        "CapacityRounds_NoSuchSegment",
        [0, LAST_SEGMENT.cpu + 1],
      );
    });

    it("wants every part, in order, and no more", async () => {
      const { rounds, round, opening } = await setup();
      const { one, exhibit } = await round();
      const right = opening(one, "cpu", SEGMENT);
      const prove = (parts: typeof right.parts) =>
        rounds.write.proveFalseSegment([exhibit(0, one), { ...right, parts }]);
      const [own, before, third, ...rest] = right.parts as [Part, Part, Part, ...Part[]];
      type Part = (typeof right.parts)[number];
      const count = right.parts.length;
      expect(count).to.be.above(4);
      await assertions.revertWithCustomErrorWithArgs(
        prove(right.parts.slice(0, -1)),
        rounds,
        "CapacityRounds_WrongPartCount",
        [BigInt(count), BigInt(count - 1)],
      );
      await assertions.revertWithCustomErrorWithArgs(
        prove([...right.parts, own]),
        rounds,
        "CapacityRounds_WrongPartCount",
        [BigInt(count), BigInt(count + 1)],
      );
      await assertions.revertWithCustomErrorWithArgs(prove([]), rounds, "CapacityRounds_WrongPartCount", [
        1n,
        0n,
      ]);
      await assertions.revertWithCustomError(
        prove([own, third, before, ...rest]),
        rounds,
        "CapacityRounds_PartNotUnderRoot",
      );
      const long = { ...before, labels: `${before.labels}00` as const };
      await assertions.revertWithCustomErrorWithArgs(
        prove([own, long, third, ...rest]),
        rounds,
        "CapacityRounds_WrongPartSize",
        [1n, 513n, BigInt(before.path.length)],
      );
      const short = { ...own, path: own.path.slice(1) };
      await assertions.revertWithCustomErrorWithArgs(
        prove([short, before, third, ...rest]),
        rounds,
        "CapacityRounds_WrongPartSize",
        [0n, 512n, BigInt(own.path.length - 1)],
      );
    });

    it("wants a leaf that the node signed", async () => {
      const { rounds, round, opening } = await setup();
      const { one, exhibit } = await round({ leaf: { points: 1 }, falsehood: { label: 5 } });
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveFalseSegment([exhibit(0, one), opening(one, "cpu", 0)]),
        rounds,
        "CapacityRounds_LeafFalse",
        [1n],
      );
      const { leaf } = one;
      await assertions.revertWithCustomError(
        rounds.write.proveFalseSegment([
          { ...exhibit(0, one), opening: { leaf, index: 0, hashes: [keccak256("0x")], sums: [0n] } },
          opening(one, "cpu", 0),
        ]),
        rounds,
        "CapacityRounds_LeafNotUnderRoot",
      );
    });

    it("is refused once the round is final", async () => {
      const { rounds, round, opening, at } = await setup();
      const { one, exhibit, opened } = await round({ falsehood: { label: 5 } });
      await at(opened.finalAt + 1);
      await assertions.revertWithCustomError(
        rounds.write.proveFalseSegment([exhibit(0, one), opening(one, "cpu", 0)]),
        rounds,
        "CapacityRounds_TooLate",
      );
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployCapacity);
    return {
      ...fixture,
      round: fixture.postedRound,
      opening: (signed: SignedWork, kind: WorkKind, segment: number): SegmentOpening & { kind: number } =>
        forChain(kind, signed.chains[kind].open({ lane: 0, segment })),
    };
  }
});
