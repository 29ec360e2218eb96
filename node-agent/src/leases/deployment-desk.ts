import { ProtocolError } from "@fizz/protocol/errors";
import { type OpenPart } from "@fizz/protocol/manifest";
import {
  type DeploymentStatus,
  type Endpoint,
  type EventsQuery,
  type LeaseEvent,
  type LogLine,
  type LogsQuery,
  MAX_FEED_BATCH,
  readLogCursor,
  type ServiceStatus,
  type Transport,
  type TunnelOpen,
  writeLogCursor,
} from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { containerPortOf, privatePortOf, shownEndpoints } from "../domain/doors.ts";
import { type HealthState } from "../domain/health.ts";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { isWantedOrigin, isWantedText } from "../domain/log-filter.ts";
import { type ObservedContainer, wayInto } from "../domain/observed.ts";
import { serviceStatusOf } from "../domain/service-status.ts";
import { startupCodes } from "../domain/startup-steps.ts";
import { type StoredLease } from "../domain/stored-lease.ts";
import {
  type Chain,
  type Clock,
  type ContainerWay,
  type DeploymentViews,
  type Engine,
  type Journal,
  type LeaseStore,
  type PrivateTargets,
  type TunnelTargets,
} from "../ports.ts";
import { type Reach } from "../reach-ports.ts";
import { type HeldManifests, type OpenManifest } from "./held-manifests.ts";
import { type HealthWatch } from "./health-watch.ts";
import { type ListenWatch } from "./listen-watch.ts";
import { logFeed } from "./log-feed.ts";
import { type Place } from "./stats-desk.ts";
import { type Traffic } from "./traffic.ts";

export interface DeploymentDeskComponents {
  readonly chain: Chain;
  readonly engine: Engine;
  readonly store: LeaseStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly manifests: HeldManifests;
  readonly traffic: Traffic;
  readonly health: Pick<HealthWatch, "stateOf">;
  /** Of nobody it is known whether he listens when left out. */
  readonly listens?: Pick<ListenWatch, "listens">;
  /** How containers are reached from here; undefined: by their addresses. */
  readonly reach?: Reach | undefined;
  /** All containers of this node, as last observed. */
  readonly containers: () => readonly ObservedContainer[];
}

interface Deployment {
  readonly lease: LeaseRecord;
  readonly stored: StoredLease;
  readonly manifest: OpenManifest;
}

/** What tenants and their gateway may see of a deployment, and the ways into it. */
export class DeploymentDesk implements DeploymentViews, PrivateTargets, TunnelTargets {
  readonly #components: DeploymentDeskComponents;

  constructor(components: DeploymentDeskComponents) {
    this.#components = components;
  }

  async status(leaseHash: Hex): Promise<DeploymentStatus> {
    const { lease, stored, manifest } = await this.#require(leaseHash);
    const { chain } = this.#components;
    const services = this.#services(stored, manifest.openPart);
    return {
      lid: lease.lid,
      leaseHash,
      state: lease.state,
      nodeId: lease.nodeId,
      operator: chain.operator,
      manifestHash: lease.manifestHash,
      version: lease.version,
      replicas: { ready: services.filter(({ ready }) => ready).length, total: services.length },
      services,
      endpoints: shownEndpoints(stored.doors?.endpoints ?? []),
      openPart: { ...manifest.openPart },
      openSalt: manifest.stored.delivery.openSalt,
      sealedPartHash: manifest.sealedPartHash,
    };
  }

  /** Every replica of the newest manifest. @throws ProtocolError LEASE_NOT_FOUND, LEASE_WRONG_STATE */
  async placesOf(leaseHash: Hex): Promise<Place[]> {
    const { manifest } = await this.#requireManifest(leaseHash);
    return manifest.openPart.services.flatMap(({ name: service, count, resources }) => {
      const limits = { milliCpu: resources.milliCpu, memoryBytes: Number(resources.memoryBytes) };
      return Array.from({ length: count }, (_, replica) => ({ service, replica, limits }));
    });
  }

  async *logs(leaseHash: Hex, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogLine[], void, void> {
    if (query.startup) {
      yield* this.#startup(leaseHash, query, signal);
      return;
    }
    await this.#requireOrigin(leaseHash, query);
    const { engine, clock } = this.#components;
    const containers = (): readonly ObservedContainer[] => this.#containersOf(leaseHash);
    yield* logFeed({ engine, clock, containers }, query, signal);
  }

  async *events(
    leaseHash: Hex,
    { follow, cursor }: EventsQuery,
    signal: AbortSignal,
  ): AsyncGenerator<LeaseEvent[], void, void> {
    const { journal } = this.#components;
    let after = cursor;
    for (;;) {
      const events = journal.read(leaseHash, after);
      for (let at = 0; at < events.length; at += MAX_FEED_BATCH) {
        const batch = events.slice(at, at + MAX_FEED_BATCH);
        after = batch.at(-1)?.cursor ?? after;
        yield batch;
      }
      if (!follow || signal.aborted || this.#isLast(leaseHash, after, events)) return;
      await journal.wait(leaseHash, after, signal);
    }
  }

  /** Nothing comes after the lease; its last events may have come while a slow reader took those before. */
  #isLast(leaseHash: Hex, after: number, events: readonly LeaseEvent[]): boolean {
    const { store, journal } = this.#components;
    const isOver = store.find(leaseHash)?.removedAt !== null && journal.read(leaseHash, after).length === 0;
    return isOver || events.at(-1)?.code === "lease.closed";
  }

  async locate(target: TunnelOpen, protocol: Transport): Promise<ContainerWay> {
    const port = await this.#portOf(target.leaseHash, (openPart, endpoints) =>
      containerPortOf(openPart, { ...target, protocol }, endpoints),
    );
    if (port === undefined)
      throw new ProtocolError("SERVICE_UNKNOWN", "The manifest opens no such port to the public.");
    return this.#wayTo(target, { port, protocol, needsHealth: true });
  }

  async locatePrivate(target: TunnelOpen): Promise<ContainerWay> {
    const port = await this.#portOf(target.leaseHash, (openPart, endpoints) =>
      privatePortOf(openPart, target, endpoints),
    );
    if (port === undefined)
      throw new ProtocolError("SERVICE_UNKNOWN", "The manifest exposes no such TCP port of that service.");
    return this.#wayTo(target, { port, protocol: "tcp", needsHealth: false });
  }

  /** Counted from the moment in which it is chosen: a container that nobody comes to may be ended. */
  #wayTo(
    target: TunnelOpen,
    wanted: { readonly port: number; readonly protocol: Transport; readonly needsHealth: boolean },
  ): ContainerWay {
    const { traffic, health, reach } = this.#components;
    const container = traffic.choose(target.leaseHash, this.#containersOf(target.leaseHash), target);
    const way = wayInto(container, wanted.port, wanted.protocol);
    if (container === undefined || way === undefined)
      throw new ProtocolError("SERVICE_UNREACHABLE", "The container does not run at the moment.");
    // A gateway with other replicas asks those.
    if (wanted.needsHealth && (health.stateOf(container.id) ?? "healthy") !== "healthy")
      throw new ProtocolError("SERVICE_UNREACHABLE", "The container is not healthy at the moment.");
    const through = reach === undefined ? {} : { reach };
    return { ...way, ...through, leave: traffic.enter(container.id) };
  }

  async #portOf(
    leaseHash: Hex,
    find: (openPart: OpenPart, endpoints: readonly Endpoint[]) => number | undefined,
  ): Promise<number | undefined> {
    const { store, manifests } = this.#components;
    const stored = store.find(leaseHash);
    if (stored === undefined) throw notHere();
    for (const manifest of stored.manifests) {
      const { openPart } = await manifests.open(manifest);
      const port = find(openPart, stored.doors?.endpoints ?? []);
      if (port !== undefined) return port;
    }
    return undefined;
  }

  async *#startup(
    leaseHash: Hex,
    query: LogsQuery,
    signal: AbortSignal,
  ): AsyncGenerator<LogLine[], void, void> {
    const isWanted = (event: LeaseEvent): boolean =>
      startupCodes.has(event.code) &&
      event.at >= (query.since ?? 0) &&
      isWantedOrigin(event, query) &&
      isWantedText(event.message, query);
    const after = startupPlace(query.after);
    const present = this.#components.journal.read(leaseHash, after ?? 0);
    const lines = present.filter(isWanted).map(startupLine);
    const shown = after === undefined ? lastLines(lines, query.tail) : lines;
    for (let at = 0; at < shown.length; at += MAX_FEED_BATCH) yield shown.slice(at, at + MAX_FEED_BATCH);
    if (!query.follow) return;
    const cursor = present.at(-1)?.cursor ?? after ?? 0;
    for await (const events of this.events(leaseHash, { follow: true, cursor }, signal)) {
      const more = events.filter(isWanted).map(startupLine);
      if (more.length > 0) yield more;
    }
  }

  #services(stored: StoredLease, openPart: OpenPart): ServiceStatus[] {
    const { clock, journal, health, listens } = this.#components;
    const known = {
      containers: this.#containersOf(stored.leaseHash),
      events: journal.read(stored.leaseHash, 0),
      restarts: stored.restarts,
      healthOf: (id: string): HealthState | undefined => health.stateOf(id),
      listens: (id: string): boolean => listens?.listens(id) === true,
      now: clock.now(),
    };
    return openPart.services.flatMap((service) =>
      Array.from({ length: service.count }, (_, replica) => {
        return serviceStatusOf({ service: service.name, replica }, known);
      }),
    );
  }

  #containersOf(leaseHash: Hex): readonly ObservedContainer[] {
    return this.#components.containers().filter((container) => container.leaseHash === leaseHash);
  }

  async #requireOrigin(leaseHash: Hex, { service, replica = 0 }: LogsQuery): Promise<void> {
    const { manifest } = await this.#requireManifest(leaseHash);
    const { services } = manifest.openPart;
    const named = services.filter(({ name }) => service === undefined || service === name);
    if (named.some(({ count }) => replica < count)) return;
    const what = named.length === 0 ? `service "${service ?? ""}"` : `replica ${replica}`;
    const names = services.map(({ name, count }) => `${name} (${count})`).join(", ");
    throw new ProtocolError("SERVICE_UNKNOWN", `The deployment has no ${what}. It has: ${names}.`);
  }

  async #require(leaseHash: Hex): Promise<Deployment> {
    const { chain, store } = this.#components;
    const known = store.find(leaseHash);
    if (known === undefined) throw notHere();
    const lease = await chain.lease(known.lid);
    if (lease?.leaseHash !== leaseHash) throw notHere();
    return { lease, ...(await this.#requireManifest(leaseHash, lease.manifestHash)) };
  }

  /** The manifest that runs; the newest one when the chain is not asked. */
  async #requireManifest(
    leaseHash: Hex,
    manifestHash?: Hex,
  ): Promise<{ stored: StoredLease; manifest: OpenManifest }> {
    const stored = this.#components.store.find(leaseHash);
    const found =
      stored?.manifests.find(({ delivery }) => delivery.manifestHash === manifestHash) ??
      stored?.manifests.at(-1);
    if (stored === undefined) throw notHere();
    if (found === undefined)
      throw new ProtocolError(
        "LEASE_WRONG_STATE",
        "The deployment is over; only its events are kept, for a day.",
      );
    return { stored, manifest: await this.#components.manifests.open(found) };
  }
}

function lastLines(lines: readonly LogLine[], tail: number | null): LogLine[] {
  return lines.slice(tail === null ? 0 : Math.max(0, lines.length - tail));
}

/** Source of the steps of a start, in cursors. */
const STARTUP = "lease/startup";

function startupLine({ cursor, at, message, service, replica }: LeaseEvent): LogLine {
  const place = writeLogCursor({ source: STARTUP, time: BigInt(cursor), index: 0, piece: 0 });
  const where = { service: service ?? "", replica: replica ?? 0 };
  return { ...where, stream: "startup", at, text: message, cursor: place };
}

/** The event that a reader has seen last. */
function startupPlace(after: readonly string[] = []): number | undefined {
  const places = after.map(readLogCursor).filter((place) => place?.source === STARTUP);
  return places.length === 0 ? undefined : Math.max(...places.map((place) => Number(place?.time ?? 0n)));
}

function notHere(): ProtocolError {
  return new ProtocolError("LEASE_NOT_FOUND", "This node does not serve that lease.");
}
