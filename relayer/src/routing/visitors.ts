import { type Socket } from "node:net";
import { type Callers, type DoorLimit, type Meter, type Places } from "../ports.ts";
import { Visitor } from "./visitor.ts";

/** A connection that came in, before it may ask. */
export interface Comer {
  readonly socket: Socket;
  /** Where the caller is, behind whatever balancer. */
  readonly address: string;
  /** Gives its place back. */
  readonly leave: () => void;
}

export interface VisitorsComponents {
  readonly places: Places;
  readonly callers: Callers;
  readonly meter: Meter;
}

/** How a connection came in. */
export interface Entrance {
  readonly secure: boolean;
  readonly serverName?: string | undefined;
  readonly port: number;
}

/** The public connections of all routed doors. */
export class Visitors {
  readonly #places: Places;
  readonly #callers: Callers;
  readonly #meter: Meter;
  /** Those that may not ask yet: their balancer, or their handshake, is not ready. */
  readonly #arriving = new Set<Socket>();
  readonly #visitors = new WeakMap<object, Visitor>();

  constructor({ places, callers, meter }: VisitorsComponents) {
    this.#places = places;
    this.#callers = callers;
    this.#meter = meter;
  }

  /**
   * Takes a place for a connection of which nothing was read. It is paused when a balancer told its caller.
   *
   * @returns Undefined when there is no place, or no word of the balancer: the connection is closed then.
   */
  async receive(socket: Socket): Promise<Comer | undefined> {
    const leaveUnknown = this.#takePlace(socket, undefined);
    if (leaveUnknown === undefined) return undefined;
    this.#arriving.add(socket);
    // Until a server of HTTP or TLS has it, nobody else hears of a broken connection.
    socket.on("error", () => undefined);
    socket.once("close", () => this.#arriving.delete(socket));
    const ends = await this.#callers.endsOf(socket);
    leaveUnknown();
    if (socket.destroyed) return undefined;
    if (ends === undefined) {
      this.#refuse(socket, "proxy_header");
      return undefined;
    }
    const { address } = ends.source;
    const leave = this.#takePlace(socket, address);
    return leave === undefined ? undefined : { socket, address, leave };
  }

  /** Ends the connections that may not ask yet. */
  endArriving(): void {
    for (const socket of this.#arriving) socket.destroy();
  }

  /**
   * A connection that may ask from now on.
   *
   * @param socket Of its requests: over TLS another than the one that came in.
   */
  admit(socket: Socket, { secure, serverName, port }: Entrance, comer: Comer): void {
    this.#arriving.delete(comer.socket);
    const visitor = new Visitor({
      address: comer.address,
      secure,
      port,
      serverName,
      places: this.#places,
      leaveDoor: comer.leave,
      onRefused: (limit) => {
        this.#meter.refused(limit);
      },
    });
    this.#visitors.set(socket, visitor);
    this.#meter.opened("http");
    socket.once("close", () => {
      visitor.leave();
      this.#meter.carried("http", { toContainer: socket.bytesRead, toPublic: socket.bytesWritten });
    });
  }

  /** Finds a connection's visitor by its HTTP/2 session as well. */
  join(session: object, socket: Socket): void {
    const visitor = this.#visitors.get(socket);
    if (visitor !== undefined) this.#visitors.set(session, visitor);
  }

  of(socket: object): Visitor | undefined {
    return this.#visitors.get(socket);
  }

  #takePlace(socket: Socket, address: string | undefined): (() => void) | undefined {
    const place = this.#places.arrive(address);
    if (place.taken) return place.leave;
    this.#refuse(socket, place.limit);
    return undefined;
  }

  #refuse(socket: Socket, limit: DoorLimit): void {
    this.#meter.refused(limit);
    socket.destroy();
  }
}
