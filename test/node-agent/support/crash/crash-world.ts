import { packResources, resourcesOf } from "@fizz/protocol/manifest";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { type Order, sealOrder } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { type Hex } from "viem";
import { OperatorSigner } from "../../../../node-agent/src/chain/operator-signer.ts";
import { type LeaseRecord } from "../../../../node-agent/src/domain/lease-record.ts";
import { type UpdateRoom } from "../../../../node-agent/src/domain/plan-facts.ts";
import { type RoomOf } from "../../../../node-agent/src/domain/update-room.ts";
import { ContainerSteps } from "../../../../node-agent/src/leases/container-steps.ts";
import { HeldManifests } from "../../../../node-agent/src/leases/held-manifests.ts";
import { LeaseWorker } from "../../../../node-agent/src/leases/lease-worker.ts";
import { type LeftoverRules, LeftoverWatch } from "../../../../node-agent/src/leases/leftover-watch.ts";
import { ManifestDesk } from "../../../../node-agent/src/leases/manifest-desk.ts";
import { Reconciler } from "../../../../node-agent/src/leases/reconciler.ts";
import { HealthWatch } from "../../../../node-agent/src/leases/health-watch.ts";
import { ReplicaWatch } from "../../../../node-agent/src/leases/replica-watch.ts";
import { Traffic } from "../../../../node-agent/src/leases/traffic.ts";
import { Wakeup } from "../../../../node-agent/src/leases/wakeup.ts";
import { type Clock } from "../../../../node-agent/src/ports.ts";
import { sampleQuote } from "../../../support/sample-order.ts";
import { hashOf, leaseRecord } from "../builders.ts";
import { FakeChain, NODE } from "../fake-chain.ts";
import { FakeEngine } from "../fake-engine.ts";
import { FakeLeftovers } from "../fake-leftovers.ts";
import { FakeMachine } from "../fake-machine.ts";
import { FakeGateway } from "../fake-gateway.ts";
import { FakeImages, fakeSupply, MemoryImages } from "../fake-images.ts";
import { ManualClock } from "../manual-clock.ts";
import { MemoryJournal, MemoryStore } from "../memory-store.ts";
import { silentLog } from "../silent-log.ts";
import { type KillPoint, Mortal } from "./mortal.ts";

export const LEASE = hashOf("lease");
const LID = 1n;
const OPERATOR_KEY: Hex = `0x${"59".repeat(32)}`;
const GRACE_MS = 3_600_000;
const DEADLINE_SECONDS = 300;
/** Looks of an agent after all is done: what it would do twice, it does now. */
const LATER_LOOKS = 4;
const MAX_STEPS = 400;

/** A manifest version, as its tenant sends it, with the quote whose key opens it. */
export interface Version {
  readonly delivery: ManifestDelivery;
  readonly nonce: bigint;
  readonly privateKey: Hex;
  readonly resources: bigint;
}

/** Sealing takes long, and no run changes what was sealed. */
export async function sealVersion(order: Order, version: number): Promise<Version> {
  const pair = await generateSealingKeyPair();
  const nonce = BigInt(version);
  const quote = sampleQuote(order, pair.publicKey, { nonce });
  const delivery = await sealOrder({ order, quote, lid: LID, leaseHash: LEASE, version });
  const resources = packResources(resourcesOf(order.openPart));
  return { delivery, nonce, privateKey: pair.privateKey, resources };
}

export interface CrashWorldInit {
  /** For both versions of an update; never short when left out. */
  readonly room?: UpdateRoom | undefined;
  /** Undefined where nothing looks for what is left over. */
  readonly leftovers?: LeftoverRules;
  readonly missingGraceMs?: number;
}

/**
 * One lease on a machine in memory, and one agent process after the other. Time stands while anything is under way, and
 * moves on to the next time for which the agent waits; each move makes what is at the head confirmed.
 */
export class CrashWorld {
  readonly clock = new ManualClock();
  readonly chain = new FakeChain();
  readonly machine = new FakeMachine(() => this.clock.now());
  readonly engine = new FakeEngine(this.machine, NODE.operator);
  readonly store = new MemoryStore();
  readonly journal = new MemoryJournal(() => this.clock.now());
  readonly book = new MemoryImages();
  readonly gateway = new FakeGateway();
  readonly missingGraceMs: number;
  readonly #leftoverRules: LeftoverRules | undefined;
  /** What the gateway still holds for the node. */
  readonly #unanswered = new Set<Version>();
  #agent: Mortal | undefined;
  readonly #room: UpdateRoom | undefined;

  constructor({ room, leftovers, missingGraceMs = GRACE_MS }: CrashWorldInit = {}) {
    this.#room = room;
    this.missingGraceMs = missingGraceMs;
    this.#leftoverRules = leftovers;
    this.machine.hasAllImages = true;
    this.#tick(0);
  }

  /** The tenant's transaction, and its manifest. */
  async open(version: Version): Promise<void> {
    await this.#offer(version);
    const { manifestHash } = version.delivery;
    const deadline = this.chain.headTime + DEADLINE_SECONDS;
    const { resources } = version;
    const terms = { state: "open", manifestHash, resources, deadline, paidUntil: 0 } as const;
    this.chain.put(leaseRecord({ lid: LID, ...terms }));
  }

  async requestUpdate(version: Version): Promise<void> {
    await this.#offer(version);
    const { delivery, resources } = version;
    const { manifestHash } = delivery;
    const pending = { version: delivery.version, manifestHash, resources, expiresAt: 9_999_999_999 };
    this.chain.put({ ...this.lease(), pending });
  }

  close(): void {
    this.chain.put({ ...this.lease(), state: "closed", pending: undefined });
  }

  lease(): LeaseRecord {
    const lease = this.chain.at(LID);
    if (lease === undefined) throw new Error("the lease is gone");
    return lease;
  }

  /** Lets an agent run until what is to come has come and no more comes, or until it is killed. */
  async run(isDone: () => boolean, point?: KillPoint): Promise<Mortal> {
    const agent = new Mortal(point);
    this.#agent?.kill();
    this.#agent = agent;
    const wakeup = await this.#startAgent(agent);
    let later = 0;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      await settle(agent);
      if (agent.isDead) return agent;
      if (isDone() && (later += 1) > LATER_LOOKS) return agent;
      this.#tick(this.clock.nextMs ?? 1_000);
      wakeup.now();
    }
    throw new Error(`nothing more happens; the last crossings were ${agent.crossings.slice(-12).join(", ")}`);
  }

  stop(): void {
    this.#agent?.kill();
    this.machine.stop();
  }

  #roomPart(): { room?: RoomOf } {
    const room = this.#room;
    return room === undefined ? {} : { room: () => () => room };
  }

  async #offer(version: Version): Promise<void> {
    const keepUntil = Number.MAX_SAFE_INTEGER;
    await this.store.saveQuoteKey({ nonce: version.nonce, privateKey: version.privateKey, keepUntil });
    this.#unanswered.add(version);
  }

  #tick(ms: number): void {
    this.chain.settle();
    this.clock.move(ms);
    this.chain.headTime = Math.floor(this.clock.now() / 1_000);
  }

  async #startAgent(agent: Mortal): Promise<Wakeup> {
    const clock = agent.clock(this.clock);
    const wakeup = new Wakeup(clock);
    const manifests = new HeldManifests();
    for (const stored of this.store.find(LEASE)?.manifests ?? []) await manifests.open(stored);
    const ports = {
      ...{ chain: agent.guard("chain", this.chain), engine: agent.guard("engine", this.engine) },
      ...{ store: agent.guard("store", this.store), journal: agent.guard("journal", this.journal) },
      ...{ gateway: agent.guard("gateway", this.gateway), clock, log: silentLog },
    };
    const wakeAfter = (ms: number): void => {
      wakeup.after(ms);
    };
    const images = fakeSupply({
      ...ports,
      // It only looks.
      images: new FakeImages(this.machine),
      book: agent.guard("book", this.book),
    });
    const steps = new ContainerSteps({ ...ports, images });
    const traffic = new Traffic({ clock, onIdle: () => undefined });
    const prober = { probe: () => Promise.resolve(undefined) };
    const health = new HealthWatch({ prober, journal: ports.journal, clock, onChange: () => undefined });
    const replicas = new ReplicaWatch({ traffic, health });
    const left = this.#leftoversOf(agent);
    const worker = { ...ports, steps, manifests, replicas, wakeAfter, endSessions: () => undefined, ...left };
    const makeWorker = (leaseHash: Hex) => new LeaseWorker(worker, leaseHash);
    new Reconciler(
      { ...ports, wakeup, makeWorker, onLeasesChanged: () => undefined, ...left, ...this.#roomPart() },
      { nodeId: NODE.nodeId, missingGraceMs: this.missingGraceMs },
    ).start();
    const signer = new OperatorSigner(OPERATOR_KEY, this.chain);
    const onAccepted = (): void => {
      wakeup.now();
    };
    const sleep: Clock["sleep"] = (ms, signal) => agent.waiting(() => clock.sleep(ms, signal));
    const deskClock: Clock = { now: () => clock.now(), sleep };
    const desk = new ManifestDesk({
      ...ports,
      ...{ signer, clock: deskClock, nodeId: NODE.nodeId, onAccepted },
    });
    for (const version of this.#unanswered) await this.#deliver(version, { agent, desk, manifests });
    return wakeup;
  }

  #leftoversOf(agent: Mortal): { readonly leftovers?: LeftoverWatch } {
    if (this.#leftoverRules === undefined) return {};
    const leftovers = agent.guard("leftovers", new FakeLeftovers(this.machine, NODE.operator));
    const { store, clock } = this;
    return { leftovers: new LeftoverWatch({ leftovers, store, clock, log: silentLog }, this.#leftoverRules) };
  }

  /** As the gateway does it, until it has a receipt. */
  async #deliver(
    version: Version,
    { agent, desk, manifests }: { agent: Mortal; desk: ManifestDesk; manifests: HeldManifests },
  ): Promise<void> {
    // Opening takes time of its own; while it goes on, no time passes.
    await manifests.open({ delivery: version.delivery, sealingKey: version.privateKey, receivedAt: 0 });
    const accepted = agent.during(() => desk.accept(version.delivery, new AbortController().signal));
    void accepted.then(
      () => this.#unanswered.delete(version),
      () => undefined,
    );
  }
}

/** Resolves when an agent is dead, or does nothing but wait for time to pass. */
async function settle(agent: Mortal): Promise<void> {
  for (let quiet = 0; quiet < 2; quiet += 1) {
    do await new Promise((resolve) => setImmediate(resolve));
    while (!agent.isWaiting);
  }
}
