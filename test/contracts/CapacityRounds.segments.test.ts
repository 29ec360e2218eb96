import { expect } from "chai";
import { network } from "hardhat";
import { zeroAddress } from "viem";
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
