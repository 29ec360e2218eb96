import { expect } from "chai";
import { network } from "hardhat";
import { type Hash, keccak256 } from "viem";
import { type RoundLeaf, RoundTree, workKinds } from "@fizz/protocol/capacity";
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

/** Gas of whole transactions, from receipts, at the size of production: 64 threads, 64 GiB, a root over 1,024 nodes. */
const CEILINGS = {
  openRound: 145_000,
  "post, any number of nodes": 60_000,
  answerDirectly: 140_000,
  showIncluded: 110_000,
  settleOmission: 120_000,
  demandLeaf: 120_000,
  showLeaf: 130_000,
  settleDemand: 150_000,
  proveFalseLeaf: 180_000,
  proveOverclaim: 200_000,
  "challengeSegment, cpu": 220_000,
  "challengeSegment, memory": 220_000,
  "showSegment, cpu": 1_250_000,
  "showSegment, memory": 1_250_000,
  "proveFalseSegment, cpu": 1_350_000,
  "proveFalseSegment, memory": 1_350_000,
  settleChallenge: 150_000,
  finalise: 110_000,
} as const;
type Operation = keyof typeof CEILINGS;

const NODES = 1_024;
/** Its labels read fifteen other segments and more: the longest openings there are. */
const SEGMENT = 62;
const CLAIM = { threads: 64, memoryMiB: 65_536 };
const CLAIM_SMALLER = { threads: 64, memoryMiB: 32_768 };

describe("CapacityRounds: gas", () => {
  it("stays below the ceilings, and any dispute below three million", async () => {
    const { rounds, publicClient, reporter, gateway, ...fixture } =
      await networkHelpers.loadFixture(deployCapacity);
    const measured = new Map<Operation, number>();
    const measure = async (operation: Operation, transaction: Promise<Hash>) => {
      const receipt = await publicClient.getTransactionReceipt({ hash: await transaction });
      measured.set(operation, Number(receipt.gasUsed));
    };
    const pays = { account: reporter.account, value: DEPOSIT };

    // A round in which all is right, but that node 1 claims 64 threads.
    await measure("openRound", rounds.write.openRound());
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
      await rounds.write.openRound();
      round = await postedRound({ answer: CLAIM, falsehood: { label: SEGMENT * 16 + 15 } });
      await round.post();
      const evidence = forChain(kind, round.one.chains[kind].open({ lane: 0, segment: SEGMENT }));
      await measure(
        `proveFalseSegment, ${kind}`,
        rounds.write.proveFalseSegment([round.exhibit, evidence], { account: reporter.account }),
      );
      await networkHelpers.time.increase(3_600);
    }
    await rounds.write.openRound();
    round = await postedRound({ answer: CLAIM });
    await round.post();
    await measure("proveOverclaim", rounds.write.proveOverclaim([round.exhibit, []]));
    await rounds.write.demandLeaf([round.posted, 5], pays);
    await networkHelpers.time.increase(ANSWER_SECONDS + POST_SECONDS + RESPONSE_SECONDS + 1);
    await measure("settleDemand", rounds.write.settleDemand([2n]));
    await measure("settleOmission", rounds.write.settleOmission([2n, 1, 4]));
    await rounds.write.openRound();
    round = await postedRound({ answer: CLAIM, leaf: { points: 7 } });
    await round.post();
    await measure("proveFalseLeaf", rounds.write.proveFalseLeaf([round.exhibit]));

    report(measured);
    for (const [operation, ceiling] of Object.entries(CEILINGS)) {
      expect(measured.get(operation as Operation), operation).to.be.at.most(ceiling);
    }
    expect(Math.max(...measured.values())).to.be.below(3_000_000);

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

  function report(measured: ReadonlyMap<Operation, number>): void {
    const rows = [...measured].map(
      ([operation, gas]) => `      ${operation.padEnd(30)}${gas.toLocaleString("en").padStart(10)}`,
    );
    process.stdout.write(`${rows.join("\n")}\n`);
  }
});
