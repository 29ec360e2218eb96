import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Transport } from "@fizz/protocol/messages";
import { type DatagramStream } from "@fizz/protocol/streams";
import { runs } from "../domain/lease-standing.ts";
import { encodeProxyHeader, type SocketEnds } from "../domain/proxy-protocol.ts";
import { tunnelFailureOf } from "../domain/tunnel-failure.ts";
import { type Door, type LeaseDoors, type Logger, type Meter, type Tunnels } from "../ports.ts";
import { type DoorSocket } from "./door-address.ts";
import { type DoorGuard } from "./door-guard.ts";
import { LeaseBandwidth } from "./lease-bandwidth.ts";
import { type ProxiedCallers } from "./proxied-callers.ts";
import { type CarriedBy, PublicConnection, type TunnelTarget } from "./public-connection.ts";
import { TcpDoor } from "./tcp-door.ts";
import { UdpDoor } from "./udp-door.ts";
import { type OpenSession } from "./udp-session.ts";

/** Interval between tries to open a port that another program has; another process of this gateway, too. */
const REOPEN_EVERY_MS = 2_000;

export interface EntranceComponents {
  readonly tunnels: Tunnels;
  readonly logger: Logger;
  readonly guard: DoorGuard;
  readonly callers: ProxiedCallers;
  readonly meter: Meter;
}

export interface EntranceInit {
  readonly host: string;
  readonly lease: LeaseDoors;
}

/** Where a door leads, with a place among the public connections. */
interface Way extends TunnelTarget {
  readonly leave: () => void;
  readonly proxyProtocol: Door["proxyProtocol"];
}

/** The doors of one lease, with their listeners. */
export class LeaseEntrance {
  readonly #components: EntranceComponents;
  readonly #init: EntranceInit;
  readonly #listeners = new Map<number, DoorSocket>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  readonly #bandwidth: LeaseBandwidth;
  readonly #targets = new WeakMap<Door, TunnelTarget["open"]>();
  readonly #carriedBy: CarriedBy;
  #lease: LeaseDoors;
  #stopped = false;

  constructor(components: EntranceComponents, init: EntranceInit) {
    this.#components = components;
    this.#init = init;
    this.#lease = init.lease;
    const { tunnels, guard, meter } = components;
    this.#bandwidth = new LeaseBandwidth(guard.limits.bytesPerSecondPerLease);
    this.#carriedBy = {
      tunnels,
      bandwidth: this.#bandwidth,
      silence: guard.silence,
      onOpen: () => {
        meter.opened("tcp");
      },
      onWait: () => {
        meter.throttled("tcp");
      },
      onSilent: () => {
        meter.silenced();
      },
    };
  }

  get lease(): LeaseDoors {
    return this.#lease;
  }

  get bandwidth(): LeaseBandwidth {
    return this.#bandwidth;
  }

  /** Opens what is new, closes what is no longer there. @throws ProtocolError PORTS_EXHAUSTED; nothing new stays open. */
  async replace(lease: LeaseDoors): Promise<void> {
    const opened: number[] = [];
    try {
      for (const door of lease.doors) {
        if (this.#listeners.has(door.publicPort)) continue;
        await this.#open(door);
        opened.push(door.publicPort);
      }
    } catch (error) {
      for (const port of opened) await this.#close(port);
      throw error;
    }
    await this.#leaveOthers(lease);
  }

  /** As `replace`, with doors that the lease has already: a port that is taken is tried until it is free. */
  async take(lease: LeaseDoors): Promise<void> {
    await this.#leaveOthers(lease);
    await this.reopen();
  }

  /** Opens the doors that the lease had before a restart; a port that is taken is tried until it is free. */
  async reopen(): Promise<void> {
    for (const door of this.#lease.doors) await this.#reopenOne(door);
  }

  setState(lastState: LeaseDoors["lastState"]): void {
    this.#lease = { ...this.#lease, lastState };
  }

  /** Takes the limits of the guard anew. Those who are inside stay. */
  takeLimits(): void {
    const { perDoor, bytesPerSecondPerLease } = this.#components.guard.limits;
    this.#bandwidth.setLimit(bytesPerSecondPerLease);
    for (const listener of this.#listeners.values()) listener.setMaxConnections?.(perDoor);
  }

  /** What goes through the doors goes on; nobody new comes in. */
  refuseNew(): void {
    this.#clearTimers();
    for (const listener of this.#listeners.values()) listener.refuseNew();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clearTimers();
    await Promise.all([...this.#listeners.keys()].map((port) => this.#close(port)));
  }

  #clearTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #leaveOthers(lease: LeaseDoors): Promise<void> {
    this.#lease = lease;
    const wanted = new Set(lease.doors.map((door) => door.publicPort));
    for (const port of [...this.#listeners.keys()]) if (!wanted.has(port)) await this.#close(port);
  }

  async #reopenOne(door: Door, isFirst = true): Promise<void> {
    const port = door.publicPort;
    const isWanted = this.#lease.doors.some(({ publicPort }) => publicPort === port);
    if (this.#stopped || !isWanted || this.#listeners.has(port) || this.#timers.has(port)) return;
    try {
      await this.#open(door);
    } catch (error) {
      const fields = { event: "door.blocked", port, lid: this.#lease.lid, error };
      this.#components.logger[isFirst ? "warn" : "debug"](fields, "A door cannot be opened again yet.");
      const timer = setTimeout(() => {
        this.#timers.delete(port);
        void this.#reopenOne(door, false);
      }, REOPEN_EVERY_MS);
      this.#timers.set(port, timer);
    }
  }

  async #open({ publicPort: port, protocol }: Door): Promise<void> {
    const address = { host: this.#init.host, port };
    const { meter, guard } = this.#components;
    const socket =
      protocol === "udp"
        ? new UdpDoor(address, {
            open: (session) => this.#openSession(port, session),
            onRefused: (limit) => {
              meter.refused(limit);
            },
            mayPass: (bytes) => this.#mayPass(bytes),
          })
        : new TcpDoor(address, {
            serve: (connection) => {
              this.#serve(port, connection);
            },
            maxConnections: guard.limits.perDoor,
            onRefused: () => {
              meter.refused("door");
            },
          });
    await socket.start();
    this.#listeners.set(port, socket);
  }

  async #close(port: number): Promise<void> {
    const listener = this.#listeners.get(port);
    this.#listeners.delete(port);
    await listener?.stop();
  }

  #serve(publicPort: number, socket: Socket): void {
    const ends = this.#components.callers.endsOf(socket);
    if (!(ends instanceof Promise)) this.#admit(publicPort, socket, ends);
    else
      void ends.then((known) => {
        this.#admit(publicPort, socket, known);
      });
  }

  #admit(publicPort: number, socket: Socket, ends: SocketEnds | undefined): void {
    const { meter } = this.#components;
    if (ends === undefined && !socket.destroyed) meter.refused("proxy_header");
    const way = ends === undefined ? undefined : this.#enter(publicPort, ends.source.address);
    if (ends === undefined || way === undefined) {
      socket.destroy();
      return;
    }
    const { proxyProtocol, leave } = way;
    // The header is the first that the container reads: whatever the caller sends comes after it.
    if (proxyProtocol !== undefined) socket.unshift(encodeProxyHeader(proxyProtocol, ends));
    new PublicConnection(this.#carriedBy, socket, ({ toSocket, toStream }, error) => {
      if (error === undefined) meter.carried("tcp", { toContainer: toStream, toPublic: toSocket });
      else this.#reportFailure(publicPort, "tcp", error);
      leave();
    }).start(way);
  }

  async #openSession(publicPort: number, session: Parameters<OpenSession>[0]): Promise<DatagramStream> {
    const way = this.#enter(publicPort, session.address);
    if (way === undefined) throw new ProtocolError("LIMIT_REACHED", "The door leads nowhere now.");
    const { meter, tunnels } = this.#components;
    try {
      const stream = await tunnels.openDatagrams(way.nodeId, way.open, session);
      meter.opened("udp");
      void stream.closed.then(() => {
        way.leave();
        meter.carried("udp", { toContainer: stream.counts.sent, toPublic: stream.counts.received });
      });
      return stream;
    } catch (error) {
      way.leave();
      this.#reportFailure(publicPort, "udp", error);
      throw error;
    }
  }

  /** Undefined when the door leads nowhere now, or a limit keeps the caller out. */
  #enter(publicPort: number, address: string): Way | undefined {
    const { nodeId, leaseHash, lastState, doors } = this.#lease;
    const { guard, meter } = this.#components;
    const door = doors.find((entry) => entry.publicPort === publicPort);
    if (door === undefined || !runs(lastState)) {
      meter.refused("state");
      return undefined;
    }
    const place = guard.enter({ leaseHash, nodeId, address });
    if (!place.taken) {
      meter.refused(place.limit);
      return undefined;
    }
    return { nodeId, open: this.#targetOf(door), leave: place.leave, proxyProtocol: door.proxyProtocol };
  }

  /** Made once for each door: the link encodes it once, too. */
  #targetOf(door: Door): TunnelTarget["open"] {
    const known = this.#targets.get(door);
    if (known !== undefined) return known;
    const { service, replica, port } = door;
    const target = { leaseHash: this.#init.lease.leaseHash, service, replica, port };
    this.#targets.set(door, target);
    return target;
  }

  #mayPass(bytes: number): boolean {
    if (this.#bandwidth.tryPass(bytes)) return true;
    this.#components.meter.throttled("udp");
    return false;
  }

  #reportFailure(port: number, protocol: Transport, error: unknown): void {
    this.#components.meter.failed(protocol, tunnelFailureOf(error));
    const fields = { event: "door.connection.failed", lid: this.#lease.lid, port, error };
    this.#components.logger.debug(fields, "A public connection found nobody.");
  }
}
