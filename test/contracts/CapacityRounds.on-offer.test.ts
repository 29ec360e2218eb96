import { expect } from "chai";
import { network } from "hardhat";
import { addressOf, SUBNET_CUT_BPS } from "../support/contracts/market-fixture.ts";
import {
  DEPOSIT,
  deployCapacity,
  FAULT,
  RESPONSE_SECONDS,
  type SignedWork,
} from "../support/contracts/capacity-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

/** Machines that lend nothing, or have nothing at stake, are no capacity, and no gateway can be forced to count them. */
describe("CapacityRounds: nodes that are not on offer", () => {
  type World = Awaited<ReturnType<typeof setup>>;
  const operatorOf = ({ operator }: World) => ({ account: operator.account });
  /** Each takes node 1 off offer. */
  const ways: Record<string, (world: World) => Promise<unknown>> = {
    "left the subnet": async (world) => await world.nodes.write.leaveSubnet([1n, 1], operatorOf(world)),
    drained: async (world) => await world.nodes.write.setDraining([1n, true], operatorOf(world)),
    "was suspended": async (world) =>
      await world.nodes.write.suspend([1n, (await world.now()) + 3_600], { account: world.slasher.account }),
    "began to exit": async ({ nodes, nodeOwner }) =>
      await nodes.write.requestExit([1n], { account: nodeOwner.account }),
    "exited and took its bond": async ({ nodes, nodeOwner }) => {
      await nodes.write.requestExit([1n], { account: nodeOwner.account });
      await networkHelpers.time.increase(3 * 86_400);
      await nodes.write.finishExit([1n], { account: nodeOwner.account });
    },
  };

  for (const [way, leave] of Object.entries(ways)) {
    it(`cannot answer directly when it ${way} before the round`, async () => {
      const world = await setup();
      await leave(world);
      const { openedAt } = await world.openRound();
      await assertions.revertWithCustomErrorWithArgs(
        world.answer(await world.work(1n)),
        world.rounds,
        "CapacityRounds_NotOnOffer",
        [1n, 1, BigInt(openedAt)],
      );
    });

    it(`convicts the gateway that counts a node which ${way} before the round`, async () => {
      const world = await setup();
      await leave(world);
      const { exhibit } = await world.roundWithNode1();
      await assertions.emitWithArgs(world.prove(exhibit), world.rounds, "VerdictReached", [
        await world.rounds.read.verdictIdOf([FAULT.falseRoot, 0n, 1, 1]),
        FAULT.falseRoot,
        1n,
        1,
        1,
        addressOf(world.reporter),
      ]);
    });

    it(`convicts nobody when it ${way} after the round opened`, async () => {
      const world = await setup();
      await world.openRound();
      const one = await world.work(1n);
      await world.answer(one);
      await leave(world);
      if ((await world.now()) > (await world.rounds.read.roundOf([1])).postBy) return;
      const { posted, openLeaf, exhibit } = await world.postTree([one.leaf]);
      await assertions.revertWithCustomErrorWithArgs(
        world.prove(exhibit(0, one)),
        world.rounds,
        "CapacityRounds_LeafRight",
        [1n],
      );
      await world.rounds.write.showIncluded([posted, openLeaf(0)]);
    });
  }

  it("a gateway is no liar because a node that it counted left, came back and drained since", async () => {
    const world = await setup();
    const { exhibit } = await world.roundWithNode1();
    const { nodes } = world;
    await nodes.write.leaveSubnet([1n, 1], operatorOf(world));
    await nodes.write.joinSubnet([1n, 1, SUBNET_CUT_BPS], operatorOf(world));
    await nodes.write.setDraining([1n, true], operatorOf(world));
    await assertions.revertWithCustomError(world.prove(exhibit), world.rounds, "CapacityRounds_LeafRight");
  });

  it("a node that comes late waits for the next round, and its gateway is not convicted of leaving it out", async () => {
    const world = await setup();
    const { nodes, rounds, openRound, work, answer, sleepUntil } = world;
    await nodes.write.leaveSubnet([1n, 1], operatorOf(world));
    const { postBy } = await openRound();
    await nodes.write.joinSubnet([1n, 1, SUBNET_CUT_BPS], operatorOf(world));
    await assertions.revertWithCustomError(answer(await work(1n)), rounds, "CapacityRounds_NotOnOffer");
    await sleepUntil(postBy + RESPONSE_SECONDS + 1);
    await assertions.revertWithCustomError(
      rounds.write.settleOmission([1n, 1, 1]),
      rounds,
      "CapacityRounds_NoDirectAnswer",
    );
    await openRound();
    await answer(await work(1n));
    expect((await rounds.read.directAnswerOf([1n, 1, 2])).deposit).to.equal(DEPOSIT);
  });

  async function setup() {
    const fixture = await networkHelpers.loadFixture(deployCapacity);
    const { rounds, nodes, owner, reporter, openRound, work, postTree, stranger } = fixture;
    await nodes.write.setSlasher([stranger.account.address], { account: owner.account });
    const answer = async (signed: Pick<SignedWork, "answer" | "signature">) =>
      await rounds.write.answerDirectly([signed.answer, signed.signature], {
        account: reporter.account,
        value: DEPOSIT,
      });
    return {
      ...fixture,
      slasher: stranger,
      answer,
      prove: async (exhibit: Parameters<typeof rounds.write.proveFalseLeaf>[0][0]) =>
        await rounds.write.proveFalseLeaf([exhibit], { account: reporter.account }),
      /** A round whose root counts node 1 alone. */
      roundWithNode1: async () => {
        await openRound();
        const one = await work(1n);
        const { exhibit } = await postTree([one.leaf]);
        return { exhibit: exhibit(0, one) };
      },
    };
  }
});
