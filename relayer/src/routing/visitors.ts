import { type Socket } from "node:net";
import { type DoorLimit, type Meter, type Places } from "../ports.ts";
import { Visitor } from "./visitor.ts";

/** How a connection came in. */
export interface Entrance {
  readonly secure: boolean;
  readonly serverName?: string | undefined;
  readonly port: number;
}

/** The public connections of all routed doors. */
export class Visitors {
  readonly #places: Places;
  readonly #meter: Meter;
  readonly #visitors = new WeakMap<object, Visitor>();

  constructor({ places, meter }: { readonly places: Places; readonly meter: Meter }) {
    this.#places = places;
    this.#meter = meter;
  }

  /** @returns What gives the place back, or undefined when there is none: the connection is closed then. */
  takePlace(socket: Socket): (() => void) | undefined {
    const place = this.#places.arrive(socket.remoteAddress ?? "");
    if (place.taken) return place.leave;
    this.#refused(place.limit);
    socket.destroy();
    return undefined;
  }

  /** A connection that may ask from now on. */
  admit(socket: Socket, { secure, serverName, port }: Entrance, leaveDoor: () => void): void {
    const visitor = new Visitor({
      address: socket.remoteAddress ?? "",
      secure,
      port,
      serverName,
      places: this.#places,
      leaveDoor,
      onRefused: (limit) => {
        this.#refused(limit);
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

  #refused(limit: DoorLimit): void {
    this.#meter.refused(limit);
  }
}
