import { type Hex } from "viem";
import { type Bandwidth } from "../bandwidth-ports.ts";
import { type LeaseDoors, type Meter, type RoutedDoor, type Tunnels } from "../ports.ts";
import { holdersOf, type LeaseClaim } from "./domain/host-claims.ts";
import { hostOf, isWithin, labelOf, wildcardOf } from "./domain/host-names.ts";
import { ReplicaSet } from "./replica-set.ts";
import { type ReplicaWay } from "./replica.ts";

/** What a host name leads to. */
export interface Site {
  readonly leaseHash: Hex;
  readonly nodeId: bigint;
  readonly lastState: LeaseDoors["lastState"];
  readonly http: ReplicaSet | undefined;
  readonly https: ReplicaSet | undefined;
}

/** A lease with its replica sets, by service and port. */
interface Tenancy {
  readonly lease: LeaseDoors;
  readonly sets: ReadonlyMap<string, NamedSet>;
}

export interface HostTableComponents {
  readonly tunnels: Tunnels;
  readonly meter: Meter;
}

interface NamedSet {
  /** Under the gateway's domain. */
  readonly name: string;
  readonly set: ReplicaSet;
}

type Ways = { -readonly [Scheme in "http" | "https"]?: ReplicaSet };

/** Which host name leads to where, and which lease holds which claimed name. */
interface HostView {
  readonly holders: ReadonlyMap<string, LeaseClaim>;
  readonly sites: ReadonlyMap<string, Site>;
}

/** Which host name leads to which replicas. Made anew after leases changed, so that a look-up is one of a map. */
export class HostTable {
  readonly #components: HostTableComponents;
  readonly #domain: string;
  readonly #tenancies = new Map<Hex, Tenancy>();
  /** Undefined when a lease has changed since: many change at once when a gateway starts. */
  #made: HostView | undefined;

  constructor(components: HostTableComponents, domain: string) {
    this.#components = components;
    this.#domain = domain;
  }

  nameOf(leaseHash: Hex, { service, port }: Pick<RoutedDoor, "service" | "port">): string {
    return `${labelOf(leaseHash, service, port)}.${this.#domain}`;
  }

  put(lease: LeaseDoors, bandwidth: Bandwidth): void {
    const before = this.#tenancies.get(lease.leaseHash)?.sets;
    const sets = new Map<string, NamedSet>();
    for (const [key, doors] of bySet(lease.routes)) {
      const [first] = doors;
      if (first === undefined) continue;
      const entry = before?.get(key) ?? {
        name: this.nameOf(lease.leaseHash, first),
        set: new ReplicaSet(this.#wayTo(lease, bandwidth), first),
      };
      entry.set.replace(lease.leaseHash, doors);
      sets.set(key, entry);
    }
    for (const [key, { set }] of before ?? []) if (!sets.has(key)) set.replace(lease.leaseHash, []);
    this.#tenancies.set(lease.leaseHash, { lease, sets });
    this.#made = undefined;
  }

  remove(leaseHash: Hex): void {
    for (const { set } of this.#tenancies.get(leaseHash)?.sets.values() ?? []) set.close();
    if (this.#tenancies.delete(leaseHash)) this.#made = undefined;
  }

  /** @param host A name as `hostOf` gives it. */
  find(host: string): Site | undefined {
    const { sites } = this.#view;
    return sites.get(host) ?? (this.#isOwn(host) ? undefined : sites.get(wildcardOf(host)));
  }

  /** What the caller wrote as its host, looked up without the work of `hostOf` where that is not needed. */
  findAuthority(authority: string): Site | undefined {
    return this.#view.sites.get(authority) ?? this.find(hostOf(authority));
  }

  heldElsewhere(leaseHash: Hex): string[] {
    const claims = this.#tenancies.get(leaseHash)?.lease.claims ?? [];
    const { holders } = this.#view;
    return claims.filter(({ name }) => holders.get(name)?.leaseHash !== leaseHash).map(({ name }) => name);
  }

  /** Every name that leads to a lease. */
  get sites(): ReadonlyMap<string, Site> {
    return this.#view.sites;
  }

  sweep(now: number): void {
    for (const { sets } of this.#tenancies.values()) for (const { set } of sets.values()) set.sweep(now);
  }

  close(): void {
    for (const leaseHash of [...this.#tenancies.keys()]) this.remove(leaseHash);
  }

  #wayTo({ nodeId }: LeaseDoors, bandwidth: Bandwidth): ReplicaWay {
    const { tunnels, meter } = this.#components;
    const onHold = (): void => {
      meter.throttled("http");
    };
    return { tunnels, nodeId, pace: (onGoOn) => bandwidth.throttle({ onHold, onGoOn }) };
  }

  #isOwn(host: string): boolean {
    return isWithin(host, this.#domain);
  }

  get #view(): HostView {
    return (this.#made ??= this.#make());
  }

  #make(): HostView {
    const claims = [...this.#tenancies.values()].flatMap(({ lease }) =>
      lease.claims
        .filter(({ name }) => !this.#isOwn(name))
        .map((claim) => ({ ...claim, leaseHash: lease.leaseHash })),
    );
    const holders = holdersOf(claims);
    const sites = new Map<string, Site>();
    for (const tenancy of this.#tenancies.values())
      for (const [name, ways] of waysOf(tenancy, holders)) sites.set(name, siteOf(tenancy.lease, ways));
    return { holders, sites };
  }
}

/** Each port has a name of its own; those that accept the same name of the tenant share it, one for each scheme. */
function waysOf({ lease, sets }: Tenancy, holders: HostView["holders"]): Map<string, Ways> {
  const names = new Map<string, Ways>();
  for (const door of lease.routes) {
    const { scheme, accept } = door.route;
    const entry = sets.get(setKey(door));
    if (entry === undefined) continue;
    const held = accept.filter((name) => holders.get(name)?.leaseHash === lease.leaseHash);
    for (const name of [entry.name, ...held]) {
      const ways = names.get(name) ?? {};
      ways[scheme] ??= entry.set;
      names.set(name, ways);
    }
  }
  return names;
}

function siteOf({ leaseHash, nodeId, lastState }: LeaseDoors, { http, https }: Ways): Site {
  return { leaseHash, nodeId, lastState, http, https };
}

function bySet(routes: readonly RoutedDoor[]): Map<string, RoutedDoor[]> {
  const sets = new Map<string, RoutedDoor[]>();
  for (const door of routes) {
    const set = sets.get(setKey(door));
    if (set === undefined) sets.set(setKey(door), [door]);
    else set.push(door);
  }
  return sets;
}

function setKey({ service, port }: RoutedDoor): string {
  return `${service}/${port}`;
}
