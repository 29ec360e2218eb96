import { PULSE_MS } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type KeptUptime } from "../../../relayer/src/domain/uptime.ts";
import { NodeUptimes } from "../../../relayer/src/services/node-uptimes.ts";
import { type NodeUptime } from "../../../relayer/src/uptime-ports.ts";
import { memoryLogger } from "../support/builders.ts";

const HOUR = 3_600_000;
const START = 1_700_000_000_000;

describe("NodeUptimes", () => {
  it("goes on where the process before ended", async () => {
    const world = setup();
    const first = world.process();
    await first.read(1n);
    world.listen(first, 2 * HOUR);
    await first.stop();
    world.now += HOUR;
    const second = world.process();
    await second.read(1n);
    expect(second.hear(1n, world.now)).to.equal(10_000);
    await second.stop();
  });

  it("does not write over what it could not read, and reads it when the store is back", async () => {
    const world = setup();
    const first = world.process();
    world.listen(first, 2 * HOUR);
    world.now += 2 * HOUR;
    first.hear(1n, world.now);
    await first.stop();
    const half = world.kept.get(1n);
    world.isAway = true;
    const second = world.process();
    await second.read(1n);
    expect(second.hear(1n, world.now)).to.equal(null);
    await second.save();
    expect(world.kept.get(1n)).to.equal(half);
    world.isAway = false;
    world.listen(second, HOUR);
    await second.save();
    expect(second.bpsAt(1n, world.now)).to.be.within(5_900, 6_100);
    expect(world.kept.get(1n)).not.to.equal(half);
    await second.stop();
  });

  it("saves what waits longest first, 250 nodes at a time, and all of them at the end", async () => {
    const world = setup();
    const uptimes = world.process();
    for (let nodeId = 1n; nodeId <= 600n; nodeId += 1n) uptimes.hear(nodeId, world.now);
    await uptimes.save();
    uptimes.hear(1n, world.now + PULSE_MS);
    await uptimes.save();
    expect([...world.kept.keys()]).to.deep.equal(
      Array.from({ length: 500 }, (_, index) => BigInt(index + 1)),
    );
    await uptimes.stop();
    expect(world.kept.size).to.equal(600);
  });

  it("ends with a store that is away", async () => {
    const world = setup();
    const uptimes = world.process();
    uptimes.hear(1n, world.now);
    world.isAway = true;
    await uptimes.stop();
    expect(world.kept.size).to.equal(0);
  });
});

function setup() {
  const kept = new Map<bigint, KeptUptime>();
  const world = {
    now: START,
    isAway: false,
    kept,
    process: () => {
      const guarded = async <Result>(task: () => Result): Promise<Result> => {
        await Promise.resolve();
        if (world.isAway) throw new Error("away");
        return task();
      };
      const store = {
        find: (nodeId: bigint) => guarded(() => kept.get(nodeId)),
        save: (uptimes: readonly NodeUptime[]) =>
          guarded(() => {
            for (const { nodeId, ...rest } of uptimes) kept.set(nodeId, rest);
          }),
        dropOlderThan: () => guarded(() => undefined),
      };
      return new NodeUptimes({ clock: () => world.now, logger: memoryLogger(), store });
    },
    listen: (uptimes: NodeUptimes, time: number) => {
      for (const end = world.now + time; world.now < end; world.now += PULSE_MS) uptimes.hear(1n, world.now);
    },
  };
  return world;
}
