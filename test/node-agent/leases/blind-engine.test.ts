import { expect } from "chai";
import { sampleOrder } from "../../support/sample-order.ts";
import { CrashWorld, sealVersion } from "../support/crash/crash-world.ts";

const BLIND_MS = 120_000;
/** More than half a second, doubled up to 30 s, asks for in that time; an agent that asks on and on gets here at once. */
const TOO_MANY = 20;

describe("an engine that has created a container and does not list it", () => {
  it("is asked again with back-off, and goes on where it shows what it has", async () => {
    const world = new CrashWorld();
    const { engine, machine, clock } = world;
    try {
      const [create, observe] = [engine.create.bind(engine), engine.observe.bind(engine)];
      let asked = 0;
      engine.create = async (spec, digest) => {
        asked += 1;
        if (asked === TOO_MANY) world.stop();
        await create(spec, digest);
      };
      engine.observe = async () => (clock.now() < blindUntil ? [] : await observe());
      const blindUntil = clock.now() + BLIND_MS;
      await world.open(await sealVersion(sampleOrder(), 1));
      await world.run(() => clock.now() >= blindUntil && world.lease().state === "active");
      expect(asked).to.be.within(5, TOO_MANY - 1);
      expect(machine.containers.size).to.equal(1);
    } finally {
      world.stop();
    }
  });
});
