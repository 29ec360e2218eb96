import { expect } from "chai";
import { network } from "hardhat";
import { encodeAbiParameters, keccak256, toHex } from "viem";
import { type RoundLeaf, RoundTree, workKinds } from "@fizz/protocol/capacity";
import { GasMeasures } from "../support/contracts/gas-measures.ts";
import {
  ANSWER_SECONDS,
  DEPOSIT,
  deployCapacity,
  forChain,
  KIND,
  openingForChain,
  POST_SECONDS,
  RESPONSE_SECONDS,
  type WorkChanges,
} from "../support/contracts/capacity-fixture.ts";

const { networkHelpers } = await network.create();

/** Mapping `_rounds`: see test/contracts/storage-layout.json. Its first word is the seed. */
const ROUNDS_SLOT = 3n;
const NODES = 1_024;
/** Its labels read fifteen other segments and more: the longest openings there are. */
const SEGMENT = 62;
const CLAIM = { threads: 64, memoryMiB: 65_536 };
const CLAIM_SMALLER = { threads: 64, memoryMiB: 32_768 };

describe("CapacityRounds: gas", () => {
  it("is what the snapshot says at the size of production, and any dispute below three million", async () => {
    const { rounds, publicClient, reporter, gateway, ...fixture } =
      await networkHelpers.loadFixture(deployCapacity);
    const measures = new GasMeasures("gas-snapshot-rounds.json");
    const measure = measures.from(publicClient);
    const pays = { account: reporter.account, value: DEPOSIT };

    // A round in which all is right, but that node 1 claims 64 threads.
    await measure("openRound", openRound());
    let round = await postedRound({ answer: CLAIM });
    await measure("post, any number of nodes", round.post());
    await measure("demandLeaf", rounds.write.demandLeaf([round.posted, 0], pays));
    await measure("showLeaf", rounds.write.showLeaf([1n, round.exhibit]));
    for (const [at, kind] of workKinds.entries()) {
      const opening = forChain(kind, round.one.chains[kind].open({ lane: 0, segment: SEGMENT }));
      expect(opening.parts.length, `parts of the ${kind} opening`).to.be.at.least(16);
      await measure(
        `challengeSegment, ${kind}`,
        rounds.write.challengeSegment([round.exhibit, KIND[kind], 0, SEGMENT], pays),
      );
      await measure(
        `showSegment, ${kind}`,
        rounds.write.showSegment([BigInt(at + 1), round.one.answer, opening]),
      );
    }
    await measure("showIncluded", rounds.write.showIncluded([round.posted, round.exhibit.opening]));
    await rounds.write.challengeSegment([round.exhibit, KIND.cpu, 0, 0], pays);
    await networkHelpers.time.increase(RESPONSE_SECONDS + 1);
    await measure("settleChallenge", rounds.write.settleChallenge([3n]));
    await networkHelpers.time.increase(40 * 3_600);
    await measure("finalise", rounds.write.finalise([round.posted]));

    // Rounds in which something is false.
    for (const kind of workKinds) {
      await openRound();
      round = await postedRound({ answer: CLAIM, falsehood: { label: SEGMENT * 16 + 15 } });
      await round.post();
      const evidence = forChain(kind, round.one.chains[kind].open({ lane: 0, segment: SEGMENT }));
      await measure(
        `proveFalseSegment, ${kind}`,
        rounds.write.proveFalseSegment([round.exhibit, evidence], { account: reporter.account }),
      );
      await networkHelpers.time.increase(3_600);
    }
    await openRound();
    round = await postedRound({ answer: CLAIM });
    await round.post();
    await measure("proveOverclaim", rounds.write.proveOverclaim([round.exhibit, []]));
    await rounds.write.demandLeaf([round.posted, 5], pays);
    await networkHelpers.time.increase(ANSWER_SECONDS + POST_SECONDS + RESPONSE_SECONDS + 1);
    await measure("settleDemand", rounds.write.settleDemand([2n]));
    await measure("settleOmission", rounds.write.settleOmission([2n, 1, 4]));
    await openRound();
    round = await postedRound({ answer: CLAIM, leaf: { points: 7 } });
    await round.post();
    await measure("proveFalseLeaf", rounds.write.proveFalseLeaf([round.exhibit]));

    measures.hold();
    const disputes = workKinds.flatMap((kind) => [
      measures.gasOf(`challengeSegment, ${kind}`) + measures.gasOf(`showSegment, ${kind}`),
      measures.gasOf(`proveFalseSegment, ${kind}`),
    ]);
    expect(Math.max(...disputes)).to.be.below(3_000_000);

    /** What the labels of a segment read, and so how long its opening is, hangs on the seed: here it is always the same. */
    async function openRound() {
      const hash = await rounds.write.openRound();
      const round = await rounds.read.roundCount();
      const words = [{ type: "uint32" }, { type: "uint256" }] as const;
      const slot = keccak256(encodeAbiParameters(words, [round, ROUNDS_SLOT]));
      await networkHelpers.setStorageAt(rounds.address, slot, keccak256(toHex(round)));
      return hash;
    }

    /** Node 1 says something directly and through its gateway, node 2 only directly; the others are anybody. */
    async function postedRound(changes: WorkChanges) {
      const one = await fixture.work(1n, changes);
      const two = await fixture.work(2n, { answer: CLAIM_SMALLER });
      await measure("answerDirectly", rounds.write.answerDirectly([one.answer, one.signature], pays));
      await rounds.write.answerDirectly([two.answer, two.signature], pays);
      const others = Array.from({ length: NODES - 1 }, (_, at): RoundLeaf => {
        const word = keccak256(`0x${(at + 1).toString(16).padStart(8, "0")}`);
        return { nodeId: BigInt(at + 3), points: 100, answerHash: word, signatureHash: word };
      });
      const tree = new RoundTree([one.leaf, ...others]);
      const posted = { subnetId: 1, round: await rounds.read.roundCount(), ...tree.root };
      return {
        one,
        posted,
        exhibit: {
          posted,
          opening: openingForChain(tree.open(0)),
          answer: one.answer,
          signature: one.signature,
        },
        post: async () => {
          await fixture.answersAreDue();
          return await rounds.write.post([posted], { account: gateway.account });
        },
      };
    }
  });
});
