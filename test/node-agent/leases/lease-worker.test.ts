import { expect } from "chai";
import { ContainerSteps } from "../../../node-agent/src/leases/container-steps.ts";
import { HealthWatch } from "../../../node-agent/src/leases/health-watch.ts";
import { HeldManifests, type LeaseManifests } from "../../../node-agent/src/leases/held-manifests.ts";
import { type LeaseLook } from "../../../node-agent/src/leases/lease-look.ts";
import { LeaseWorker } from "../../../node-agent/src/leases/lease-worker.ts";
import { ReplicaWatch } from "../../../node-agent/src/leases/replica-watch.ts";
import { Traffic } from "../../../node-agent/src/leases/traffic.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { until } from "../../support/until.ts";
import { hashOf, leaseRecord, observed, storedLease } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeGateway } from "../support/fake-gateway.ts";
import { FakeImages, fakeSupply, MemoryImages } from "../support/fake-images.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { FakeProber } from "../support/fake-prober.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-store.ts";
import { silentLog } from "../support/silent-log.ts";

const LEASE = hashOf("lease");

describe("LeaseWorker", () => {
  it("acts at once on what was seen while it was reading and found nothing to do", async () => {
    const { worker, reads, wakes, store } = await setup();
    worker.look(lookOf(false));
    worker.look(lookOf(true));
    expect(store.find(LEASE)?.removedAt).to.equal(null);
    reads.shift()?.();
    await until(() => Promise.resolve(reads.length > 0), "the second look is acted on");
    expect(wakes).to.deep.equal([]);
    reads.shift()?.();
    await until(() => Promise.resolve(worker.isIdle()), "it is done");
    expect(store.find(LEASE)?.removedAt).to.be.a("number");
  });

  it("keeps the newest look alone, and no look for ever", async () => {
    const { worker, reads, store } = await setup();
    worker.look(lookOf(false));
    worker.look(lookOf(true));
    worker.look(lookOf(false));
    for (let count = 0; count < 2; count += 1) {
      await until(() => Promise.resolve(reads.length > 0), "a look is acted on");
      reads.shift()?.();
    }
    await until(() => Promise.resolve(worker.isIdle()), "it is done");
    expect(reads).to.have.length(0);
    expect(store.find(LEASE)?.removedAt).to.equal(null);
  });

  it("asks for another look instead of acting on one that began before a step of its own ended", async () => {
    const { worker, reads, wakes } = await setup();
    worker.look(lookOf(true));
    reads.shift()?.();
    await until(() => Promise.resolve(worker.isIdle()), "the lease is torn down");
    expect(worker.stepsDone()).to.equal(1);
    worker.look(lookOf(true));
    expect(worker.isIdle()).to.equal(true);
    expect(wakes).to.deep.equal([0]);
  });

  it("makes no plan for a block that tells nothing new of a lease with nothing to do", async () => {
    const { worker, reads } = await setup();
    const [first, next] = [lookOf(false), lookOf(false)];
    const { located, containers } = first;
    const block: LeaseLook = { ...next, located, containers, isOnlyBlock: true };
    worker.look(block);
    await finish(worker, reads);
    worker.look(block);
    worker.look({ ...block, snapshot: { ...block.snapshot, headTime: 2 } });
    expect(worker.isIdle()).to.equal(true);
    for (const look of [
      { ...block, isOnlyBlock: false },
      { ...block, containers: next.containers },
    ]) {
      worker.look(look);
      expect(worker.isIdle()).to.equal(false);
      await finish(worker, reads);
    }
  });

  it("acts on what happened while it was reading, though a block came after it", async () => {
    const { worker, reads } = await setup();
    const look = lookOf(false);
    worker.look(look);
    worker.look({ ...look });
    worker.look({ ...look, isOnlyBlock: true });
    reads.shift()?.();
    await until(() => Promise.resolve(reads.length > 0), "it is acted on");
    worker.look({ ...look, isOnlyBlock: true });
    await finish(worker, reads);
    expect(reads).to.have.length(0);
  });

  it("tries again at the next block what has failed", async () => {
    const { worker, reads } = await setup();
    const block: LeaseLook = { ...lookOf(false), isOnlyBlock: true };
    worker.look(block);
    await finish(worker, reads);
    worker.look({ ...block, isOnlyBlock: false });
    reads.shift()?.(new Error("no such file"));
    await until(() => Promise.resolve(worker.isIdle()), "it has failed");
    await until(() => {
      worker.look(block);
      return Promise.resolve(!worker.isIdle());
    }, "it is tried again");
    await finish(worker, reads);
  });

  it("acts on nothing that it has missed once it is stopped", async () => {
    const { worker, reads, store } = await setup();
    worker.look(lookOf(false));
    worker.look(lookOf(true));
    const stopped = worker.stop();
    reads.shift()?.();
    await stopped;
    expect(worker.isIdle()).to.equal(true);
    expect(store.find(LEASE)?.removedAt).to.equal(null);
  });

  async function finish(worker: LeaseWorker, reads: Read[]): Promise<void> {
    reads.shift()?.();
    await until(() => Promise.resolve(worker.isIdle()), "it is done");
  }

  /** Of a lease that runs, or of one that the chain has forgotten. */
  function lookOf(isGone: boolean): LeaseLook {
    const record = leaseRecord({ leaseHash: LEASE, lid: 1n, state: "active" });
    const views = isGone ? { head: undefined, confirmed: undefined } : { head: record, confirmed: record };
    return {
      located: { lid: isGone ? undefined : 1n, ...views },
      snapshot: { headNumber: 1n, headTime: 1, leases: new Map(), opened: new Map() },
      containers: isGone ? [] : [observed({ leaseHash: LEASE })],
      ...{ isLeft: false, stepsDone: 0, isOnlyBlock: false, missingMs: isGone ? 2 : 0, graceMs: 1 },
    };
  }

  async function setup() {
    const machine = new FakeMachine();
    const engine = new FakeEngine(machine, NODE.operator);
    const [store, journal] = [new MemoryStore(), new MemoryJournal()];
    await store.save(storedLease({ leaseHash: LEASE, lid: 1n }));
    const images = fakeSupply({
      engine,
      images: new FakeImages(machine),
      book: new MemoryImages(),
      store,
      clock,
    });
    const onChange = (): void => undefined;
    const health = new HealthWatch({ prober: new FakeProber(), journal, clock, onChange });
    const manifests = new SlowManifests();
    const wakes: number[] = [];
    const common = {
      chain: new FakeChain(),
      gateway: new FakeGateway(),
      store,
      journal,
      clock,
      log: silentLog,
    };
    const steps = new ContainerSteps({ engine, images, store, clock });
    const replicas = new ReplicaWatch({ traffic: new Traffic({ clock, onIdle: onChange }), health });
    const wakeAfter = (ms: number): void => {
      wakes.push(ms);
    };
    const seams = { steps, manifests, replicas, wakeAfter, endSessions: onChange };
    return { worker: new LeaseWorker({ ...common, ...seams }, LEASE), reads: manifests.reads, wakes, store };
  }
});

/** Lets a read end: with an error, or well. */
type Read = (error?: Error) => void;

/** Reads nothing until the test lets it. */
class SlowManifests extends HeldManifests {
  readonly reads: Read[] = [];

  override async of(): Promise<LeaseManifests> {
    await new Promise<void>((resolve, reject) => {
      this.reads.push((error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
    return { running: undefined, pending: undefined };
  }
}
