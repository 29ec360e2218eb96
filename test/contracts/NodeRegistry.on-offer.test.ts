import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import { ContractFunctionExecutionError } from "viem";
import { SUBNET_CUT_BPS } from "../support/contracts/market-fixture.ts";
import { DAY, deployRegistries, NODE_STATUS } from "../support/contracts/registry-fixture.ts";

const { networkHelpers } = await network.create();

const SUBNET = 1;
const actions = ["join", "leave", "drain", "serve", "exit", "finish", "suspend", "reinstate"] as const;
type Action = (typeof actions)[number];
/** A node that exits comes to nothing more. */
const rarely = new Set<Action>(["exit", "finish"]);
const drawn = actions.flatMap((action): Action[] =>
  rarely.has(action) ? [action] : Array<Action>(6).fill(action),
);

describe("NodeRegistry: when a node was on offer", () => {
  it("never, while it has joined nothing", async () => {
    const { act, was, now } = await setup();
    await act("leave").catch(() => undefined);
    expect(await was(await now())).to.equal(false);
  });

  it("from the second in which it joined", async () => {
    const { actAt, was, now } = await setup();
    const joinedAt = (await now()) + 10;
    await actAt("join", joinedAt);
    expect(await was(joinedAt - 1)).to.equal(false);
    expect(await was(joinedAt)).to.equal(true);
    expect(await was(joinedAt + 1_000)).to.equal(true);
  });

  it("not through another subnet", async () => {
    const { nodes, act, now, providerId } = await setup();
    await act("join");
    expect(await nodes.read.wasOnOffer([providerId, 2, BigInt(await now())])).to.equal(false);
  });

  const ways: Record<string, readonly Action[]> = {
    left: ["leave"],
    drained: ["drain"],
    "asked to exit": ["exit"],
    "was suspended": ["suspend"],
    "was suspended while it drained": ["drain", "suspend"],
    "was suspended and asked to exit": ["suspend", "exit"],
  };
  for (const [way, steps] of Object.entries(ways)) {
    it(`until the second in which it ${way}`, async () => {
      const { act, actAt, was, now } = await setup();
      await act("join");
      const over = (await now()) + 100;
      for (const [index, step] of steps.entries()) await actAt(step, over + index * 50);
      expect(await was(over - 1)).to.equal(true);
      expect(await was(over)).to.equal(true);
      expect(await was(over + 1)).to.equal(false);
    });
  }

  it("once it has exited, as before it asked to", async () => {
    const { act, actAt, was, now } = await setup();
    await act("join");
    const over = (await now()) + 100;
    await actAt("exit", over);
    await actAt("finish", over + 3 * DAY);
    expect(await was(over)).to.equal(true);
    expect(await was(over + 1)).to.equal(false);
  });

  it("again, when it serves again: what it did between two changes is not remembered, and counts for it", async () => {
    const { act, actAt, was, now } = await setup();
    await act("join");
    const over = (await now()) + 100;
    await actAt("drain", over);
    await actAt("serve", over + 100);
    expect(await was(over + 50)).to.equal(true);
    await actAt("leave", over + 200);
    await actAt("join", over + 300);
    expect(await was(over + 250), "between leaving and coming back").to.equal(false);
    expect(await was(over + 300)).to.equal(true);
  });

  it("is false only where it certainly was not, and what was true stays true, whatever happens", async function () {
    this.timeout(120_000);
    const step = fc.record({
      action: fc.constantFrom(...drawn),
      seconds: fc.integer({ min: 1, max: 60 }),
    });
    const seen = { true: 0, false: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16 }), async (steps) => {
        const { actAt, was, now, isOnOffer } = await setup();
        const truth = new Map<number, boolean>();
        const said = new Map<number, boolean>();
        for (const { action, seconds } of steps) {
          const before = await now();
          const served = await isOnOffer();
          const at = before + (action === "finish" ? 3 * DAY : seconds);
          await actAt(action, at).catch(passTheTime);
          truth.set(at - 1, served);
          for (const [time, wasServing] of truth) {
            const answer = await was(time);
            if (wasServing) expect(answer, `was on offer at ${time}`).to.equal(true);
            if (said.get(time) === true) expect(answer, `was said to be on offer at ${time}`).to.equal(true);
            said.set(time, answer);
            seen[answer ? "true" : "false"] += 1;
          }
        }
      }),
      { numRuns: 25, seed: 0x5eed },
    );
    expect(seen.true > 100 && seen.false > 100, JSON.stringify(seen)).to.equal(true);
  });

  async function setup() {
    const world = await networkHelpers.loadFixture(deployRegistries);
    const { nodes, provider, slasher, providerId, now } = world;
    const by = { account: provider.account };
    const act = async (action: Action, time?: number) => {
      if (action === "join") return await nodes.write.joinSubnet([providerId, SUBNET, SUBNET_CUT_BPS], by);
      if (action === "leave") return await nodes.write.leaveSubnet([providerId, SUBNET], by);
      if (action === "exit") return await nodes.write.requestExit([providerId], by);
      if (action === "finish") return await nodes.write.finishExit([providerId], by);
      if (action === "reinstate") return await nodes.write.reinstate([providerId], by);
      if (action === "suspend") {
        return await nodes.write.suspend([providerId, (time ?? (await now())) + 3], {
          account: slasher.account,
        });
      }
      return await nodes.write.setDraining([providerId, action === "drain"], by);
    };
    return {
      ...world,
      act,
      actAt: async (action: Action, time: number) => {
        await networkHelpers.time.setNextBlockTimestamp(time);
        return await act(action, time);
      },
      was: async (time: number) => await nodes.read.wasOnOffer([providerId, SUBNET, BigInt(time)]),
      isOnOffer: async () => {
        const [joined] = await nodes.read.membershipOf([providerId, SUBNET]);
        return joined && (await nodes.read.nodeOf([providerId])).status === NODE_STATUS.active;
      },
    };
  }

  /** What is refused makes no block. */
  async function passTheTime(error: unknown): Promise<void> {
    if (!(error instanceof ContractFunctionExecutionError)) throw error;
    await networkHelpers.mine();
  }
});
