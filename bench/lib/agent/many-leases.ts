import { packResources, resourcesOf } from "@fizz/protocol/manifest";
import { sealOrder } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { type Hex } from "viem";
import { createStores } from "../../../node-agent/src/app-stores.ts";
import { withManifest } from "../../../node-agent/src/domain/stored-lease.ts";
import { ContainerSteps } from "../../../node-agent/src/leases/container-steps.ts";
import { EngineWatch } from "../../../node-agent/src/leases/engine-watch.ts";
import { HeldManifests } from "../../../node-agent/src/leases/held-manifests.ts";
import { HealthWatch } from "../../../node-agent/src/leases/health-watch.ts";
import { LeaseWorker } from "../../../node-agent/src/leases/lease-worker.ts";
import { Reconciler } from "../../../node-agent/src/leases/reconciler.ts";
import { ReplicaWatch } from "../../../node-agent/src/leases/replica-watch.ts";
import { Traffic } from "../../../node-agent/src/leases/traffic.ts";
import { Wakeup } from "../../../node-agent/src/leases/wakeup.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { hashOf, leaseRecord, storedLease } from "../../../test/node-agent/support/builders.ts";
import { FakeChain, NODE } from "../../../test/node-agent/support/fake-chain.ts";
import { FakeEngine } from "../../../test/node-agent/support/fake-engine.ts";
import { FakeGateway } from "../../../test/node-agent/support/fake-gateway.ts";
import { FakeImages, fakeSupply, MemoryImages } from "../../../test/node-agent/support/fake-images.ts";
import { FakeMachine } from "../../../test/node-agent/support/fake-machine.ts";
import { FakeProber } from "../../../test/node-agent/support/fake-prober.ts";
import { silentLog as log } from "../../../test/node-agent/support/silent-log.ts";
import { StateFolder } from "../../../test/node-agent/support/state.ts";
import { sampleOrder, sampleQuote } from "../../../test/support/sample-order.ts";
import { until } from "../../../test/support/until.ts";

const GRACE_MS = 3_600_000;
const START_MS = 120_000;
const HOUR_SECONDS = 3_600;

/** A node's leases: reconciler, workers and the state on a disk are real, chain, gateway and engine in memory. */
export interface ManyLeases extends Stoppable {
  /** Ends a container from outside. @returns Milliseconds until the agent makes another. */
  loseContainer(index: number): Promise<number>;
  /** Closes a lease on the chain. @returns Milliseconds until the agent ends its container. */
  closeLease(index: number): Promise<number>;
}

export async function startManyLeases(count: number): Promise<ManyLeases> {
  return await withCleanupOnFailure(async (cleanup) => {
    const folder = await StateFolder.make();
    cleanup.defer("state", () => folder.remove());
    const stores = createStores({ database: await folder.open(), clock, log });
    await stores.start();
    const chain = new FakeChain();
    chain.headTime = Math.floor(Date.now() / 1_000);
    const hashes = await openLeases(count, chain, stores.ports.store);
    const machine = new FakeMachine();
    cleanup.defer("containers", () => {
      machine.stop();
    });
    const engine = new NotingEngine(machine, NODE.operator);
    const wakeup = startAgent({ ...stores.ports, chain, engine }, cleanup);
    const areAll = (): boolean => hashes.every((_, index) => chain.at(BigInt(index + 1))?.state === "active");
    await until(() => Promise.resolve(areAll()), "all leases run", START_MS);
    chain.settle();
    const idOf = (index: number): string =>
      [...machine.containers.values()].find(({ spec }) => spec.leaseHash === hashes[index])?.id ?? "";
    return {
      loseContainer: async (index) => {
        const made = engine.next("create");
        machine.containers.delete(idOf(index));
        const from = performance.now();
        machine.changed();
        return (await made) - from;
      },
      closeLease: async (index) => {
        const stopped = engine.next("stop");
        const lease = chain.at(BigInt(index + 1));
        if (lease !== undefined) chain.put({ ...lease, state: "closed" });
        chain.settle();
        const from = performance.now();
        // As the poller does when it sees the block.
        wakeup.now();
        return (await stopped) - from;
      },
      stop: () => cleanup.stop(),
    };
  });
}

type Ports = ReturnType<typeof createStores>["ports"] & {
  readonly chain: FakeChain;
  readonly engine: NotingEngine;
};

function startAgent(ports: Ports, cleanup: { defer: (name: string, end: () => unknown) => void }): Wakeup {
  const { engine, store } = ports;
  const wakeup = new Wakeup(clock);
  const onChange = (): void => {
    wakeup.now();
  };
  const wakeAfter = (ms: number): void => {
    wakeup.after(ms);
  };
  const common = { ...ports, gateway: new FakeGateway(), clock, log };
  const health = new HealthWatch({ prober: new FakeProber(), journal: ports.journal, clock, onChange });
  const replicas = new ReplicaWatch({ traffic: new Traffic({ clock, onIdle: onChange }), health });
  const watch = new EngineWatch({ engine, clock, log, onChange });
  const books = { images: new FakeImages(engine.machine), book: new MemoryImages() };
  const images = fakeSupply({ engine, ...books, store, clock });
  const steps = new ContainerSteps({ engine, images, store, clock });
  const seams = { wakeAfter, endSessions: () => undefined };
  const worker = { ...common, ...seams, replicas, steps, manifests: new HeldManifests() };
  const makeWorker = (leaseHash: Hex) => new LeaseWorker(worker, leaseHash);
  const reconciler = new Reconciler(
    { ...common, wakeup, makeWorker, onLeasesChanged: () => undefined },
    { nodeId: NODE.nodeId, missingGraceMs: GRACE_MS },
  );
  cleanup.defer("agent", async () => {
    wakeup.stop();
    await watch.stop();
    await reconciler.stop();
  });
  watch.start();
  reconciler.start();
  return wakeup;
}

async function openLeases(count: number, chain: FakeChain, store: Ports["store"]): Promise<Hex[]> {
  const pair = await generateSealingKeyPair();
  const hashes: Hex[] = [];
  for (let index = 0; index < count; index += 1) {
    const leaseHash = hashOf(`lease ${index}`);
    const lid = BigInt(index + 1);
    const order = sampleOrder();
    const quote = sampleQuote(order, pair.publicKey);
    const delivery = await sealOrder({ order, quote, lid, leaseHash, version: 1 });
    const manifest = { delivery, sealingKey: pair.privateKey, receivedAt: 0 };
    await store.save(withManifest(storedLease({ leaseHash, lid }), manifest));
    const resources = packResources(resourcesOf(order.openPart));
    const { manifestHash } = delivery;
    const deadline = chain.headTime + HOUR_SECONDS;
    chain.put(
      leaseRecord({ lid, leaseHash, manifestHash, resources, deadline, state: "open", paidUntil: 0 }),
    );
    hashes.push(leaseHash);
  }
  return hashes;
}

/** Tells when it is next asked to make or to stop a container. */
class NotingEngine extends FakeEngine {
  readonly #asked = new Map<string, (at: number) => void>();

  async next(call: "create" | "stop"): Promise<number> {
    return await new Promise((resolve) => this.#asked.set(call, resolve));
  }

  override async create(...args: Parameters<FakeEngine["create"]>): Promise<void> {
    this.#note("create");
    await super.create(...args);
  }

  override async stop(id: string): Promise<void> {
    this.#note("stop");
    await super.stop(id);
  }

  #note(call: string): void {
    this.#asked.get(call)?.(performance.now());
    this.#asked.delete(call);
  }
}
