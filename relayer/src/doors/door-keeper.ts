import { ProtocolError } from "@fizz/protocol/errors";
import { type DoorRequest, type DoorsRequest, type Endpoint } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { allocateDoors, doorKey, type PortRange } from "../domain/door-allocation.ts";
import { checkDoors, endpointOf } from "../domain/door-endpoint.ts";
import {
  type Chain,
  type Door,
  type DoorDesk,
  type DoorRouter,
  type DoorsAnswer,
  type HostClaim,
  type LeaseDoors,
  type LeaseFacts,
  type LeaseFollower,
  type LeaseNews,
  type Logger,
  type Meter,
  type RoutedDoor,
  type Store,
  type Tunnels,
} from "../ports.ts";
import { type SharedDoors } from "../sharing-ports.ts";
import { type DoorGuard, type DoorLimits } from "./door-guard.ts";
import { LeaseEntrance } from "./lease-entrance.ts";
import { type ProxiedCallers } from "./proxied-callers.ts";

/** Ports found taken by other programs while one request is served. */
const MAX_BLOCKED_PORTS = 32;
/** Times that other processes are faster while one request is served. */
const MAX_CONFLICTS = 8;

export interface DoorKeeperComponents {
  readonly chain: Chain;
  readonly store: Store;
  /** Where other processes of this gateway open doors, too. */
  readonly shared?: SharedDoors | undefined;
  readonly leases: LeaseFollower;
  readonly tunnels: Tunnels;
  /** Serves the ports that are reached by host name. */
  readonly router: DoorRouter;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly guard: DoorGuard;
  readonly callers: ProxiedCallers;
}

export interface DoorKeeperInit {
  readonly pool: readonly PortRange[];
  /** Address the doors listen on. */
  readonly host: string;
  /** Name under which the internet reaches them. */
  readonly publicHost: string;
}

type DoorLease = Pick<LeaseFacts, "leaseHash" | "lid" | "nodeId" | "state">;

/** Keeps the public ports: who has which, when they open, and that they close only when the chain says so. */
export class DoorKeeper implements DoorDesk {
  readonly #components: DoorKeeperComponents;
  readonly #init: DoorKeeperInit;
  readonly #entrances = new Map<Hex, LeaseEntrance>();
  readonly #revisions = new Map<Hex, number>();
  #refusesNew = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(components: DoorKeeperComponents, init: DoorKeeperInit) {
    this.#components = components;
    this.#init = init;
  }

  /** Opens every door that was open before, whether the chain answers or not. */
  async start(): Promise<void> {
    const { store, shared } = this.#components;
    if (shared !== undefined) await this.#takeChanges(shared);
    else
      for (const lease of await store.allDoors()) {
        const entrance = this.#enter(lease);
        this.#components.router.put(lease, entrance.bandwidth);
        await entrance.reopen();
        this.#follow(lease);
      }
  }

  async stop(): Promise<void> {
    const entrances = [...this.#entrances.values()];
    this.#entrances.clear();
    for (const { lease } of entrances) this.#components.router.remove(lease.leaseHash);
    await Promise.all(entrances.map((entrance) => entrance.stop()));
  }

  /** Those who are inside stay, even above a lower limit. */
  setLimits(limits: DoorLimits): void {
    this.#components.guard.setLimits(limits);
    for (const entrance of this.#entrances.values()) entrance.takeLimits();
  }

  /** What goes through the doors goes on; nobody new comes in, and no doors are opened for another lease. */
  refuseNew(): void {
    this.#refusesNew = true;
    this.#components.router.refuseNew();
    for (const entrance of this.#entrances.values()) entrance.refuseNew();
  }

  /** Nodes that serve a lease here. */
  leasedNodes(): ReadonlySet<bigint> {
    return new Set([...this.#entrances.values()].map(({ lease }) => lease.nodeId));
  }

  /** Public ports that nobody has. */
  freeDoors(): number {
    const size = this.#init.pool.reduce((sum, range) => sum + range.last - range.first + 1, 0);
    return Math.max(0, size - this.counts().doors);
  }

  counts(): { readonly leases: number; readonly doors: number; readonly connections: number } {
    const leases = [...this.#entrances.values()].map(({ lease }) => lease);
    const doors = leases.reduce((sum, lease) => sum + lease.doors.length, 0);
    return { leases: leases.length, doors, connections: this.#components.guard.count };
  }

  async openDoors(nodeId: bigint, request: DoorsRequest): Promise<DoorsAnswer> {
    checkDoors(request);
    if (this.#refusesNew && !this.#entrances.has(request.leaseHash))
      throw new ProtocolError("GATEWAY_DRAINING", "This gateway is about to end and opens no new doors.");
    const lease = await this.#requireLease(nodeId, request);
    const { doors, routes } = await this.#serially(() => this.#allot(lease, request));
    const host = this.#init.publicHost;
    const { router } = this.#components;
    const endpoints = new Map<string, Endpoint>();
    for (const door of doors) endpoints.set(doorKey(door), endpointOf(door, host));
    for (const door of routes) endpoints.set(doorKey(door), router.endpointOf(lease.leaseHash, door));
    const heldElsewhere = router.heldElsewhere(lease.leaseHash);
    return {
      host,
      endpoints: request.doors.flatMap((door) => endpoints.get(doorKey(door)) ?? []),
      ...(heldElsewhere.length === 0 ? {} : { heldElsewhere }),
    };
  }

  /** While the chain is silent, a node gets the doors that it has already. */
  async #requireLease(nodeId: bigint, request: DoorsRequest): Promise<DoorLease> {
    try {
      return await this.#readLease(nodeId, request);
    } catch (error) {
      const known = this.#entrances.get(request.leaseHash)?.lease;
      const isSilent = error instanceof ProtocolError && error.code === "CHAIN_UNREACHABLE";
      if (!isSilent || known?.nodeId !== nodeId) throw error;
      return { ...known, state: known.lastState };
    }
  }

  async #readLease(nodeId: bigint, request: DoorsRequest): Promise<DoorLease> {
    const { chain } = this.#components;
    const [{ subnetId }, lease] = await Promise.all([chain.identity(), chain.findLease(request.lid, "head")]);
    if (lease?.subnetId !== subnetId || lease.leaseHash !== request.leaseHash)
      throw new ProtocolError(
        "LEASE_NOT_FOUND",
        `The chain has no lease ${request.lid} with this hash here.`,
        {
          retryable: true,
        },
      );
    if (lease.nodeId !== nodeId)
      throw new ProtocolError("LEASE_NOT_YOURS", `Lease ${request.lid} is served by node ${lease.nodeId}.`);
    if (lease.state === "closed")
      throw new ProtocolError("LEASE_WRONG_STATE", `Lease ${request.lid} is closed.`);
    return lease;
  }

  async #allot(facts: DoorLease, request: DoorsRequest): Promise<LeaseDoors> {
    const { leaseHash, lid, nodeId, state: lastState } = facts;
    const known = this.#entrances.get(leaseHash)?.lease;
    const { wanted, routes } = this.#sort(request.doors);
    const facade = { leaseHash, lid, nodeId, lastState, routes };
    const entrance = this.#entrances.get(leaseHash) ?? this.#enter({ ...facade, claims: [], doors: [] });
    const blocked = new Set<number>();
    try {
      for (let conflicts = 0; ;) {
        const claims = this.#claimsOf(leaseHash, routes);
        const lease: LeaseDoors = { ...facade, claims, doors: this.#choose(entrance.lease, wanted, blocked) };
        // A number belongs to a lease before its port opens: another process may have given it away.
        if (!(await this.#trySave(lease, conflicts))) conflicts += 1;
        else if (await this.#tryReplace(entrance, lease, blocked)) {
          this.#components.router.put(lease, entrance.bandwidth);
          // A reorganisation may have given the lease another number.
          if (known?.lid !== lid) this.#follow(lease);
          const fields = { event: "doors.opened", lid, nodeId, count: request.doors.length };
          this.#components.logger.info(fields, "Doors are open.");
          return lease;
        }
      }
    } catch (error) {
      await this.#undo(leaseHash, known);
      throw error;
    }
  }

  /** @returns False when another process of this gateway has a number of it, which is known from now on. */
  async #trySave(lease: LeaseDoors, conflicts: number): Promise<boolean> {
    try {
      await this.#components.store.saveDoors(lease);
      return true;
    } catch (error) {
      const isTaken = error instanceof ProtocolError && error.details["taken"] === true;
      if (!isTaken || this.#components.shared === undefined || conflicts >= MAX_CONFLICTS) throw error;
      await this.#takeChanges(this.#components.shared);
      return false;
    }
  }

  async #undo(leaseHash: Hex, known: LeaseDoors | undefined): Promise<void> {
    const { store, logger } = this.#components;
    if (known === undefined) await this.#leave(leaseHash);
    const undone = known === undefined ? store.removeDoors(leaseHash) : store.saveDoors(known);
    await undone.catch((error: unknown) => {
      const fields = { event: "doors.store.failed", leaseHash, error };
      logger.warn(fields, "Numbers of doors that did not open stay with their lease.");
    });
  }

  /** Takes what other processes of this gateway have opened. */
  async sync(): Promise<void> {
    const { shared } = this.#components;
    if (shared !== undefined) await this.#serially(() => this.#takeChanges(shared));
  }

  /** Nothing is closed for being gone from the store: the chain says that to each process. */
  async #takeChanges(shared: SharedDoors): Promise<void> {
    const revisions = await shared.doorRevisions();
    const changed = [...revisions.keys()].filter((hash) => revisions.get(hash) !== this.#revisions.get(hash));
    const leases = changed.length === 0 ? [] : await shared.doorsOf(changed);
    for (const lease of leases) {
      const known = this.#entrances.get(lease.leaseHash);
      const entrance = known ?? this.#enter(lease);
      const followed = known?.lease.lid;
      await entrance.take({ ...lease, lastState: known?.lease.lastState ?? lease.lastState });
      if (this.#refusesNew) entrance.refuseNew();
      this.#components.router.put(entrance.lease, entrance.bandwidth);
      if (followed !== lease.lid) this.#follow(entrance.lease);
      this.#revisions.set(lease.leaseHash, revisions.get(lease.leaseHash) ?? 0);
    }
  }

  /** Which of the doors get a number, and which are reached by host name. */
  #sort(doors: readonly DoorRequest[]): { wanted: DoorRequest[]; routes: RoutedDoor[] } {
    const { router } = this.#components;
    const wanted: DoorRequest[] = [];
    const routes: RoutedDoor[] = [];
    for (const { route, ...door } of doors)
      if (route !== undefined && router.serves(route.scheme)) routes.push({ ...door, route });
      else wanted.push(door);
    return { wanted, routes };
  }

  /** A claim keeps its place in the line; a new one is behind all others. */
  #claimsOf(leaseHash: Hex, routes: readonly RoutedDoor[]): HostClaim[] {
    const known = this.#entrances.get(leaseHash)?.lease.claims ?? [];
    const all = [...this.#entrances.values()].flatMap(({ lease }) => lease.claims);
    let last = all.reduce((highest, { since }) => Math.max(highest, since), 0);
    return [...new Set(routes.flatMap(({ route }) => route.accept))].map((name) => {
      if (this.#components.router.isReserved(name))
        throw new ProtocolError("HOST_RESERVED", `${name} is a name of the gateway; leave it out of accept.`);
      const claim = known.find((entry) => entry.name === name);
      if (claim !== undefined) return claim;
      last += 1;
      return { name, since: last };
    });
  }

  #choose(lease: LeaseDoors, wanted: readonly DoorRequest[], blocked: ReadonlySet<number>): readonly Door[] {
    const others = [...this.#entrances.values()].filter(
      (entrance) => entrance.lease.leaseHash !== lease.leaseHash,
    );
    const taken = new Set(others.flatMap((entrance) => entrance.lease.doors.map((door) => door.publicPort)));
    const allocation = allocateDoors({
      pool: this.#init.pool,
      isFree: (port) => !taken.has(port) && !blocked.has(port),
      existing: lease.doors,
      wanted,
      seed: Number.parseInt(lease.leaseHash.slice(2, 10), 16),
    });
    if (allocation.type === "allocated") return allocation.doors;
    const message = `This gateway has no ${allocation.length} free public ports in a row.`;
    throw new ProtocolError("PORTS_EXHAUSTED", message);
  }

  /** @returns False when a port turned out to be taken by another program: it is added to `blocked`. */
  async #tryReplace(entrance: LeaseEntrance, lease: LeaseDoors, blocked: Set<number>): Promise<boolean> {
    try {
      await entrance.replace(lease);
      return true;
    } catch (error) {
      const port = error instanceof ProtocolError ? error.details["port"] : undefined;
      if (typeof port !== "number" || blocked.size >= MAX_BLOCKED_PORTS) throw error;
      blocked.add(port);
      return false;
    }
  }

  #enter(lease: LeaseDoors): LeaseEntrance {
    const { tunnels, meter, logger, guard, callers } = this.#components;
    const entrance = new LeaseEntrance(
      { tunnels, meter, logger, guard, callers },
      { host: this.#init.host, lease },
    );
    this.#entrances.set(lease.leaseHash, entrance);
    return entrance;
  }

  async #leave(leaseHash: Hex): Promise<void> {
    const entrance = this.#entrances.get(leaseHash);
    this.#entrances.delete(leaseHash);
    this.#revisions.delete(leaseHash);
    this.#components.router.remove(leaseHash);
    await entrance?.stop();
  }

  #follow(lease: LeaseDoors): void {
    this.#components.leases.watch(lease, (news) => {
      void this.#serially(() => this.#onNews(lease, news)).catch((error: unknown) => {
        this.#components.logger.error(
          { event: "doors.store.failed", lid: lease.lid, error },
          "Doors are not saved.",
        );
      });
    });
  }

  async #onNews({ leaseHash, lid }: LeaseDoors, { standing, state }: LeaseNews): Promise<void> {
    const { leases, store, logger } = this.#components;
    const entrance = this.#entrances.get(leaseHash);
    if (entrance === undefined) return;
    if (standing === "over") {
      leases.unwatch(leaseHash);
      await this.#leave(leaseHash);
      await store.removeDoors(leaseHash);
      logger.info({ event: "doors.closed", lid }, "The lease is over: its doors are closed.");
      return;
    }
    entrance.setState(state);
    this.#components.router.put(entrance.lease, entrance.bandwidth);
    await store.saveState(leaseHash, state);
  }

  /** One change at a time: two leases never get the same number. */
  async #serially<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return await result;
  }
}
