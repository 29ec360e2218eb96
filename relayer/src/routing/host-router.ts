import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Endpoint, type Route } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type Bandwidth } from "../bandwidth-ports.ts";
import {
  type Callers,
  type DoorRouter,
  type LeaseDoors,
  type Logger,
  type Meter,
  type Places,
  type RoutedDoor,
  type Tunnels,
} from "../ports.ts";
import { CertificateBook } from "./certificates/certificate-book.ts";
import { CertificateKeeper } from "./certificates/certificate-keeper.ts";
import { Challenges } from "./challenges.ts";
import { isWithin } from "./domain/host-names.ts";
import { Exchanges } from "./exchanges.ts";
import { FrontCounts } from "./front-counts.ts";
import { HostTable } from "./host-table.ts";
import { HttpListener } from "./http-listener.ts";
import { type FrontLimits, Http1Front } from "./http1-front.ts";
import { HttpsListener } from "./https-listener.ts";
import { Http2Front } from "./http2-front.ts";
import { QuickFront } from "./quick-front.ts";
import { Reception } from "./reception.ts";
import { RoutedNames } from "./routed-names.ts";
import { Upgrades } from "./upgrades.ts";
import { Visitors } from "./visitors.ts";

/** Interval at which requests that wait for too long are looked for. */
const SWEEP_MS = 200;
/** Of these, one that looks after replicas and idle connections. */
const SWEEPS_PER_CARE = 5;
const STANDARD_PORTS = { http: 80, https: 443 } as const;

export interface HostRouterComponents {
  readonly tunnels: Tunnels;
  readonly places: Places;
  readonly callers: Callers;
  readonly meter: Meter;
  readonly logger: Logger;
}

export interface HttpsInit {
  /** 0 for any. */
  readonly port: number;
  /** Folder of the certificates that the gateway makes. */
  readonly folder: string;
  /** Folder of the operator's certificates. */
  readonly given: string | undefined;
  /** Interval at which that is looked at. */
  readonly lookEveryMs?: number;
}

export interface HostRouterInit {
  /** Address the listeners are opened on. */
  readonly host: string;
  /** Domain whose wildcard leads here. */
  readonly domain: string;
  /** 0 for any; undefined when it is not served. */
  readonly httpPort: number | undefined;
  readonly https?: HttpsInit | undefined;
  /** Further names that are the gateway's own. */
  readonly ownNames: readonly string[];
  readonly limits?: FrontLimits;
}

interface RouterPart {
  refuseNew?(): void;
  /** Ends connections that wait for their next request. */
  endIdle?(): void;
  stop(): void | Promise<void>;
}

/** The doors that lead by host name: what DoorKeeper gives it is served on the public's HTTP ports. */
export class HostRouter implements DoorRouter {
  readonly counts = new FrontCounts();
  /** Answered on the port of plain HTTP. */
  readonly challenges = new Challenges();
  readonly names: RoutedNames;
  readonly #book = new CertificateBook();
  readonly #init: HostRouterInit;
  readonly #table: HostTable;
  readonly #exchanges = new Exchanges(this.counts);
  readonly #visitors: Visitors;
  readonly #ports: { http?: number; https?: number } = {};
  readonly #reception: Reception;
  readonly #front: Http1Front;
  readonly #quick: QuickFront;
  readonly #keeper: CertificateKeeper | undefined;
  readonly #running: RouterPart[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sweeps = 0;
  #refusesNew = false;

  constructor(components: HostRouterComponents, init: HostRouterInit) {
    this.#init = init;
    this.#visitors = new Visitors(components);
    const { domain, https } = init;
    this.#keeper =
      https === undefined
        ? undefined
        : new CertificateKeeper({ ...components, book: this.#book }, { ...https, domain });
    this.#table = new HostTable(components, domain);
    this.names = new RoutedNames(this.#table, this.#book);
    const httpsPort = (): number | undefined => this.#ports.https;
    this.#reception = new Reception(this.#table, { httpsPort, challenges: this.challenges });
    const shared = {
      reception: this.#reception,
      exchanges: this.#exchanges,
      counts: this.counts,
      visitorOf: (socket: Socket) => this.#visitors.of(socket),
    };
    this.#front = new Http1Front({ ...shared, upgrades: new Upgrades(this.counts) }, init.limits);
    this.#quick = new QuickFront({ ...shared, front: this.#front }, init.limits);
  }

  /** @throws ProtocolError CONFIG_INVALID when a port is taken. */
  async start(): Promise<void> {
    // Before the listeners, which wait for its connections to end.
    this.#running.push(this.#quick);
    await this.#startHttp();
    await this.#startHttps();
    this.#timer = setInterval(() => {
      this.#sweep();
    }, SWEEP_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#visitors.endArriving();
    for (const part of this.#running.splice(0)) await part.stop();
    this.#table.close();
  }

  refuseNew(): void {
    this.#refusesNew = true;
    for (const part of this.#running) part.refuseNew?.();
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

  put(lease: LeaseDoors, bandwidth: Bandwidth): void {
    this.#table.put(lease, bandwidth);
  }

  remove(leaseHash: Hex): void {
    this.#table.remove(leaseHash);
  }

  heldElsewhere(leaseHash: Hex): string[] {
    return this.#table.heldElsewhere(leaseHash);
  }

  /** @throws ProtocolError CONFIG_INVALID when a given certificate of this folder is broken; nothing changes then. */
  checkCertificates(folder: string | undefined): void {
    this.#keeper?.check(folder);
  }

  /** Shows the given certificates that were checked last. */
  takeCertificates(): void {
    this.#keeper?.take();
  }

  async #startHttp(): Promise<void> {
    const { host, httpPort: port, limits = {} } = this.#init;
    if (port === undefined) return;
    const listener = new HttpListener({ ...this.#fronts, host, port, limits, visitors: this.#visitors });
    this.#ports.http = await listener.start();
    this.#running.push(listener);
  }

  async #startHttps(): Promise<void> {
    const { host, https, limits = {} } = this.#init;
    const keeper = this.#keeper;
    if (https === undefined || keeper === undefined) return;
    this.#running.push(keeper);
    const fallback = await keeper.start((pair) => {
      listener.replaceFallback(pair);
    });
    const http2 = new Http2Front(
      {
        reception: this.#reception,
        exchanges: this.#exchanges,
        visitors: this.#visitors,
        counts: this.counts,
      },
      limits.keepAliveMs === undefined ? {} : { idleMs: limits.keepAliveMs },
    );
    const listener = new HttpsListener({
      host,
      port: https.port,
      ...this.#fronts,
      visitors: this.#visitors,
      counts: this.counts,
      book: this.#book,
      fallback,
      limits,
      serveHttp2: http2.accept,
    });
    this.#running.push(http2);
    this.#ports.https = await listener.start();
    this.#running.push(listener);
  }

  get #fronts(): { readonly front: Http1Front; readonly quick: QuickFront } {
    return { front: this.#front, quick: this.#quick };
  }

  #sweep(): void {
    const now = performance.now();
    this.#exchanges.sweep(now);
    this.#sweeps += 1;
    if (this.#sweeps % SWEEPS_PER_CARE === 0) {
      this.#table.sweep(now);
      this.#quick.sweep(now);
    }
    if (!this.#refusesNew) return;
    this.#visitors.endArriving();
    for (const part of this.#running) part.endIdle?.();
  }
}
