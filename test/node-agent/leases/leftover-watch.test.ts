import { expect } from "chai";
import { LeftoverWatch } from "../../../node-agent/src/leases/leftover-watch.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { CrashWorld, LEASE, sealVersion, type Version } from "../support/crash/crash-world.ts";
import { containerSpec, hashOf, leaseRecord, observed, storedLease } from "../support/builders.ts";
import { NODE } from "../support/fake-chain.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeLeftovers } from "../support/fake-leftovers.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { silentLog } from "../support/silent-log.ts";

const RULES = { listEveryMs: 20_000, volumeGraceMs: 60_000 };
const PLAIN = hashOf("plain");
const STORING = hashOf("storing");
const VOLUME = { name: "data", path: "/data", readOnly: false, persistent: true };

describe("LeftoverWatch", () => {
  it("finds what has no container, with volumes only after a grace, and lists no more often than it should", async () => {
    const { watch, leftovers, clock } = await setup();
    const seen = async (): Promise<string[]> => (await watch.look([])).map(({ leaseHash }) => leaseHash);
    expect(await seen()).to.deep.equal([PLAIN]);
    clock.move(RULES.listEveryMs - 1);
    expect(await seen()).to.deep.equal([PLAIN]);
    expect(leftovers.asked).to.equal(1);
    clock.move(RULES.volumeGraceMs - RULES.listEveryMs);
    expect(await seen()).to.deep.equal([PLAIN]);
    clock.move(1);
    expect(await seen()).to.deep.equal([PLAIN, STORING]);
    watch.forget(PLAIN);
    expect(await seen()).to.deep.equal([STORING]);
    clock.move(RULES.listEveryMs);
    expect(await seen()).to.deep.equal([PLAIN, STORING]);
  });

  it("hands out at once what a lease has left that was torn down, such as what was on a machine that was away", async () => {
    const { watch, store } = await setup();
    await store.save({ ...storedLease(), leaseHash: STORING, removedAt: 1 });
    const seen = (await watch.look([])).map(({ leaseHash }) => leaseHash);
    expect(seen).to.have.members([PLAIN, STORING]);
  });

  it("leaves alone what has containers, what is known and not over, and what it cannot list", async () => {
    const { watch, leftovers, clock, store } = await setup();
    leftovers.isDown = true;
    expect(await watch.look([])).to.deep.equal([]);
    leftovers.isDown = false;
    clock.move(RULES.listEveryMs);
    expect(await watch.look([observed({ leaseHash: PLAIN })])).to.deep.equal([]);
    clock.move(RULES.listEveryMs);
    await store.save({ ...storedLease(), leaseHash: PLAIN });
    expect(await watch.look([])).to.deep.equal([]);
  });

  async function setup() {
    const clock = new ManualClock();
    const machine = new FakeMachine(() => clock.now());
    const engine = new FakeEngine(machine, NODE.operator);
    for (const [leaseHash, volumes] of [
      [PLAIN, []],
      [STORING, [VOLUME]],
    ] as const)
      await engine.create(containerSpec({ leaseHash, volumes }), leaseHash);
    for (const { id } of await engine.observe()) await engine.remove(id);
    const leftovers = new FakeLeftovers(machine, NODE.operator);
    const store = new MemoryStore();
    const watch = new LeftoverWatch({ leftovers, store, clock, log: silentLog }, RULES);
    return { watch, leftovers, clock, store };
  }
});

describe("what is left of a lease that no state knows", function () {
  this.timeout(30_000);
  let version: Version;
  before(async () => {
    version = await sealVersion(sampleOrder(), 1);
  });

  it("stays while the chain has the lease or does not answer, and goes once the lease is over at depth", async () => {
    const world = await left();
    try {
      const { chain, clock } = world;
      const passes = async (ms: number): Promise<void> => {
        const until = clock.now() + ms;
        await world.run(() => clock.now() >= until);
      };
      await passes(300_000);
      expect(remains(world)).to.deep.equal(ALL);
      chain.isDown = true;
      world.close();
      await passes(300_000);
      expect(remains(world)).to.deep.equal(ALL);
      chain.isDown = false;
      await passes(RULES.volumeGraceMs + RULES.listEveryMs);
      expect(remains(world)).to.deep.equal({ networks: [], volumes: 0 });
    } finally {
      world.stop();
    }
  });

  it("goes when the chain has not had the lease for the time that a lease may be missing, and not before", async () => {
    const world = await left();
    try {
      const { chain, clock } = world;
      await world.run(() => true);
      chain.drop(1n);
      const from = clock.now();
      await world.run(() => remains(world).networks.length === 0);
      expect(clock.now() - from).to.be.at.least(world.missingGraceMs);
    } finally {
      world.stop();
    }
  });

  const ALL = { networks: [LEASE], volumes: 1 };

  /** Network and volume of an active lease; state and container are gone. */
  async function left(): Promise<CrashWorld> {
    const world = new CrashWorld({ leftovers: RULES, missingGraceMs: 120_000 });
    const { engine, chain } = world;
    await engine.create(containerSpec({ leaseHash: LEASE, volumes: [VOLUME] }), "digest");
    for (const { id } of await engine.observe()) await engine.remove(id);
    chain.put(leaseRecord({ leaseHash: LEASE, manifestHash: version.delivery.manifestHash, paidUntil: 0 }));
    expect(remains(world)).to.deep.equal(ALL);
    return world;
  }

  function remains({ machine }: CrashWorld) {
    return { networks: [...machine.networks], volumes: machine.volumes.size };
  }
});
