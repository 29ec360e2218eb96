import { packResources, resourcesOf } from "@fizz/protocol/manifest";
import { type Order, sealOrder } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { type Hex } from "viem";
import { type LeaseRecord } from "../../../node-agent/src/domain/lease-record.ts";
import { withManifest } from "../../../node-agent/src/domain/stored-lease.ts";
import { type Images } from "../../../node-agent/src/image-ports.ts";
import { ContainerSteps } from "../../../node-agent/src/leases/container-steps.ts";
import { HeldManifests } from "../../../node-agent/src/leases/held-manifests.ts";
import { LeaseWorker } from "../../../node-agent/src/leases/lease-worker.ts";
import { LiveGrants } from "../../../node-agent/src/leases/live-grants.ts";
import { Reconciler, type ReconcilerComponents } from "../../../node-agent/src/leases/reconciler.ts";
import { HealthWatch } from "../../../node-agent/src/leases/health-watch.ts";
import { ReplicaWatch } from "../../../node-agent/src/leases/replica-watch.ts";
import { Traffic } from "../../../node-agent/src/leases/traffic.ts";
import { Wakeup } from "../../../node-agent/src/leases/wakeup.ts";
import { type Engine, type LeaseStore } from "../../../node-agent/src/ports.ts";
import { systemClock as clock } from "../../../node-agent/src/system-clock.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hashOf, leaseRecord, storedLease } from "./builders.ts";
import { FakeChain, NODE } from "./fake-chain.ts";
import { FakeEngine } from "./fake-engine.ts";
import { FakeMachine } from "./fake-machine.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { FakeImages, fakeSupply, MemoryImages } from "./fake-images.ts";
import { FakeProber } from "./fake-prober.ts";
import { MemoryJournal, MemoryStore } from "./memory-store.ts";
import { silentLog } from "./silent-log.ts";

const LEASE = hashOf("lease");

export interface TestAgent {
  readonly wakeup: Wakeup;
  readonly run: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface AgentWorld extends Components, TestAgent {
  /** Keeps a manifest as if its tenant had sent it. */
  readonly deliver: (order: Order, version: number) => Promise<{ manifestHash: Hex; resources: bigint }>;
  /** Another agent process on the same machine and store. */
  readonly restart: () => TestAgent;
  readonly stopAll: () => Promise<void>;
}

/** A reconciler with everything around it in memory, and one lease whose manifest is delivered. */
export async function agentWorld(
  changes: Partial<LeaseRecord>,
  missingGraceMs: number,
  live = new LiveGrants(clock),
): Promise<AgentWorld> {
  const chain = new FakeChain();
  chain.headTime = Math.floor(Date.now() / 1_000);
  const machine = new FakeMachine();
  const engine = new FakeEngine(machine, NODE.operator);
  const store = new MemoryStore();
  const journal = new MemoryJournal();
  await store.save(storedLease());
  const deliver = await deliveryTo(store, LEASE);
  const first = await deliver(sampleOrder(), 1);
  chain.put(leaseRecord({ ...first, deadline: chain.headTime + 300, paidUntil: 0, ...changes }));
  const prober = new FakeProber();
  const components = { chain, engine, store, journal, gateway: new FakeGateway(), live, prober };
  const stops: (() => Promise<void>)[] = [];
  const restart = () => {
    const agent = startable(components, missingGraceMs);
    stops.push(agent.stop);
    return agent;
  };
  const stopAll = async (): Promise<void> => {
    for (const stop of stops) await stop();
    machine.stop();
  };
  return { ...components, deliver, ...restart(), restart, stopAll };
}

/** Keeps manifests of a lease as if its tenant had sent them. */
export async function deliveryTo(store: LeaseStore, leaseHash: Hex): Promise<AgentWorld["deliver"]> {
  const pair = await generateSealingKeyPair();
  return async (order, version) => {
    const quote = sampleQuote(order, pair.publicKey);
    const delivery = await sealOrder({ order, quote, lid: 1n, leaseHash, version });
    const manifest = { delivery, sealingKey: pair.privateKey, receivedAt: 0 };
    await store.change(leaseHash, (lease) => withManifest(lease, manifest));
    return { manifestHash: delivery.manifestHash, resources: packResources(resourcesOf(order.openPart)) };
  };
}

interface Components {
  readonly chain: FakeChain;
  readonly engine: FakeEngine;
  readonly store: MemoryStore;
  readonly journal: MemoryJournal;
  readonly gateway: FakeGateway;
  readonly live: LiveGrants;
  readonly prober: FakeProber;
}

function startable(components: Components, missingGraceMs: number): TestAgent {
  const images = new FakeImages(components.engine.machine);
  return startableOn({ ...components, images }, { missingGraceMs });
}

/** What an agent of a test runs on; the engine, and who knows its images, may be real ones. */
export interface AgentParts extends Omit<Components, "engine"> {
  readonly engine: Engine;
  readonly images: Images;
}

/** A reconciler on parts that are there. */
export function startableOn(
  components: AgentParts,
  { missingGraceMs, ...room }: { readonly missingGraceMs: number } & Pick<ReconcilerComponents, "room">,
): TestAgent {
  const { engine, store } = components;
  const wakeup = new Wakeup(clock);
  const book = new MemoryImages();
  const images = fakeSupply({ engine, images: components.images, book, store, clock });
  const steps = new ContainerSteps({ engine, images, store, clock });
  const wakeAfter = (ms: number): void => {
    wakeup.after(ms);
  };
  const traffic = new Traffic({ clock, onIdle: () => undefined });
  const health = new HealthWatch({
    ...{ prober: components.prober, journal: components.journal, clock },
    onChange: () => {
      wakeup.now();
    },
  });
  const replicas = new ReplicaWatch({ traffic, health });
  const common = { ...components, clock, log: silentLog };
  const endSessions = (leaseHash: Hex): void => {
    components.live.endLease(leaseHash);
  };
  const worker = { ...common, steps, manifests: new HeldManifests(), replicas, wakeAfter, endSessions };
  const makeWorker = (leaseHash: Hex) => new LeaseWorker(worker, leaseHash);
  const reconciler = new Reconciler(
    { ...common, ...room, wakeup, makeWorker, onLeasesChanged: () => undefined },
    { nodeId: NODE.nodeId, missingGraceMs },
  );
  return {
    wakeup,
    run: async (): Promise<void> => {
      reconciler.start();
      await Promise.resolve();
    },
    stop: async (): Promise<void> => {
      wakeup.stop();
      health.stop();
      await reconciler.stop();
    },
  };
}
