import { expect } from "chai";
import { network } from "hardhat";
import { keccak256, zeroAddress } from "viem";
import { type SegmentOpening, type WorkKind, workKinds } from "@fizz/protocol/capacity";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  DEPOSIT,
  deployCapacity,
  FAULT,
  forChain,
  KIND,
  POINTS,
  RESPONSE_SECONDS,
  type WorkChanges,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const SEGMENT = 40;
const LAST_SEGMENT = { cpu: 2 ** 21 - 1, memory: 2 ** 22 - 1 };

describe("CapacityRounds: segments", () => {
  for (const kind of workKinds) {
    describe(`a ${kind} challenge`, () => {
      for (const segment of [0, 1, SEGMENT, 63]) {
        it(`is met by the work; the deposit goes to the node's owner: segment ${segment}`, async () => {
          const { rounds, round, challenge, opening, nodeOwner, stranger } = await setup();
          const { one } = await round();
          await challenge(kind, { segment });
          await assertions.emitWithArgs(
            rounds.write.showSegment([1n, one.answer, opening(one, kind, segment)], {
              account: stranger.account,
            }),
            rounds,
            "SegmentShown",
            [1n],
          );
          expect(await rounds.read.creditOf([nodeOwner.account.address])).to.equal(DEPOSIT);
          expect((await rounds.read.challengeOf([1n])).challenger).to.equal(zeroAddress);
          await assertions.revertWithCustomErrorWithArgs(
            rounds.write.settleChallenge([1n]),
            rounds,
            "CapacityRounds_ChallengeNotFound",
            [1n],
          );
        });
      }

      it("is not met by false work", async () => {
        const { rounds, round, challenge, opening } = await setup();
        const label = SEGMENT * 16 + 3;
        const { one } = await round({ falsehood: { label } });
        await challenge(kind, {});
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.showSegment([1n, one.answer, opening(one, kind, SEGMENT)]),
          rounds,
          "CapacityRounds_SegmentFalse",
          [BigInt(label)],
        );
      });

      it("is refused beyond the last segment and the last chain", async () => {
        const { rounds, round, challenge } = await setup();
        await round();
        const segment = LAST_SEGMENT[kind];
        await challenge(kind, { segment, lane: 3 });
        await assertions.revertWithCustomErrorWithArgs(
          challenge(kind, { segment: segment + 1 }),
          rounds,
          "CapacityRounds_NoSuchSegment",
          [0, segment + 1],
        );
        await assertions.revertWithCustomErrorWithArgs(
          challenge(kind, { lane: 4 }),
          rounds,
          "CapacityRounds_NoSuchSegment",
          [4, SEGMENT],
        );
      });
    });
  }

  describe("a challenge", () => {
    it("is kept with its deadline", async () => {
      const { rounds, round, challenge, now, reporter } = await setup();
      const { one } = await round();
      await assertions.emitWithArgs(challenge("memory", {}), rounds, "SegmentChallenged", [
        1n,
        1n,
        1,
        KIND.memory,
        0,
        SEGMENT,
        (deadline: number) => deadline > 0,
      ]);
      expect(await rounds.read.challengeOf([1n])).to.deep.equal({
        challenger: addressOf(reporter),
        deposit: DEPOSIT,
        answerHash: one.leaf.answerHash,
        nodeId: 1n,
        subnetId: 1,
        round: 1,
        deadline: (await now()) + RESPONSE_SECONDS,
        points: POINTS,
        kind: KIND.memory,
        lane: 0,
        segment: SEGMENT,
      });
    });

    it("not met in time voids the leaf, and nothing else", async () => {
      const { rounds, round, challenge, opening, at, now, sleepUntil, reporter } = await setup();
      const { one, posted, opened } = await round();
      await challenge("cpu", {});
      await challenge("cpu", { segment: 1 });
      const deadline = (await now()) + RESPONSE_SECONDS;
      await at(deadline);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.settleChallenge([2n]),
        rounds,
        "CapacityRounds_TooEarly",
        [BigInt(deadline + 1), BigInt(deadline)],
      );
      await at(deadline + 1);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showSegment([2n, one.answer, opening(one, "cpu", 1)]),
        rounds,
        "CapacityRounds_TooLate",
        [BigInt(deadline), BigInt(deadline + 1)],
      );
      const id = await rounds.read.verdictIdOf([FAULT.falseCapacity, 1n, 1, 1]);
      await assertions.emitWithArgs(rounds.write.settleChallenge([1n]), rounds, "VerdictReached", [
        id,
        FAULT.falseCapacity,
        1n,
        1,
        1,
        addressOf(reporter),
      ]);
      await rounds.write.settleChallenge([2n]);
      expect(await rounds.read.creditOf([reporter.account.address])).to.equal(2n * DEPOSIT);
      expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([BigInt(POINTS), false, false]);
      await sleepUntil(opened.finalAt + 1);
      await rounds.write.finalise([posted]);
      expect(await rounds.read.provenPointSecondsOf([1])).to.equal(BigInt(POINTS * 3_600));
    });

    it("is met until its deadline, to the second", async () => {
      const { rounds, round, challenge, opening, at, now } = await setup();
      const { one } = await round();
      await challenge("cpu", {});
      await at((await now()) + RESPONSE_SECONDS);
      await rounds.write.showSegment([1n, one.answer, opening(one, "cpu", SEGMENT)]);
    });

    it("is refused too late, without its deposit, and against a false leaf", async () => {
      const { rounds, round, challenge, at } = await setup();
      const { opened } = await round();
      await assertions.revertWithCustomError(
        challenge("cpu", { value: 1n }),
        rounds,
        "CapacityRounds_DepositTooLow",
      );
      await at(opened.challengeBy);
      await challenge("cpu", {});
      await at(opened.challengeBy + 1);
      await assertions.revertWithCustomError(challenge("cpu", {}), rounds, "CapacityRounds_TooLate");
      const other = await setup();
      await other.round({ leaf: { points: 1 } });
      await assertions.revertWithCustomErrorWithArgs(
        other.challenge("cpu", {}),
        rounds,
        "CapacityRounds_LeafFalse",
        [1n],
      );
    });

    it("is met by nothing but the segment and the answer that were asked for", async () => {
      const { rounds, round, challenge, opening } = await setup();
      const { one, two } = await round();
      await challenge("cpu", {});
      const right = opening(one, "cpu", SEGMENT);
      for (const wrong of [
        opening(one, "cpu", SEGMENT + 1),
        opening(one, "memory", SEGMENT),
        { ...right, lane: 1 },
      ]) {
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.showSegment([1n, one.answer, wrong]),
          rounds,
          "CapacityRounds_WrongSegment",
          [wrong.lane, wrong.segment],
        );
      }
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showSegment([1n, two.answer, opening(two, "cpu", SEGMENT)]),
        rounds,
        "CapacityRounds_WrongAnswer",
        [one.leaf.answerHash, two.leaf.answerHash],
      );
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showSegment([2n, one.answer, right]),
        rounds,
        "CapacityRounds_ChallengeNotFound",
        [2n],
      );
    });
  });

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
    const { rounds, reporter, postedRound } = fixture;
    type Round = Awaited<ReturnType<typeof postedRound>>;
    let last: Round | undefined;
    return {
      ...fixture,
      round: async (changes: WorkChanges = {}) => (last = await postedRound(changes)),
      /** Asks node 1 of the last round for a segment. */
      challenge: async (kind: WorkKind, place: { lane?: number; segment?: number; value?: bigint }) => {
        if (last === undefined) return expect.fail("no round");
        const { lane = 0, segment = SEGMENT, value = DEPOSIT } = place;
        return await rounds.write.challengeSegment([last.exhibit(0, last.one), KIND[kind], lane, segment], {
          account: reporter.account,
          value,
        });
      },
      opening: (signed: Round["one"], kind: WorkKind, segment: number): SegmentOpening & { kind: number } =>
        forChain(kind, signed.chains[kind].open({ lane: 0, segment })),
    };
  }
});
