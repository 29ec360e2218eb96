import { expect } from "chai";
import { readFileSync } from "node:fs";
import { type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { CrashWorld, sealVersion, type Version } from "../support/crash/crash-world.ts";
import { endStateOf } from "../support/crash/end-state.ts";
import { interruptAt, type Moment } from "../support/crash/interrupt.ts";

const AWAY_MS = 3_000;
const NEVER: Moment = { at: 0, side: "before" };

describe("an update under way, at each call that an agent makes for it", function () {
  this.timeout(120_000);
  let versions: readonly [Version, Version];
  before(async () => {
    const postgres = readFileSync(new URL("../../../examples/postgres.yaml", import.meta.url), "utf8");
    // One container is made anew, the other one gets more memory.
    const changed = postgres
      .replace("POSTGRES_USER=app", "POSTGRES_USER=else")
      .replace("size: 256Mi", "size: 512Mi");
    versions = [await sealVersion(sampleOrder(postgres), 1), await sealVersion(sampleOrder(changed), 2)];
  });

  for (const takesAlong of [true, false])
    it(`is carried out when the engine restarts and ${takesAlong ? "takes containers along" : "leaves them running"}`, async () => {
      const { end, calls } = await updated(NEVER, () => undefined);
      expect(calls).to.be.greaterThan(10);
      for (let at = 1; at <= calls; at += 1)
        for (const side of takesAlong ? (["before", "after"] as const) : (["after"] as const)) {
          const restarted = await updated({ at, side }, (world) => {
            restartEngine(world, takesAlong);
          });
          expect(restarted.end, `restarted ${side} call ${at}`).to.deep.equal(end);
        }
    });

  for (const isRequested of [false, true])
    it(`is undone when a reorg takes away ${isRequested ? "its confirmation" : "all of it"}, and carried out when it is back`, async () => {
      const { end, calls } = await updated(NEVER, () => undefined);
      let reorgs = 0;
      for (let at = 1; at <= calls; at += 1) {
        const world = new CrashWorld();
        try {
          const old = await begin(world);
          const before = runningIds(world);
          const reorg = { isOver: false };
          interruptAt(world, { at, side: "after" }, () => {
            // What is confirmed stays.
            if (reorg.isOver || world.chain.confirmedAt(1n)?.version === 2) return;
            reorg.isOver = true;
            reorgs += 1;
            world.chain.put(isRequested ? { ...old, pending: pendingOf(versions[1]) } : old);
          });
          await world.requestUpdate(versions[1]);
          if (!isRequested) {
            await world.run(() => reorg.isOver || isUpdated(world));
            if (reorg.isOver) {
              await world.run(() => hasOnly(world, before));
              expect(limitsOf(world), `call ${at}`).to.deep.equal(end.limitsBefore);
            }
            if (!isUpdated(world)) await world.requestUpdate(versions[1]);
          }
          await world.run(() => isUpdated(world));
          expect(lasting(world, end.limitsBefore), `reorg after call ${at}`).to.deep.equal(end);
        } finally {
          world.stop();
        }
      }
      expect(reorgs).to.be.greaterThan(10);
    });

  /** Through an update to its end, with something that happens at one moment of it. */
  async function updated(moment: Moment, act: (world: CrashWorld) => void) {
    const world = new CrashWorld();
    try {
      await begin(world);
      const limitsBefore = limitsOf(world);
      const calls = interruptAt(world, moment, () => {
        act(world);
      });
      await world.requestUpdate(versions[1]);
      await world.run(() => isUpdated(world));
      return { end: lasting(world, limitsBefore), calls: calls() };
    } finally {
      world.stop();
    }
  }

  /** The first version runs. */
  async function begin(world: CrashWorld): Promise<LeaseRecord> {
    await world.open(versions[0]);
    await world.run(() => world.lease().state === "active");
    return world.lease();
  }

  function isUpdated(world: CrashWorld): boolean {
    return world.lease().version === 2 && world.machine.containers.size === 2 && areUp(world);
  }
});

function areUp({ machine }: CrashWorld): boolean {
  return [...machine.containers.values()].every(({ state }) => state === "running");
}

function runningIds({ machine }: CrashWorld): string[] {
  return [...machine.containers.values()].filter(({ state }) => state === "running").map(({ id }) => id);
}

function hasOnly(world: CrashWorld, ids: readonly string[]): boolean {
  return world.machine.containers.size === ids.length && runningIds(world).join() === ids.join();
}

function limitsOf({ machine }: CrashWorld): object[] {
  return [...machine.containers.values()].map(({ spec, limits }) => ({ service: spec.service, limits }));
}

/** How often a container was started and when is left out: the engine's end may have ended it. */
function lasting(world: CrashWorld, limitsBefore: readonly object[]) {
  const { containers, networks, volumes, lease } = endStateOf(world);
  return { containers, networks, volumes, lease, limitsBefore };
}

function pendingOf({ delivery, resources }: Version): LeaseRecord["pending"] {
  const { version, manifestHash } = delivery;
  return { version, manifestHash, resources, expiresAt: 9_999_999_999 };
}

function restartEngine({ engine, machine, clock }: CrashWorld, takesAlong: boolean): void {
  engine.isDown = true;
  if (takesAlong) machine.endAll();
  void clock.sleep(AWAY_MS, new AbortController().signal).then(() => {
    engine.isDown = false;
  });
}
