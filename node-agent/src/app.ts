import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { fizzDomain } from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { type Base, createBase, type Links, pokeOf } from "./app-base.ts";
import { type AppComponents, type AppInit } from "./app-init.ts";
import { createLeftoverWatch } from "./app-leftovers.ts";
import { createOwnerParts, type OwnerParts } from "./app-owner.ts";
import { createPeerServer, type PeerServices } from "./app-peers.ts";
import { updateRoomOf } from "./app-updates.ts";
import { BlockPoller, type BlockPollerComponents } from "./chain/block-poller.ts";
import { type ObservedContainer } from "./domain/observed.ts";
import { EngineWatch } from "./leases/engine-watch.ts";
import { ContainerSteps } from "./leases/container-steps.ts";
import { CopyDesk } from "./leases/copy-desk.ts";
import { DeploymentDesk } from "./leases/deployment-desk.ts";
import { DiskWatch } from "./leases/disk-watch.ts";
import { LeaseWorker } from "./leases/lease-worker.ts";
import { ManifestDesk } from "./leases/manifest-desk.ts";
import { ProgramDesk } from "./leases/program-desk.ts";
import { StatsDesk } from "./leases/stats-desk.ts";
import { PulseDesk } from "./leases/pulse-desk.ts";
import { QuoteDesk } from "./leases/quote-desk.ts";
import { Reconciler } from "./leases/reconciler.ts";
import { removeAll } from "./leases/remove-all.ts";
import { ReplicaWatch } from "./leases/replica-watch.ts";
import { RevocationDesk } from "./leases/revocation-desk.ts";
import { SessionGate } from "./leases/session-gate.ts";
import { Libp2pGatewayLink } from "./p2p/gateway-link.ts";
import { type Pulsing } from "./ports.ts";
import { systemClock as clock } from "./system-clock.ts";

export interface App {
  /** Aborts when its owner has stopped it by a command. */
  readonly ended: AbortSignal;
  start(): Promise<void>;
  /** Containers go on running, unless the configuration says otherwise. */
  stop(): Promise<void>;
}

/** Builds the node agent. */
export function createApp(components: AppComponents, init: AppInit): App {
  const links: Links = { gateway: () => gateway, reconciler: () => reconciler };
  const base = createBase(components, links, init);
  const { chain: clients, log } = components;
  const { engine, gpus, machines, images, stores, wakeup } = base;
  const owner = createOwner(base, links, init);
  const services = {
    ...createServices({ ...base, owner }, links, init),
    pulsing: createPulsing(base, links, init),
  };
  const gateway = createGateway(base, services, init);
  const onChange = (): void => {
    wakeup.now();
  };
  const onBlock: BlockPollerComponents["onBlock"] = (head) => {
    base.chain.noteHead(head);
    if (head === undefined) wakeup.now();
    else wakeup.block();
  };
  const poller = new BlockPoller({ client: clients.client, clock, log, onBlock });
  const watch = new EngineWatch({ engine, clock, log, onChange });
  const reconciler = createReconciler(base, { gateway, watch }, init);
  const disk = new DiskWatch({ engine, clock, log, onMeasured: onChange });
  return {
    ended: owner.ended,
    start: async () => {
      await stores.start();
      reconciler.start();
      poller.start();
      watch.start();
      disk.start();
      gpus?.start();
      machines?.start();
      images.start();
      gateway.start();
      await owner.start();
    },
    stop: async () => {
      await owner.stop();
      await gateway.stop();
      const looks = [poller.stop(), watch.stop(), disk.stop(), gpus?.stop(), images.stop()];
      await Promise.all([...looks, machines?.stop(), reconciler.stop()]);
      wakeup.stop();
      base.health.stop();
      base.listens.stop();
      if (init.removeOnExit) await removeAll(engine, log);
      await stores.stop();
    },
  };
}

function createOwner(
  { log, images, chain }: Base,
  { gateway, reconciler }: Links,
  init: AppInit,
): OwnerParts {
  return createOwnerParts(
    {
      clock,
      log: log.child({ part: "owner" }),
      leases: () => (reconciler().world() === undefined ? undefined : reconciler().leaseCount()),
      subnetId: () => gateway().subnetId(),
      onChange: pokeOf({ gateway }),
      pricing: init.pricing,
      gates: [images.gate],
      chain,
      snapshot: () => reconciler().world()?.snapshot,
    },
    init,
  );
}

/** What peers may ask for. */
function createServices(
  base: Base & { readonly owner: OwnerParts },
  { gateway, reconciler }: Links,
  init: AppInit,
): PeerServices {
  const { chain, store, journal, engine, signer, log, wakeup, live, owner } = base;
  const quoting = new QuoteDesk(
    {
      chain,
      store,
      signer,
      clock,
      subnetId: () => gateway().subnetId(),
      leases: () => reconciler().leaseCount(),
      gpus: () => base.gpus?.stock(),
      makeSealingKey: generateSealingKeyPair,
      ...owner,
    },
    init,
  );
  const intake = new ManifestDesk({
    chain,
    store,
    journal,
    signer,
    clock,
    log: log.child({ part: "manifests" }),
    nodeId: init.nodeId,
    onAccepted: () => {
      wakeup.now();
    },
  });
  const domain = fizzDomain(chain.chainId, chain.market);
  const gate = new SessionGate({ store, clock, live }, { nodeId: init.nodeId, domain });
  const revoking = new RevocationDesk({ store, signer, clock, live }, { nodeId: init.nodeId, domain });
  const containers = (): readonly ObservedContainer[] => reconciler().world()?.containers ?? [];
  const desk = new DeploymentDesk({ ...base, clock, containers });
  const direct = { rule: init.directRule, domain };
  const programs = new ProgramDesk({ engine, store, containers });
  const copies = new CopyDesk(programs);
  const placesOf = desk.placesOf.bind(desk);
  const usage = new StatsDesk({ engine, store, clock, containers, placesOf });
  const desks = { views: desk, targets: desk, privateTargets: desk };
  return { usage, copies, quoting, intake, gate, revoking, direct, programs, ...desks };
}

function createPulsing({ chain, signer, pulses }: Base, { reconciler }: Links, init: AppInit): Pulsing {
  const served = (): readonly Hex[] => reconciler().servedLeases();
  return new PulseDesk({ chain, signer, store: pulses, clock, served }, init);
}

function createGateway(
  { chain, log, wakeup }: Base,
  services: PeerServices & { readonly pulsing: Pulsing },
  init: AppInit,
): Libp2pGatewayLink {
  const serve = createPeerServer({ clock, log: log.child({ part: "p2p" }) }, services, init);
  const onChange = (): void => {
    wakeup.now();
  };
  const { quoting, pulsing } = services;
  return new Libp2pGatewayLink(
    { chain, clock, log: log.child({ part: "gateway" }), quoting, pulsing, serve, onChange },
    { ...init, privateKey: init.operatorKey },
  );
}

function createReconciler(
  base: Base,
  { gateway, watch }: { readonly gateway: Libp2pGatewayLink; readonly watch: EngineWatch },
  init: AppInit,
): Reconciler {
  const { chain, engine, store, journal, wakeup, manifests, live, traffic, health, listens } = base;
  const log = base.log.child({ part: "leases" });
  const steps = new ContainerSteps({
    ...{ engine, images: base.images.provider, store, clock },
    wasEngineAway: watch.wasAway.bind(watch),
  });
  const wakeAfter = (ms: number): void => {
    wakeup.after(ms);
  };
  const endSessions = (leaseHash: Hex): void => {
    live.endLease(leaseHash);
  };
  const replicas = new ReplicaWatch({ traffic, health, listens });
  const leftovers = createLeftoverWatch(base, init);
  const seams = { wakeAfter, endSessions, leftovers };
  const worker = { chain, gateway, store, journal, clock, log, steps, manifests, replicas, ...seams };
  const makeWorker = (leaseHash: Hex): LeaseWorker => new LeaseWorker(worker, leaseHash);
  const onLeasesChanged = (): void => {
    gateway.poke();
  };
  const room = updateRoomOf(init, () => base.gpus?.stock());
  const components = { chain, engine, store, journal, clock, log, wakeup, makeWorker, onLeasesChanged };
  return new Reconciler({ ...components, room, leftovers }, init);
}
