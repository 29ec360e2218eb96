import { expect } from "chai";
import { network } from "hardhat";
import { keccak256, zeroHash } from "viem";
import {
  type CapacityAnswer,
  capacityAnswerHash,
  capacityAnswerTypedData,
  capacityPointsOf,
  nodeSeedOf,
  RoundTree,
  segmentsPerLane,
  verifySegment,
  workKinds,
  workOf,
} from "@fizz/protocol/capacity";
import { fizzDomain } from "@fizz/protocol/typed-data";
import { CapacityProver } from "../../node-agent/src/capacity/capacity-prover.ts";
import { ETHER } from "../support/contracts/market-fixture.ts";
import {
  ANSWER_SECONDS,
  deployCapacity,
  KIND,
  openingForChain,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();

/** The agent's prover, the gateway's verifier and the chain, on one round with less work. */
describe("CapacityRounds: a whole round", () => {
  it("holds what an honest node proves, first and last segments, both kinds, every chain", async () => {
    const { nodes, subnets, market, forwarder, operator, gateway, reporter, chainId } =
      await networkHelpers.loadFixture(deployCapacity);
    const rounds = await viem.deployContract("SmallCapacityRounds", [
      nodes.address,
      subnets.address,
      market.address,
      forwarder.account.address,
    ]);
    await rounds.write.openRound();
    const { seed, cpuStepsLog2, memoryStepsLog2, cpuWindowLog2 } = await rounds.read.roundOf([1]);
    const difficulty = { cpuStepsLog2, memoryStepsLog2, cpuWindowLog2 };
    const claim = { threads: 2, memoryMiB: 3 };
    const nodeSeed = nodeSeedOf({ seed, nodeId: 1n, subnetId: 1, round: 1 });
    const prover = new CapacityProver({ nodeSeed, claim, difficulty });
    const never = new AbortController().signal;
    try {
      const roots = await prover.commit(never);
      const answer: CapacityAnswer = {
        ...{ nodeId: 1n, subnetId: 1, round: 1, seed, ...claim, ...roots },
        ...{ gpuUnits: 0, cpuTier: 3, gpuTier: 2, offChainRoot: zeroHash },
      };
      const signature = await operator.signTypedData({
        account: operator.account,
        ...capacityAnswerTypedData(fizzDomain(chainId, rounds.address), answer),
      });
      const tree = new RoundTree([
        {
          nodeId: 1n,
          points: capacityPointsOf(answer, difficulty),
          answerHash: capacityAnswerHash(answer),
          signatureHash: keccak256(signature),
        },
      ]);
      const posted = { subnetId: 1, round: 1, ...tree.root };
      await networkHelpers.time.increase(ANSWER_SECONDS);
      await rounds.write.post([posted], { account: gateway.account });
      const exhibit = { posted, opening: openingForChain(tree.open(0)), answer, signature };

      let challengeId = 0n;
      for (const kind of workKinds) {
        const work = workOf(kind, claim, difficulty);
        const last = segmentsPerLane(work) - 1;
        const places = [0, 1].flatMap((lane) =>
          [0, 1, last >> 1, last].map((segment) => ({ lane, segment })),
        );
        const root = kind === "cpu" ? roots.cpuRoot : roots.memoryRoot;
        for (const opening of await prover.open(kind, places, never)) {
          expect(verifySegment({ nodeSeed, work, root }, opening)).to.deep.equal({ outcome: "right" });
          const { lane, segment } = opening;
          await rounds.write.challengeSegment([exhibit, KIND[kind], lane, segment], {
            account: reporter.account,
            value: ETHER,
          });
          await rounds.write.showSegment([++challengeId, answer, { ...opening, kind: KIND[kind] }]);
        }
      }
      expect(challengeId).to.equal(16n);
      expect(await rounds.read.rootStateOf([1, 1])).to.deep.equal([0n, false, false]);
    } finally {
      await prover.stop();
    }
  });
});
