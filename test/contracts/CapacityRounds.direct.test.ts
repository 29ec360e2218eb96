import { expect } from "chai";
import { network } from "hardhat";
import { concatHex, encodeFunctionData, zeroHash } from "viem";
import { capacityAnswerTypedData } from "@fizz/protocol/capacity";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  DEPOSIT,
  deployCapacity,
  FAULT,
  RESPONSE_SECONDS,
  type SignedWork,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

describe("CapacityRounds: answers on chain", () => {
  describe("answerDirectly", () => {
    it("keeps the answer, whoever brings it", async () => {
      const { rounds, openRound, work, answer, reporter } = await setup();
      const { round } = await openRound();
      const one = await work(1n);
      await assertions.emitWithArgs(answer(one), rounds, "AnsweredDirectly", [
        1n,
        1,
        round,
        one.leaf.answerHash,
      ]);
      expect(await rounds.read.directAnswerOf([1n, 1, round])).to.deep.equal({
        answerHash: one.leaf.answerHash,
        payer: addressOf(reporter),
        deposit: DEPOSIT,
        settled: false,
      });
    });

    it("works through the forwarder: the signer of the request gets the deposit back", async () => {
      const { rounds, openRound, work, forwarder, stranger } = await setup();
      const { round } = await openRound();
      const one = await work(1n);
      const data = encodeFunctionData({
        abi: rounds.abi,
        functionName: "answerDirectly",
        args: [one.answer, one.signature],
      });
      await forwarder.sendTransaction({
        account: forwarder.account,
        to: rounds.address,
        data: concatHex([data, stranger.account.address]),
        value: DEPOSIT,
      });
      expect((await rounds.read.directAnswerOf([1n, 1, round])).payer).to.equal(addressOf(stranger));
    });

    it("is taken until the deadline, to the second", async () => {
      const { openRound, work, answer, at, rounds } = await setup();
      const { answerBy } = await openRound();
      const [one, two] = [await work(1n), await work(2n)];
      await at(answerBy);
      await answer(one);
      await at(answerBy + 1);
      await assertions.revertWithCustomErrorWithArgs(answer(two), rounds, "CapacityRounds_TooLate", [
        BigInt(answerBy),
        BigInt(answerBy + 1),
      ]);
    });

    it("is refused for another seed, and for a round that does not exist", async () => {
      const { openRound, work, answer, rounds } = await setup();
      const { seed } = await openRound();
      const stale = await work(1n, { answer: { seed: zeroHash } });
      await assertions.revertWithCustomErrorWithArgs(answer(stale), rounds, "CapacityRounds_WrongSeed", [
        seed,
        zeroHash,
      ]);
      const early = await work(1n, { answer: { round: 2 } });
      await assertions.revertWithCustomErrorWithArgs(
        answer(early),
        rounds,
        "CapacityRounds_RoundNotFound",
        [2],
      );
    });

    it("is refused for a claim that stands for no work", async () => {
      const { openRound, work, answer, rounds } = await setup();
      await openRound();
      const one = await work(1n);
      for (const bad of [
        { threads: 0, memoryMiB: 1_024 },
        { threads: 4, memoryMiB: 4_097 },
        { threads: 1, memoryMiB: 0 },
      ]) {
        await assertions.revertWithCustomErrorWithArgs(
          answer({ ...one, answer: { ...one.answer, ...bad } }),
          rounds,
          "CapacityRounds_ClaimNotProvable",
          [bad.threads, bad.memoryMiB],
        );
      }
    });

    it("is refused with another's signature, or none", async () => {
      const { openRound, work, answer, rounds, operator, secondOperator, domain } = await setup();
      await openRound();
      const [one, two] = [await work(1n), await work(2n)];
      const forged = await secondOperator.signTypedData({
        account: secondOperator.account,
        ...capacityAnswerTypedData(domain, one.answer),
      });
      await assertions.revertWithCustomErrorWithArgs(
        answer({ ...one, signature: forged }),
        rounds,
        "CapacityRounds_BadSignature",
        [1n, addressOf(operator), addressOf(secondOperator)],
      );
      for (const signature of [two.signature, "0x" as const]) {
        await assertions.revertWithCustomError(
          answer({ ...one, signature }),
          rounds,
          "CapacityRounds_BadSignature",
        );
      }
    });

    it("is taken once", async () => {
      const { openRound, work, answer, rounds } = await setup();
      const { round } = await openRound();
      await answer(await work(1n));
      const other = await work(1n, { answer: { threads: 2 } });
      await assertions.revertWithCustomErrorWithArgs(
        answer(other),
        rounds,
        "CapacityRounds_AlreadyAnswered",
        [1n, 1, round],
      );
    });

    it("costs a deposit", async () => {
      const { openRound, work, answer, rounds } = await setup();
      await openRound();
      const one = await work(1n);
      await assertions.revertWithCustomError(answer(one, 1n), rounds, "CapacityRounds_DepositTooLow");
    });
  });

  describe("showIncluded", () => {
    it("settles it and pays the gateway's owner", async () => {
      const { rounds, answered, postTree, gateway, stranger } = await setup();
      const { one, two } = await answered();
      const { posted, openLeaf } = await postTree([one.leaf, two.leaf]);
      await assertions.emitWithArgs(
        rounds.write.showIncluded([posted, openLeaf(0)], { account: stranger.account }),
        rounds,
        "InclusionShown",
        [1n, 1, 1],
      );
      expect(await rounds.read.creditOf([gateway.account.address])).to.equal(DEPOSIT);
      expect((await rounds.read.directAnswerOf([1n, 1, 1])).settled).to.equal(true);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showIncluded([posted, openLeaf(0)]),
        rounds,
        "CapacityRounds_NoDirectAnswer",
        [1n, 1, 1],
      );
    });

    it("is refused for a node that did not answer on chain", async () => {
      const { rounds, answered, postTree } = await setup();
      const { one, two } = await answered();
      const { posted, openLeaf } = await postTree([one.leaf, two.leaf]);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showIncluded([posted, openLeaf(1)]),
        rounds,
        "CapacityRounds_NoDirectAnswer",
        [2n, 1, 1],
      );
    });

    it("is refused with another answer of the node than the one on chain", async () => {
      const { rounds, answered, postTree, work } = await setup();
      const { one } = await answered();
      const less = await work(1n, { answer: { threads: 1 } });
      const { posted, openLeaf } = await postTree([less.leaf]);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.showIncluded([posted, openLeaf(0)]),
        rounds,
        "CapacityRounds_WrongAnswer",
        [one.leaf.answerHash, less.leaf.answerHash],
      );
    });

    it("is refused with a leaf that is not under the root", async () => {
      const { rounds, answered, postTree } = await setup();
      const { one, two } = await answered();
      const { posted, openLeaf } = await postTree([two.leaf]);
      const alone = { ...openLeaf(0), leaf: one.leaf };
      await assertions.revertWithCustomError(
        rounds.write.showIncluded([posted, alone]),
        rounds,
        "CapacityRounds_LeafNotUnderRoot",
      );
      await assertions.revertWithCustomError(
        rounds.write.showIncluded([{ ...posted, leafCount: 2 }, alone]),
        rounds,
        "CapacityRounds_NotPosted",
      );
    });
  });

  describe("settleOmission", () => {
    for (const posts of [true, false]) {
      it(`convicts a gateway that ${posts ? "left the node out" : "posted nothing"}`, async () => {
        const { rounds, answered, postTree, at, stranger, reporter } = await setup();
        const { opened, two } = await answered();
        if (posts) await postTree([two.leaf]);
        const deadline = opened.postBy + RESPONSE_SECONDS;
        const settle = rounds.write.settleOmission;
        await at(deadline);
        await assertions.revertWithCustomErrorWithArgs(
          settle([1n, 1, 1], { account: stranger.account }),
          rounds,
          "CapacityRounds_TooEarly",
          [BigInt(deadline + 1), BigInt(deadline)],
        );
        await at(deadline + 1);
        const id = await rounds.read.verdictIdOf([FAULT.omission, 1n, 1, 1]);
        await assertions.emitWithArgs(
          settle([1n, 1, 1], { account: stranger.account }),
          rounds,
          "VerdictReached",
          [id, FAULT.omission, 1n, 1, 1, addressOf(stranger)],
        );
        expect(await rounds.read.verdictOf([id])).to.deep.equal({
          fault: FAULT.omission,
          nodeId: 1n,
          subnetId: 1,
          round: 1,
          decidedAt: deadline + 1,
          reporter: addressOf(stranger),
        });
        expect(await rounds.read.creditOf([reporter.account.address])).to.equal(DEPOSIT);
        await assertions.revertWithCustomError(settle([1n, 1, 1]), rounds, "CapacityRounds_NoDirectAnswer");
      });
    }

    it("convicts nobody when the node is in, or never answered", async () => {
      const { rounds, answered, postTree, sleepUntil } = await setup();
      const { opened, one } = await answered();
      const { posted, openLeaf } = await postTree([one.leaf]);
      await rounds.write.showIncluded([posted, openLeaf(0)]);
      await sleepUntil(opened.postBy + RESPONSE_SECONDS + 1);
      for (const nodeId of [1n, 2n]) {
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.settleOmission([nodeId, 1, 1]),
          rounds,
          "CapacityRounds_NoDirectAnswer",
          [nodeId, 1, 1],
        );
      }
    });
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployCapacity);
    const { rounds, reporter, openRound, work } = fixture;
    const answer = async (signed: Pick<SignedWork, "answer" | "signature">, value = DEPOSIT) =>
      await rounds.write.answerDirectly([signed.answer, signed.signature], {
        account: reporter.account,
        value,
      });
    return {
      ...fixture,
      answer,
      /** A round that node 1 answered on chain. */
      answered: async () => {
        const opened = await openRound();
        const [one, two] = [await work(1n), await work(2n)];
        await answer(one);
        return { opened, one, two };
      },
    };
  }
});
