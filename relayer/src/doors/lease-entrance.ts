import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type DatagramStream } from "@fizz/protocol/streams";
import { runs } from "../domain/lease-standing.ts";
import { type Door, type LeaseDoors, type Logger, type Tunnels } from "../ports.ts";
import { type DoorSocket } from "./door-address.ts";
import { carryConnection, type TunnelTarget } from "./public-connection.ts";
import { TcpDoor } from "./tcp-door.ts";
import { UdpDoor } from "./udp-door.ts";
import { type OpenSession } from "./udp-session.ts";

/** Interval between tries to open a port again that another program had when the gateway started. */
const REOPEN_EVERY_MS = 5_000;

export interface EntranceComponents {
  readonly tunnels: Tunnels;
  readonly logger: Logger;
  /** Takes a place among all public connections; undefined when there is none left. */
  readonly takePlace: () => (() => void) | undefined;
}

/** The doors of one lease, with their listeners. */
export class LeaseEntrance {
  readonly #components: EntranceComponents;
  readonly #host: string;
  readonly #listeners = new Map<number, DoorSocket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #lease: LeaseDoors;
  #stopped = false;

  constructor(components: EntranceComponents, init: { readonly host: string; readonly lease: LeaseDoors }) {
    this.#components = components;
    this.#host = init.host;
    this.#lease = init.lease;
  }

  get lease(): LeaseDoors {
    return this.#lease;
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
    this.#lease = lease;
    const wanted = new Set(lease.doors.map((door) => door.publicPort));
    for (const port of [...this.#listeners.keys()]) if (!wanted.has(port)) await this.#close(port);
  }

  /** Opens the doors that the lease had before a restart; a port that is taken is tried until it is free. */
  async reopen(): Promise<void> {
    for (const door of this.#lease.doors) await this.#reopenOne(door);
  }

  setState(lastState: LeaseDoors["lastState"]): void {
    this.#lease = { ...this.#lease, lastState };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#listeners.keys()].map((port) => this.#close(port)));
  }

  async #reopenOne(door: Door): Promise<void> {
    if (this.#stopped || this.#listeners.has(door.publicPort)) return;
    try {
      await this.#open(door);
    } catch (error) {
      const fields = { event: "door.blocked", port: door.publicPort, lid: this.#lease.lid, error };
      this.#components.logger.warn(fields, "A door cannot be opened again yet.");
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void this.#reopenOne(door);
      }, REOPEN_EVERY_MS);
      this.#timers.add(timer);
    }
  }

  async #open({ publicPort: port, protocol }: Door): Promise<void> {
    const address = { host: this.#host, port };
    const socket =
      protocol === "udp"
        ? new UdpDoor(address, (session) => this.#openSession(port, session))
        : new TcpDoor(address, (connection) => void this.#serve(port, connection));
    await socket.start();
    this.#listeners.set(port, socket);
  }

  async #close(port: number): Promise<void> {
    const listener = this.#listeners.get(port);
    this.#listeners.delete(port);
    await listener?.stop();
  }

  async #serve(publicPort: number, socket: Socket): Promise<void> {
    const way = this.#enter(publicPort);
    if (way === undefined) {
      socket.destroy();
      return;
    }
    try {
      await carryConnection(this.#components.tunnels, socket, way);
    } catch (error) {
      this.#logFailure(publicPort, error);
    } finally {
      way.leave();
    }
  }

  async #openSession(publicPort: number, session: Parameters<OpenSession>[0]): Promise<DatagramStream> {
    const way = this.#enter(publicPort);
    if (way === undefined) throw new ProtocolError("LIMIT_REACHED", "The door leads nowhere now.");
    try {
      const stream = await this.#components.tunnels.openDatagrams(way.nodeId, way.open, session);
      void stream.closed.then(way.leave);
      return stream;
    } catch (error) {
      way.leave();
      this.#logFailure(publicPort, error);
      throw error;
    }
  }

  /** Where a door leads, and a place among all public connections; undefined when the lease does not run. */
  #enter(publicPort: number): (TunnelTarget & { readonly leave: () => void }) | undefined {
    const { nodeId, leaseHash, lastState, doors } = this.#lease;
    const door = doors.find((entry) => entry.publicPort === publicPort);
    const leave = door !== undefined && runs(lastState) ? this.#components.takePlace() : undefined;
    if (door === undefined || leave === undefined) return undefined;
    const { service, replica, port } = door;
    return { nodeId, open: { leaseHash, service, replica, port }, leave };
  }

  #logFailure(port: number, error: unknown): void {
    const fields = { event: "door.connection.failed", lid: this.#lease.lid, port, error };
    this.#components.logger.debug(fields, "A public connection found nobody.");
  }
}
