import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Endpoint, type Route } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import {
  type DoorLimit,
  type DoorRouter,
  type LeaseDoors,
  type Logger,
  type Meter,
  type Places,
  type RoutedDoor,
  type Tunnels,
} from "../ports.ts";
import { isWithin } from "./domain/host-names.ts";
import { Exchanges } from "./exchanges.ts";
import { FrontCounts } from "./front-counts.ts";
import { HostTable } from "./host-table.ts";
import { HttpListener } from "./http-listener.ts";
import { type FrontLimits, Http1Front } from "./http1-front.ts";
import { Reception } from "./reception.ts";
import { Upgrades } from "./upgrades.ts";
import { Visitor } from "./visitor.ts";

/** Interval at which requests that wait for too long are looked for. */
const SWEEP_MS = 200;
/** Of these, one that looks after replicas and idle connections. */
const SWEEPS_PER_CARE = 5;
/** Connections that have asked for nothing yet are counted like those of one lease. */
const NO_LEASE: Hex = `0x${"00".repeat(32)}`;
const STANDARD_PORTS = { http: 80, https: 443 } as const;

export interface HostRouterComponents {
  readonly tunnels: Tunnels;
  readonly places: Places;
  readonly meter: Meter;
  readonly logger: Logger;
}

export interface HostRouterInit {
  /** Address the listeners are opened on. */
  readonly host: string;
  /** Domain whose wildcard leads here. */
  readonly domain: string;
  /** 0 for any; undefined when it is not served. */
  readonly httpPort: number | undefined;
  /** Further names that are the gateway's own. */
  readonly ownNames: readonly string[];
  readonly limits?: FrontLimits;
}

/** The doors that lead by host name: what DoorKeeper gives it is served on the public's HTTP ports. */
export class HostRouter implements DoorRouter {
  readonly counts = new FrontCounts();
  readonly #components: HostRouterComponents;
  readonly #init: HostRouterInit;
  readonly #table: HostTable;
  readonly #exchanges = new Exchanges(this.counts);
  readonly #visitors = new WeakMap<Socket, Visitor>();
  readonly #ports: { http?: number; https?: number } = {};
  readonly #front: Http1Front;
  readonly #running: { stop(): Promise<void> }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sweeps = 0;

  constructor(components: HostRouterComponents, init: HostRouterInit) {
    this.#components = components;
    this.#init = init;
    this.#table = new HostTable(components.tunnels, init.domain);
    this.#front = new Http1Front({
      reception: new Reception(this.#table, { httpsPort: () => this.#ports.https }),
      exchanges: this.#exchanges,
      upgrades: new Upgrades(this.counts),
      counts: this.counts,
      visitorOf: (socket) => this.#visitors.get(socket),
      challengeAnswer: () => undefined,
    });
  }

  /** @throws ProtocolError CONFIG_INVALID when a port is taken. */
  async start(): Promise<void> {
    const { host, httpPort, limits = {} } = this.#init;
    if (httpPort !== undefined) {
      const listener = new HttpListener({
        host,
        port: httpPort,
        front: this.#front,
        limits,
        admit: (socket) => this.#admit(socket, { secure: false }),
      });
      this.#ports.http = await listener.start();
      this.#running.push(listener);
    }
    this.#timer = setInterval(() => {
      this.#sweep();
    }, SWEEP_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running.splice(0).map((part) => part.stop()));
    this.#table.close();
  }

  /** Where a scheme is served; undefined when it is not. */
  portOf(scheme: Route["scheme"]): number | undefined {
    return this.#ports[scheme];
  }

  serves(scheme: Route["scheme"]): boolean {
    return this.#ports[scheme] !== undefined;
  }

  isReserved(name: string): boolean {
    const { domain, ownNames } = this.#init;
    return [domain, ...ownNames].some((own) => own !== "" && isWithin(name, own));
  }

  endpointOf(leaseHash: Hex, door: RoutedDoor): Endpoint {
    const { service, replica, port, protocol, route } = door;
    const publicPort = this.#ports[route.scheme];
    if (publicPort === undefined)
      throw new ProtocolError("INTERNAL", `The gateway does not serve ${route.scheme}.`);
    const host = this.#table.nameOf(leaseHash, door);
    const suffix = publicPort === STANDARD_PORTS[route.scheme] ? "" : `:${publicPort}`;
    return { service, replica, port, protocol, host, publicPort, url: `${route.scheme}://${host}${suffix}` };
  }

  put(lease: LeaseDoors): void {
    this.#table.put(lease);
  }

  remove(leaseHash: Hex): void {
    this.#table.remove(leaseHash);
  }

  heldElsewhere(leaseHash: Hex): string[] {
    return this.#table.heldElsewhere(leaseHash);
  }

  #admit(socket: Socket, { secure, serverName }: { secure: boolean; serverName?: string }): boolean {
    const { places, meter } = this.#components;
    const address = socket.remoteAddress ?? "";
    const place = places.take(NO_LEASE, address);
    if (!place.taken) {
      meter.refused(place.limit);
      return false;
    }
    const port = this.#ports[secure ? "https" : "http"] ?? 0;
    const onRefused = (limit: DoorLimit): void => {
      meter.refused(limit);
    };
    const visitor = new Visitor({
      address,
      secure,
      port,
      serverName,
      places,
      leaveDoor: place.leave,
      onRefused,
    });
    this.#visitors.set(socket, visitor);
    meter.opened("http");
    socket.once("close", () => {
      visitor.leave();
      meter.carried("http", { toContainer: socket.bytesRead, toPublic: socket.bytesWritten });
    });
    return true;
  }

  #sweep(): void {
    const now = performance.now();
    this.#exchanges.sweep(now);
    this.#sweeps += 1;
    if (this.#sweeps % SWEEPS_PER_CARE === 0) this.#table.sweep(now);
  }
}
