import { expect } from "chai";
import { killAtEvent, type Made, readMade, startsOf } from "../support/faults/kill-at-event.ts";
import { type EngineLab, startEngineLab } from "../support/netns/engine-lab.ts";
import { whyNoNatNetwork } from "../support/netns/nat-network.ts";
import { createWorld, helloManifest, type World } from "../support/world.ts";

const { FIZZ_KILLS_FIRST: firstText, FIZZ_KILLS_LAST: lastText } = process.env;
/** More than the engine has to tell of any of the three. */
const LAST = 16;
const ACTIVE = 2;
const CLOSED = 4;
const ONE: Made = { running: ["1"], containers: 2, networks: 1, volumes: 0 };
const NONE: Made = { running: [], containers: 0, networks: 0, volumes: 0 };

describe("a node program that is killed when its engine has done the n-th thing of a start, an update and a close", function () {
  this.timeout(2 * 3_600_000);
  let lab: EngineLab | undefined;
  let world: World;
  let lid = 0n;
  before(async function () {
    if (whyNoNatNetwork() !== undefined) return this.skip();
    lab = await startEngineLab();
    world = await createWorld({ docker: lab.engine, places: lab.places });
  });
  after(async () => {
    await (world as World | undefined)?.stop();
    await lab?.stop();
  });

  const last = Number(lastText ?? LAST);
  for (let n = Number(firstText ?? 1); n <= last; n += 1)
    it(`leaves what one leaves that was not, n = ${n}`, async () => {
      lid += 1n;
      const { tenant } = world;
      const kills: boolean[] = [];
      const through = async (work: () => Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> => {
        kills.push(await killAtEvent(world, n, { work, isDone }));
      };
      await through(
        async () => await tenant.deploy(await helloManifest()),
        async () => (await stateOf(lid)) === ACTIVE && (await isMade(ONE)),
      );
      expect(await startsOf(world, lid)).to.equal(1);
      const next = await tenant.manifest(await helloManifest(["Hello from Fizz", "Hello again"]));
      await through(
        () => tenant.cli.json(["deployment", "update", next, "--lid", String(lid), "--yes", "--json"]),
        async () => (await world.leaseOf(lid)).version === 2 && (await isMade({ ...ONE, running: ["2"] })),
      );
      const codes = (await tenant.events(lid)).map(({ code }) => code);
      const told = ["lease.confirmed", "deployment.started", "update.applied"] as const;
      expect(told.map((code) => codes.filter((each) => each === code).length)).to.deep.equal([1, 1, 1]);
      await through(
        () => tenant.close(lid),
        async () => (await stateOf(lid)) === CLOSED && (await isMade(NONE)),
      );
      process.stdout.write(`      killed in start, update, close: ${kills.join(", ")}\n`);
    });

  async function stateOf(of: bigint): Promise<number> {
    return (await world.leaseOf(of)).state;
  }

  async function isMade(wanted: Made): Promise<boolean> {
    const made = await readMade(world);
    return JSON.stringify(made) === JSON.stringify(wanted);
  }
});
