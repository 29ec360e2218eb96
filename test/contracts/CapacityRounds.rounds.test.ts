import { expect } from "chai";
import { network } from "hardhat";
import {
  concatHex,
  encodeFunctionData,
  encodeAbiParameters,
  keccak256,
  parseAbiParameters,
  zeroHash,
} from "viem";
import { STANDARD_DIFFICULTY } from "@fizz/protocol/capacity";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  ANSWER_SECONDS,
  CHALLENGE_SECONDS,
  deployCapacity,
  GAP_SECONDS,
  POINTS,
  POST_SECONDS,
  RESPONSE_SECONDS,
  SETTLE_SECONDS,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const ROOT = { root: keccak256("0x01"), leafCount: 1, totalPoints: 7n };

describe("CapacityRounds: rounds", () => {
  describe("openRound", () => {
    it("fixes the seed and every deadline", async () => {
      const { rounds, openRound, market, now, openLease } = await setup();
      await openLease();
      const { round, seed, ...record } = await openRound();
      const openedAt = await now();
      const postBy = openedAt + ANSWER_SECONDS + POST_SECONDS;
      expect(round).to.equal(1);
      expect(record).to.deep.equal({
        openedAt,
        answerBy: openedAt + ANSWER_SECONDS,
        postBy,
        challengeBy: postBy + CHALLENGE_SECONDS,
        finalAt: postBy + CHALLENGE_SECONDS + RESPONSE_SECONDS + SETTLE_SECONDS,
        secondsCounted: GAP_SECONDS,
        ...STANDARD_DIFFICULTY,
        leaseCount: await market.read.leaseCount(),
      });
      expect(record.leaseCount).to.equal(1n);
      await assertions.emitWithArgs(
        (async () => {
          await networkHelpers.time.increase(GAP_SECONDS);
          return await rounds.write.openRound();
        })(),
        rounds,
        "RoundOpened",
        [2, (value: string) => value !== seed && value !== zeroHash, () => true, () => true],
      );
    });

    it("takes the seed from the randomness of its block and of the one before", async () => {
      const { rounds, openRound, publicClient, chainId } = await setup();
      const { round, seed } = await openRound();
      const block = await publicClient.getBlock();
      expect(seed).to.equal(
        keccak256(
          encodeAbiParameters(parseAbiParameters("uint256, bytes32, uint256, address, uint32"), [
            BigInt(block.mixHash),
            block.parentHash,
            BigInt(chainId),
            rounds.address,
            round,
          ]),
        ),
      );
    });

    it("is refused before the gap is over, to the second", async () => {
      const { rounds, openRound, at } = await setup();
      const { openedAt } = await openRound();
      await at(openedAt + GAP_SECONDS - 1);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.openRound(),
        rounds,
        "CapacityRounds_RoundTooEarly",
        [BigInt(openedAt + GAP_SECONDS), BigInt(openedAt + GAP_SECONDS - 1)],
      );
      await at(openedAt + GAP_SECONDS);
      await rounds.write.openRound();
      expect((await rounds.read.roundOf([2])).secondsCounted).to.equal(GAP_SECONDS);
    });

    it("stands for the time since the last one, at most two hours", async () => {
      const { openRound, at } = await setup();
      const first = await openRound();
      await at(first.openedAt + 5_000);
      expect((await openRound()).secondsCounted).to.equal(5_000);
      await at(first.openedAt + 5_000 + 7_201);
      expect((await openRound()).secondsCounted).to.equal(7_200);
    });
  });

  describe("post", () => {
    it("keeps one hash and says the rest", async () => {
      const { rounds, openRound, postRoot, gateway, answersAreDue } = await setup();
      const { round } = await openRound();
      await answersAreDue();
      const posted = { subnetId: 1, round, ...ROOT };
      await assertions.emitWithArgs(
        rounds.write.post([posted], { account: gateway.account }),
        rounds,
        "RootPosted",
        [1, round, ROOT.root, ROOT.leafCount, ROOT.totalPoints],
      );
      expect(await rounds.read.postedHashOf([1, round])).to.equal(
        keccak256(
          encodeAbiParameters(parseAbiParameters("bytes32, uint32, uint64"), [
            ROOT.root,
            ROOT.leafCount,
            ROOT.totalPoints,
          ]),
        ),
      );
      await assertions.revertWithCustomErrorWithArgs(
        postRoot({ ...ROOT, totalPoints: 8n }),
        rounds,
        "CapacityRounds_AlreadyPosted",
        [1, round],
      );
    });

    it("is the gateway's alone", async () => {
      const { rounds, openRound, stranger, gateway } = await setup();
      const { round } = await openRound();
      const posted = { subnetId: 1, round, ...ROOT };
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.post([posted], { account: stranger.account }),
        rounds,
        "CapacityRounds_NotGateway",
        [1, addressOf(stranger)],
      );
      for (const subnetId of [0, 2]) {
        await assertions.revertWithCustomErrorWithArgs(
          rounds.write.post([{ ...posted, subnetId }], { account: gateway.account }),
          rounds,
          "CapacityRounds_NotGateway",
          [subnetId, addressOf(gateway)],
        );
      }
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.post([{ ...posted, subnetId: 0 }], { account: stranger.account }),
        rounds,
        "CapacityRounds_NotGateway",
        [0, addressOf(stranger)],
      );
    });

    it("is refused for a round that does not exist", async () => {
      const { rounds, gateway } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.post([{ subnetId: 1, round: 1, ...ROOT }], { account: gateway.account }),
        rounds,
        "CapacityRounds_RoundNotFound",
        [1],
      );
    });

    it("is refused before its time and after it, to the second", async () => {
      const { rounds, openRound, at, gateway } = await setup();
      const post = async (round: number) =>
        await rounds.write.post([{ subnetId: 1, round, ...ROOT }], { account: gateway.account });
      const first = await openRound();
      await at(first.answerBy);
      await assertions.revertWithCustomErrorWithArgs(post(1), rounds, "CapacityRounds_TooEarly", [
        BigInt(first.answerBy + 1),
        BigInt(first.answerBy),
      ]);
      await at(first.answerBy + 1);
      await post(1);
      await at(first.openedAt + GAP_SECONDS);
      const second = await openRound();
      await at(second.postBy + 1);
      await assertions.revertWithCustomErrorWithArgs(post(2), rounds, "CapacityRounds_TooLate", [
        BigInt(second.postBy),
        BigInt(second.postBy + 1),
      ]);
      await at(second.openedAt + GAP_SECONDS);
      const third = await openRound();
      await at(third.postBy);
      await post(3);
    });

    it("is refused without a root or a leaf", async () => {
      const { rounds, openRound, postRoot } = await setup();
      await openRound();
      for (const bad of [
        { ...ROOT, root: zeroHash },
        { ...ROOT, leafCount: 0 },
      ]) {
        await assertions.revertWithCustomErrorWithArgs(
          postRoot(bad),
          rounds,
          "CapacityRounds_EmptyRoot",
          [1, 1],
        );
      }
    });

    it("works through the forwarder", async () => {
      const { rounds, openRound, gateway, forwarder, publicClient, answersAreDue } = await setup();
      const { round } = await openRound();
      await answersAreDue();
      const data = encodeFunctionData({
        abi: rounds.abi,
        functionName: "post",
        args: [{ subnetId: 1, round, ...ROOT }],
      });
      const hash = await forwarder.sendTransaction({
        account: forwarder.account,
        to: rounds.address,
        data: concatHex([data, gateway.account.address]),
      });
      await publicClient.waitForTransactionReceipt({ hash });
      expect(await rounds.read.postedHashOf([1, round])).not.to.equal(zeroHash);
    });
  });

  describe("finalise", () => {
    it("counts points times seconds once nothing can be taken off", async () => {
      const { rounds, postedRound, at } = await setup();
      const { posted, opened } = await postedRound();
      await at(opened.finalAt);
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.finalise([posted]),
        rounds,
        "CapacityRounds_TooEarly",
        [BigInt(opened.finalAt + 1), BigInt(opened.finalAt)],
      );
      expect(await rounds.read.provenPointSecondsOf([1])).to.equal(0n);
      await at(opened.finalAt + 1);
      await assertions.emitWithArgs(rounds.write.finalise([posted]), rounds, "RoundFinalised", [
        1,
        1,
        BigInt(2 * POINTS),
        GAP_SECONDS,
      ]);
      expect(await rounds.read.provenPointSecondsOf([1])).to.equal(BigInt(2 * POINTS * GAP_SECONDS));
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.finalise([posted]),
        rounds,
        "CapacityRounds_AlreadyFinal",
        [1, 1],
      );
    });

    it("counts nothing for a closed subnet", async () => {
      const { rounds, postedRound, sleepUntil, subnets, gateway } = await setup();
      const { posted, opened } = await postedRound();
      await sleepUntil(opened.finalAt + 1);
      await subnets.write.closeSubnet([1], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(
        rounds.write.finalise([posted]),
        rounds,
        "CapacityRounds_SubnetInactive",
        [1],
      );
    });

    it("takes only what was posted", async () => {
      const { rounds, postedRound, sleepUntil } = await setup();
      const { posted, opened } = await postedRound();
      await sleepUntil(opened.finalAt + 1);
      for (const change of [
        { totalPoints: posted.totalPoints + 1n },
        { leafCount: 3 },
        { root: zeroHash },
        { round: 2 },
      ]) {
        await assertions.revertWithCustomError(
          rounds.write.finalise([{ ...posted, ...change }]),
          rounds,
          "CapacityRounds_NotPosted",
        );
      }
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployCapacity);
  }
});
