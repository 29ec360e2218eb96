import { expect } from "chai";
import { network } from "hardhat";
import { keccak256, toHex, zeroAddress } from "viem";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  DEPOSIT,
  deployCapacity,
  FAULT,
  POINTS,
  RESPONSE_SECONDS,
  type WorkChanges,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("CapacityRounds: leaves", () => {
  describe("a demand", () => {
    it("is met by showing the leaf; the deposit goes to the gateway's owner", async () => {
      const { rounds, postedRound, demand, exhibitOf, gateway, stranger, now, reporter } = await setup();
      const round = await postedRound();
      await assertions.emitWithArgs(demand(round.posted, 1), rounds, "LeafDemanded", [
        1n,
        1,
        1,
        1,
        (deadline: number) => deadline > 0,
      ]);
      const deadline = (await now()) + RESPONSE_SECONDS;
      expect(await rounds.read.demandOf([1n])).to.deep.equal({
        challenger: addressOf(reporter),
        deposit: DEPOSIT,
        subnetId: 1,
        round: 1,
        index: 1,
        deadline,
      });
      await assertions.emitWithArgs(
        rounds.write.showLeaf([1n, exhibitOf(round, 1)], { account: stranger.account }),
        rounds,
        "LeafShown",
        [1n],
      );
      expect(await rounds.read.creditOf([gateway.account.address])).to.equal(DEPOSIT);
      expect((await rounds.read.demandOf([1n])).challenger).to.equal(zeroAddress);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showLeaf([1n, exhibitOf(round, 1)]),
        rounds,
        "CapacityRounds_DemandNotFound",
        [1n],
      );
    });

    it("not met in time voids the root", async () => {
      const { rounds, postedRound, demand, exhibitOf, at, sleepUntil, now, reporter } = await setup();
      const round = await postedRound();
      await demand(round.posted, 0);
      const deadline = (await now()) + RESPONSE_SECONDS;
      await at(deadline);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.settleDemand([1n]),
        rounds,
        "CapacityRounds_TooEarly",
        [BigInt(deadline + 1), BigInt(deadline)],
      );
      await at(deadline + 1);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showLeaf([1n, exhibitOf(round, 0)]),
        rounds,
        "CapacityRounds_TooLate",
        [BigInt(deadline), BigInt(deadline + 1)],
      );
      const id = await rounds.read.verdictIdOf([FAULT.falseRoot, 77n, 1, 1]);
      await assertions.emitWithArgs(rounds.write.settleDemand([1n]), rounds, "VerdictReached", [
        id,
        FAULT.falseRoot,
        0n,
        1,
        1,
        addressOf(reporter),
      ]);
      expect(await rounds.read.creditOf([reporter.account.address])).to.equal(DEPOSIT);
      expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([0n, true, false]);
      await sleepUntil(round.opened.finalAt + 1);
      await assertions.emitWithArgs(rounds.write.finalise([round.posted]), rounds, "RoundFinalised", [
        1,
        1,
        0n,
        3_600,
      ]);
      expect(await rounds.read.provenPointSecondsOf([1])).to.equal(0n);
    });

    it("gives every deposit back when several were not met", async () => {
      const { rounds, postedRound, demand, reporter, sleepUntil, now } = await setup();
      const { posted } = await postedRound();
      await demand(posted, 0);
      await demand(posted, 1);
      await sleepUntil((await now()) + RESPONSE_SECONDS + 1);
      await rounds.write.settleDemand([1n]);
      await rounds.write.settleDemand([2n]);
      expect(await rounds.read.creditOf([reporter.account.address])).to.equal(2n * DEPOSIT);
    });

    it("is refused for what is not there, too late, or without its deposit", async () => {
      const { rounds, postedRound, demand, at } = await setup();
      const { posted, opened } = await postedRound();
      await assertions.revertWithCustomErrorWithArgs(
        demand(posted, 2),
        rounds,
        "CapacityRounds_LeafNotFound",
        [2, 2],
      );
      await assertions.revertWithCustomError(
        demand({ ...posted, root: keccak256("0x99") }, 0),
        rounds,
        "CapacityRounds_NotPosted",
      );
      await assertions.revertWithCustomError(
        demand({ ...posted, round: 9, root: posted.root }, 0),
        rounds,
        "CapacityRounds_NotPosted",
      );
      await assertions.revertWithCustomError(demand(posted, 0, 1n), rounds, "CapacityRounds_DepositTooLow");
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.settleDemand([1n]),
        rounds,
        "CapacityRounds_DemandNotFound",
        [1n],
      );
      await at(opened.challengeBy);
      await demand(posted, 0);
      await at(opened.challengeBy + 1);
      await assertions.revertWithCustomError(demand(posted, 0), rounds, "CapacityRounds_TooLate");
    });

    it("is not met by another leaf, or by a false one", async () => {
      const { rounds, postedRound, demand, exhibitOf } = await setup();
      const round = await postedRound({ leaf: { points: POINTS + 1 } });
      await demand(round.posted, 0);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showLeaf([1n, exhibitOf(round, 1)]),
        rounds,
        "CapacityRounds_LeafNotFound",
        [1, 2],
      );
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showLeaf([1n, exhibitOf(round, 0)]),
        rounds,
        "CapacityRounds_LeafFalse",
        [1n],
      );
    });
  });

  describe("proveFalseLeaf", () => {
    const lies: Record<string, WorkChanges> = {
      "more points than the answer gives": { leaf: { points: POINTS + 1 } },
      "fewer points than the answer gives": { leaf: { points: POINTS - 1 } },
      "another node's answer": { leaf: { nodeId: 0n } },
      "an answer through another subnet": { answer: { subnetId: 2 } },
      "an answer of another round": { answer: { round: 2 } },
      "an answer to another seed": { answer: { seed: keccak256("0x05") } },
      "a claim that stands for no work": { answer: { threads: 4, memoryMiB: 4_097 } },
    };
    for (const [lie, changes] of Object.entries(lies)) {
      it(`convicts the gateway of ${lie}`, async () => {
        const { rounds, postedRound, exhibitOf, reporter } = await setup();
        const round = await postedRound(changes);
        const id = await rounds.read.verdictIdOf([FAULT.falseRoot, 0n, 1, 1]);
        await assertions.emitWithArgs(
          rounds.write.proveFalseLeaf([exhibitOf(round, 0)], { account: reporter.account }),
          rounds,
          "VerdictReached",
          [id, FAULT.falseRoot, changes.leaf?.nodeId ?? 1n, 1, 1, addressOf(reporter)],
        );
        expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([0n, true, false]);
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.proveFalseLeaf([exhibitOf(round, 0)]),
          rounds,
          "CapacityRounds_AlreadyDecided",
          [id],
        );
      });
    }

    it("convicts the gateway of a node that it invented", async () => {
      const { rounds, openRound, work, postTree } = await setup();
      await openRound();
      const invented = await work(3n);
      const { exhibit } = await postTree([invented.leaf]);
      await rounds.write.proveFalseLeaf([exhibit(0, invented)]);
      expect((await rounds.read.rootStateOf([1, 1]))[1]).to.equal(true);
    });

    it("convicts the gateway of a signature that is not the operator's", async () => {
      const { rounds, openRound, work, postTree } = await setup();
      await openRound();
      const [one, two] = [await work(1n), await work(2n)];
      for (const signature of [two.signature, "0x" as const, toHex("what")]) {
        const forged = { ...one, signature, leaf: { ...one.leaf, signatureHash: keccak256(signature) } };
        const snapshot = await networkHelpers.takeSnapshot();
        const { exhibit } = await postTree([forged.leaf]);
        await rounds.write.proveFalseLeaf([exhibit(0, forged)]);
        expect((await rounds.read.rootStateOf([1, 1]))[1]).to.equal(true);
        await snapshot.restore();
      }
    });

    it("convicts nobody of a right leaf", async () => {
      const { rounds, postedRound, exhibitOf } = await setup();
      const round = await postedRound();
      for (const index of [0, 1]) {
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.proveFalseLeaf([exhibitOf(round, index)]),
          rounds,
          "CapacityRounds_LeafRight",
          [BigInt(index + 1)],
        );
      }
    });

    it("takes only the answer and the signature of the leaf", async () => {
      const { rounds, postedRound, exhibitOf } = await setup();
      const round = await postedRound();
      const exhibit = exhibitOf(round, 0);
      await assertions.revertWithCustomError(
        rounds.write.proveFalseLeaf([{ ...exhibit, answer: round.two.answer }]),
        rounds,
        "CapacityRounds_WrongAnswer",
      );
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveFalseLeaf([{ ...exhibit, signature: round.two.signature }]),
        rounds,
        "CapacityRounds_WrongSignature",
        [round.one.leaf.signatureHash, round.two.leaf.signatureHash],
      );
      await assertions.revertWithCustomError(
        rounds.write.proveFalseLeaf([{ ...exhibit, opening: { ...exhibit.opening, index: 1 } }]),
        rounds,
        "CapacityRounds_LeafNotUnderRoot",
      );
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.proveFalseLeaf([{ ...exhibit, opening: { ...exhibit.opening, index: 2 } }]),
        rounds,
        "CapacityRounds_LeafNotFound",
        [2, 2],
      );
    });

    it("is refused once the round is final", async () => {
      const { rounds, postedRound, exhibitOf, at } = await setup();
      const round = await postedRound({ leaf: { points: 1 } });
      await at(round.opened.finalAt + 1);
      await assertions.revertWithCustomError(
        rounds.write.proveFalseLeaf([exhibitOf(round, 0)]),
        rounds,
        "CapacityRounds_TooLate",
      );
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployCapacity);
    const { rounds, reporter } = fixture;
    type Round = Awaited<ReturnType<typeof fixture.postedRound>>;
    return {
      ...fixture,
      demand: async (posted: Round["posted"], index: number, value = DEPOSIT) =>
        await rounds.write.demandLeaf([posted, index], { account: reporter.account, value }),
      /** Node 0 sorts before the others, so that a leaf that names it is the first. */
      exhibitOf: (round: Round, index: number) => round.exhibit(index, index === 0 ? round.one : round.two),
    };
  }
});
