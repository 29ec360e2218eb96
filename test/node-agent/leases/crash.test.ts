import { expect } from "chai";
import { readFileSync } from "node:fs";
import { sampleOrder } from "../../support/sample-order.ts";
import { CrashWorld, LEASE, sealVersion, type Version } from "../support/crash/crash-world.ts";
import { endStateOf } from "../support/crash/end-state.ts";
import { type KillPoint, type Mortal } from "../support/crash/mortal.ts";

const SIDES = ["before", "after"] as const;
/** Second kills are tried at every crossing of a recovery from each of these first ones. */
const SECOND_KILLS_EVERY = 40;

interface Phase {
  readonly begin: (world: CrashWorld) => Promise<void> | void;
  readonly isDone: (world: CrashWorld) => boolean;
}

describe("an agent that is killed", function () {
  this.timeout(120_000);
  let versions: readonly [Version, Version];
  before(async () => {
    const postgres = readFileSync(new URL("../../../examples/postgres.yaml", import.meta.url), "utf8");
    versions = [
      await sealVersion(sampleOrder(postgres), 1),
      // One container is made anew, the other one gets more memory.
      await sealVersion(
        sampleOrder(
          postgres.replace("POSTGRES_USER=app", "POSTGRES_USER=else").replace("size: 256Mi", "size: 512Mi"),
        ),
        2,
      ),
    ];
  });

  const phases: readonly (readonly [string, Phase])[] = [
    [
      "start",
      {
        begin: (world) => world.open(versions[0]),
        isDone: (world) => world.lease().state === "active",
      },
    ],
    [
      "update",
      {
        begin: (world) => world.requestUpdate(versions[1]),
        isDone: (world) => world.lease().version === 2 && world.machine.containers.size === 2,
      },
    ],
    [
      "close",
      {
        begin: (world) => {
          world.close();
        },
        isDone: ({ store }) => typeof store.find(LEASE)?.removedAt === "number",
      },
    ],
  ];

  for (const [index, [name, phase]] of phases.entries()) {
    const before = phases.slice(0, index).map(([, earlier]) => earlier);

    it(`at any step of a ${name}, before or after its effect, ends up where one does that was not`, async () => {
      const { end, crossings } = await life([phase, ...before], []);
      expect(crossings.length).to.be.greaterThan(10);
      for (let at = 1; at <= crossings.length; at += 1)
        for (const side of SIDES) {
          const killed = await life([phase, ...before], [{ at, side }]);
          expect(killed.end, `killed ${side} ${crossings[at - 1] ?? ""}, crossing ${at}`).to.deep.equal(end);
        }
    });

    it(`and again at any step of its recovery from a kill during a ${name}`, async () => {
      const { end, crossings } = await life([phase, ...before], []);
      for (let first = 1; first <= crossings.length; first += SECOND_KILLS_EVERY)
        for (let second = 1, isKilled = true; isKilled; second += 1) {
          const points = [
            { at: first, side: "after" },
            { at: second, side: "before" },
          ] as const;
          const killed = await life([phase, ...before], points);
          expect(killed.end, `killed at ${first}, then at ${second}`).to.deep.equal(end);
          isKilled = killed.kills === 2 && second < crossings.length;
        }
    });
  }

  it("in the middle of a create, with no more made than the sandbox, makes the container once and all else as ever", async () => {
    const [[, start] = ["", undefined]] = phases;
    if (start === undefined) throw new Error("there is no first phase");
    const { end, crossings } = await life([start], []);
    const creates = crossings.flatMap((name, index) => (name === "engine.create" ? [index + 1] : []));
    expect(creates).to.have.length(2);
    for (const at of creates) {
      const killed = await life([start], [{ at, side: "after" }], ({ machine }) => {
        machine.removeAllButSandbox([...machine.containers.keys()].at(-1) ?? "");
      });
      const { counts } = end;
      expect(killed.end).to.deep.equal({ ...end, counts: { ...counts, created: counts.created + 1 } });
    }
  });

  /** Goes through the later phases without a kill, then through the first one with kills, each in the agent that came after the last. */
  async function life(
    [phase, ...before]: readonly [Phase, ...Phase[]],
    points: readonly KillPoint[],
    onKilled: (world: CrashWorld) => void = () => undefined,
  ) {
    const world = new CrashWorld();
    try {
      for (const earlier of before) await through(world, earlier);
      await phase.begin(world);
      let kills = 0;
      let agent: Mortal;
      do {
        agent = await world.run(() => phase.isDone(world), points[kills]);
        if (!agent.isDead) continue;
        kills += 1;
        onKilled(world);
      } while (agent.isDead);
      return { end: endStateOf(world), crossings: agent.crossings, kills };
    } finally {
      world.stop();
    }
  }

  async function through(world: CrashWorld, phase: Phase): Promise<void> {
    await phase.begin(world);
    await world.run(() => phase.isDone(world));
  }
});
