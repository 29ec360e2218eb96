import { expect } from "chai";
import { network } from "hardhat";
import { type NetworkConnection } from "hardhat/types/network";
import {
  DAY,
  deployRegistries,
  NODE_STATUS,
  type NodeStatusName,
  PROVIDER_MIN_BOND,
} from "../support/contracts/registry-fixture.ts";
import { addressOf, FEE, NODE_RESOURCES, registration } from "../support/contracts/market-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

type World = Awaited<ReturnType<typeof deployRegistries>>;
type Reached = Exclude<NodeStatusName, "none">;

/** Node 2, a provider with its minimum bond, in each status; in subnet 1 where it ever joined. */
const inStatus: Record<Reached, (connection: NetworkConnection) => Promise<World>> = {
  async registered(connection) {
    return await deployRegistries(connection);
  },
  async active(connection) {
    const world = await deployRegistries(connection);
    await world.nodes.write.joinSubnet([2n, 1, 2_000], { account: world.provider.account });
    return world;
  },
  async draining(connection) {
    const world = await inStatus.active(connection);
    await world.nodes.write.setDraining([2n, true], { account: world.provider.account });
    return world;
  },
  async exiting(connection) {
    const world = await inStatus.active(connection);
    await world.nodes.write.requestExit([2n], { account: world.provider.account });
    return world;
  },
  async exited(connection) {
    const world = await inStatus.exiting(connection);
    await networkHelpers.time.increase(3 * DAY);
    await world.nodes.write.finishExit([2n], { account: world.stranger.account });
    return world;
  },
  async suspended(connection) {
    const world = await inStatus.active(connection);
    const until = (await world.now()) + 100;
    await world.nodes.write.suspend([2n, until], { account: world.slasher.account });
    return world;
  },
};

const act = {
  "joins a subnet": async ({ nodes, provider }: World) =>
    await nodes.write.joinSubnet([2n, 2, 2_000], { account: provider.account }),
  "leaves its subnet": async ({ nodes, provider }: World) =>
    await nodes.write.leaveSubnet([2n, 1], { account: provider.account }),
  drains: async ({ nodes, provider }: World) =>
    await nodes.write.setDraining([2n, true], { account: provider.account }),
  "serves again": async ({ nodes, provider }: World) =>
    await nodes.write.setDraining([2n, false], { account: provider.account }),
  "asks for its exit": async ({ nodes, provider }: World) =>
    await nodes.write.requestExit([2n], { account: provider.account }),
  "finishes its exit": async ({ nodes, stranger }: World) => {
    await networkHelpers.time.increase(4 * DAY);
    return await nodes.write.finishExit([2n], { account: stranger.account });
  },
  "is suspended": async ({ nodes, slasher, now }: World) =>
    await nodes.write.suspend([2n, (await now()) + 50], { account: slasher.account }),
  "is reinstated": async ({ nodes, provider }: World) => {
    await networkHelpers.time.increase(200);
    return await nodes.write.reinstate([2n], { account: provider.account });
  },
  "is slashed below its minimum": async ({ nodes, slasher }: World) =>
    await nodes.write.slashBond([2n, 1n], { account: slasher.account }),
  "thaws below its minimum": async ({ nodes, provider }: World) =>
    await nodes.write.thawBond([2n, 1n], { account: provider.account }),
  "bonds more": async ({ nodes, provider }: World) =>
    await nodes.write.bond([2n], { account: provider.account, value: 1n }),
  "offers something else": async ({ nodes, provider }: World) =>
    await nodes.write.setResources([2n, NODE_RESOURCES], { account: provider.account }),
};
type Action = keyof typeof act;

/** What each action does in each status: the next one, or the error. INodeRegistry.NodeStatus holds the same table. */
const TABLE: Record<Action, Record<Reached, Reached | "WrongStatus" | "NotInSubnet">> = {
  "joins a subnet": row("active", "active", "WrongStatus", "WrongStatus", "WrongStatus", "WrongStatus"),
  "leaves its subnet": row("NotInSubnet", "registered", "draining", "exiting", "NotInSubnet", "suspended"),
  drains: row("draining", "draining", "draining", "WrongStatus", "WrongStatus", "WrongStatus"),
  "serves again": row("WrongStatus", "active", "active", "WrongStatus", "WrongStatus", "WrongStatus"),
  "asks for its exit": row("exiting", "exiting", "exiting", "WrongStatus", "WrongStatus", "exiting"),
  "finishes its exit": row(
    "WrongStatus",
    "WrongStatus",
    "WrongStatus",
    "exited",
    "WrongStatus",
    "WrongStatus",
  ),
  "is suspended": row("suspended", "suspended", "suspended", "WrongStatus", "WrongStatus", "suspended"),
  "is reinstated": row("WrongStatus", "WrongStatus", "WrongStatus", "WrongStatus", "WrongStatus", "active"),
  "is slashed below its minimum": row(
    "suspended",
    "suspended",
    "suspended",
    "exiting",
    "exited",
    "suspended",
  ),
  "thaws below its minimum": row("registered", "draining", "draining", "exiting", "exited", "suspended"),
  "bonds more": row("registered", "active", "draining", "exiting", "WrongStatus", "suspended"),
  "offers something else": row("registered", "active", "draining", "exiting", "WrongStatus", "suspended"),
};

describe("NodeRegistry: statuses", () => {
  for (const status of Object.keys(inStatus) as Reached[]) {
    describe(`when a node is ${status} and`, () => {
      for (const action of Object.keys(act) as Action[]) {
        const outcome = TABLE[action][status];
        it(`${action}: ${outcome}`, async () => {
          const world = await networkHelpers.loadFixture(inStatus[status]);
          expect(await world.statusOf(2n)).to.equal(status);
          if (outcome === "WrongStatus" || outcome === "NotInSubnet") {
            const args: [bigint, number] = outcome === "WrongStatus" ? [2n, NODE_STATUS[status]] : [2n, 1];
            const name = `NodeRegistry_${outcome}` as const;
            await assertions.revertWithCustomErrorWithArgs(act[action](world), world.nodes, name, args);
            expect(await world.statusOf(2n)).to.equal(status);
            return;
          }
          await act[action](world);
          expect(await world.statusOf(2n)).to.equal(outcome);
        });
      }
    });
  }

  describe("requestExit and finishExit", () => {
    it("say when, take no lease meanwhile, and void the memberships at the end", async () => {
      const { nodes, provider, stranger, now } = await networkHelpers.loadFixture(inStatus.active);
      const asked = nodes.write.requestExit([2n], { account: provider.account });
      await assertions.emitWithArgs(asked, nodes, "NodeStatusChanged", [2n, NODE_STATUS.exiting]);
      const exitAt = (await now()) + 3 * DAY;
      await assertions.emitWithArgs(asked, nodes, "NodeExitRequested", [2n, exitAt]);
      expect(await nodes.read.deadlinesOf([2n])).to.deep.equal([exitAt, 0]);
      expect(await nodes.read.membershipOf([2n, 1])).to.deep.equal([true, 2_000]);

      await networkHelpers.time.setNextBlockTimestamp(exitAt - 1);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.finishExit([2n], { account: stranger.account }),
        nodes,
        "NodeRegistry_ExitTimeNotReached",
        [2n, exitAt],
      );
      await networkHelpers.time.setNextBlockTimestamp(exitAt);
      await nodes.write.finishExit([2n], { account: stranger.account });
      expect(await nodes.read.membershipOf([2n, 1])).to.deep.equal([false, 0]);
      expect((await nodes.read.leaseFactsOf([2n, 1]))[4]).to.equal(false);
      expect((await nodes.read.nodeOf([2n])).subnetCount).to.equal(0);
    });

    it("keep the operator key taken", async () => {
      const { nodes, provider } = await networkHelpers.loadFixture(inStatus.exited);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.register([registration(provider.account.address), "0x"], {
          account: provider.account,
          value: FEE,
        }),
        nodes,
        "NodeRegistry_OperatorTaken",
        [addressOf(provider), 2n],
      );
    });

    it("let a node that exited take its bond with it", async () => {
      const { nodes, provider } = await networkHelpers.loadFixture(inStatus.exited);
      await nodes.write.thawBond([2n, PROVIDER_MIN_BOND], { account: provider.account });
      await networkHelpers.time.increase(21 * DAY);
      await assertions.balancesHaveChanged(nodes.write.withdrawBond([2n], { account: provider.account }), [
        { address: provider.account.address, amount: PROVIDER_MIN_BOND },
      ]);
    });
  });

  describe("suspend and reinstate", () => {
    it("say until when; a later time holds, an earlier one does not shorten it", async () => {
      const { nodes, slasher, now } = await networkHelpers.loadFixture(inStatus.active);
      const until = (await now()) + 1_000;
      const suspended = nodes.write.suspend([2n, until], { account: slasher.account });
      await assertions.emitWithArgs(suspended, nodes, "NodeSuspended", [2n, until]);
      await assertions.emitWithArgs(suspended, nodes, "NodeStatusChanged", [2n, NODE_STATUS.suspended]);
      const again = nodes.write.suspend([2n, until - 500], { account: slasher.account });
      await assertions.emitWithArgs(again, nodes, "NodeSuspended", [2n, until]);
      expect(await nodes.read.deadlinesOf([2n])).to.deep.equal([0, until]);
    });

    it("bring the node back once the time is over and the bond is there", async () => {
      const { nodes, slasher, provider, statusOf, now } = await networkHelpers.loadFixture(inStatus.active);
      const until = (await now()) + 1_000;
      await nodes.write.suspend([2n, until], { account: slasher.account });
      await nodes.write.slashBond([2n, 1n], { account: slasher.account });
      await networkHelpers.time.setNextBlockTimestamp(until - 1);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.reinstate([2n], { account: provider.account }),
        nodes,
        "NodeRegistry_SuspensionRunning",
        [2n, until],
      );
      await networkHelpers.time.setNextBlockTimestamp(until);
      await assertions.revertWithCustomErrorWithArgs(
        nodes.write.reinstate([2n], { account: provider.account }),
        nodes,
        "NodeRegistry_BondTooLow",
        [2n, PROVIDER_MIN_BOND - 1n, PROVIDER_MIN_BOND],
      );
      await nodes.write.bond([2n], { account: provider.account, value: 1n });
      await assertions.emitWithArgs(
        nodes.write.reinstate([2n], { account: provider.account }),
        nodes,
        "NodeStatusChanged",
        [2n, NODE_STATUS.active],
      );
      expect(await statusOf(2n)).to.equal("active");
      expect(await nodes.read.deadlinesOf([2n])).to.deep.equal([0, 0]);
    });
  });
});

type Outcome = Reached | "WrongStatus" | "NotInSubnet";

/** In the order registered, active, draining, exiting, exited, suspended. */
function row(...outcomes: [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome]): Record<Reached, Outcome> {
  const [registered, active, draining, exiting, exited, suspended] = outcomes;
  return { registered, active, draining, exiting, exited, suspended };
}
