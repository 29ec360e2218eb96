import { type Socket } from "node:net";
import { type Exchanges } from "./exchanges.ts";
import { type FrontCounts, guardOf } from "./front-counts.ts";
import {
  type FrontLimits,
  type Http1Front,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  UNREAD_MS,
} from "./http1-front.ts";
import { QuickConnection, type QuickConnectionInit } from "./quick-connection.ts";
import { type Reception } from "./reception.ts";
import { turnAway } from "./turn-away.ts";
import { type Visitor } from "./visitor.ts";

export interface QuickFrontComponents {
  readonly reception: Reception;
  readonly exchanges: Exchanges;
  readonly counts: FrontCounts;
  readonly front: Pick<Http1Front, "clientError">;
  readonly visitorOf: (socket: Socket) => Visitor | undefined;
}

/** The public connections of HTTP/1.1 that Node's server does not have to read. */
export class QuickFront {
  readonly #components: QuickFrontComponents;
  readonly #headersTimeoutMs: number;
  readonly #keepAliveMs: number;
  readonly #unreadMs: number;
  readonly #connections = new Set<QuickConnection>();
  readonly #direct: QuickConnectionInit["direct"];
  readonly #turnAway: QuickConnectionInit["turnAway"];

  constructor(components: QuickFrontComponents, limits: FrontLimits = {}) {
    const { reception, counts } = components;
    this.#components = components;
    this.#headersTimeoutMs = limits.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    this.#keepAliveMs = limits.keepAliveMs ?? KEEP_ALIVE_MS;
    this.#unreadMs = limits.unreadMs ?? UNREAD_MS;
    this.#direct = (visitor, { host, target }) => reception.direct(visitor, host, target);
    this.#turnAway = (caller, direction) => {
      counts.answered(turnAway(caller, direction));
      const guard = direction.type === "refused" ? guardOf(direction.code) : undefined;
      if (guard !== undefined) counts.refused(guard);
    };
  }

  /**
   * Serves a connection that may ask.
   *
   * @param serveOther Serves it from the first request on that is not for this front.
   */
  take(socket: Socket, serveOther: (socket: Socket) => void): void {
    const { exchanges, visitorOf } = this.#components;
    const visitor = visitorOf(socket);
    if (visitor === undefined || socket.destroyed) {
      serveOther(socket);
      return;
    }
    this.#connections.add(
      new QuickConnection({
        socket,
        visitor,
        exchanges,
        direct: this.#direct,
        turnAway: this.#turnAway,
        serveOther,
        onLeave: this.#onLeave,
        keepAliveS: Math.floor(this.#keepAliveMs / 1_000),
      }),
    );
  }

  /** Ends connections that have waited for too long: for their first request, for another one, or to be read. */
  sweep(now: number): void {
    for (const connection of this.#connections) {
      if (connection.unreadMs(now) >= this.#unreadMs) {
        this.#components.counts.refused("unread");
        connection.socket.destroy();
        continue;
      }
      const waitedMs = connection.waitedMs(now);
      if (waitedMs < (connection.hasAsked ? this.#keepAliveMs : this.#headersTimeoutMs)) continue;
      if (connection.hasAsked) connection.socket.destroy();
      else this.#timeOut(connection);
    }
  }

  /** Ends connections without a request. */
  endIdle(): void {
    for (const connection of this.#connections)
      if (connection.waitedMs(Infinity) > 0) connection.socket.destroy();
  }

  refuseNew(): void {
    this.endIdle();
  }

  stop(): void {
    for (const { socket } of this.#connections) socket.destroy();
  }

  #timeOut(connection: QuickConnection): void {
    const { socket } = connection;
    connection.leave();
    this.#components.front.clientError({ code: "ERR_HTTP_REQUEST_TIMEOUT" }, socket);
  }

  readonly #onLeave = (connection: QuickConnection): void => {
    this.#connections.delete(connection);
  };
}
