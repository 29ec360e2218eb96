import { type IncomingMessage, type ServerOptions, ServerResponse } from "node:http";
import { type Socket } from "node:net";
import { type Duplex } from "node:stream";
import { requestTarget } from "./domain/request-target.ts";
import { type Exchanges } from "./exchanges.ts";
import { type FrontCounts, type Guard, guardOf } from "./front-counts.ts";
import { Http1Caller } from "./http1-caller.ts";
import { type Reception, type TurnedAway } from "./reception.ts";
import { type ReplicaSet } from "./replica-set.ts";
import { turnAway } from "./turn-away.ts";
import { type Upgrades } from "./upgrades.ts";
import { type Visitor } from "./visitor.ts";

/** Bytes of a request's line and headers. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Time for the headers of a request, and the interval at which it is looked at. */
export const HEADERS_TIMEOUT_MS = 10_000;
const CHECK_EVERY_MS = 1_000;
/** A connection without a request for so long is ended. */
export const KEEP_ALIVE_MS = 60_000;
/** An answer of the gateway's own that its caller does not read for so long ends the connection. */
export const UNREAD_MS = 30_000;
const HTTP_VERSION_1_1 = "1.1";
const HOST = "host";
const MALFORMED: TurnedAway = { type: "refused", code: "INPUT_INVALID" };

/** Limits that tests shorten. */
export interface FrontLimits {
  readonly headersTimeoutMs?: number;
  readonly keepAliveMs?: number;
  readonly checkEveryMs?: number;
  readonly handshakeMs?: number;
  readonly unreadMs?: number;
}

/** The options of every server of HTTP/1.1 here: Node's strict parser, with limits. */
export function http1Options(limits: FrontLimits = {}): ServerOptions {
  return {
    insecureHTTPParser: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersTimeoutMs ?? HEADERS_TIMEOUT_MS,
    // Bodies are as slow as they are; one that stands still is ended by its exchange.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs ?? KEEP_ALIVE_MS,
    connectionsCheckingInterval: limits.checkEveryMs ?? CHECK_EVERY_MS,
    requireHostHeader: true,
    noDelay: true,
    shouldUpgradeCallback: isWebSocket,
  };
}

export interface Http1FrontComponents {
  readonly reception: Reception;
  readonly exchanges: Exchanges;
  readonly upgrades: Upgrades;
  readonly counts: FrontCounts;
  readonly visitorOf: (socket: Socket) => Visitor | undefined;
}

/** A request that has a place among those of its replicas. */
interface Welcomed {
  readonly authority: string;
  readonly path: string;
  readonly forwarded: ReturnType<Visitor["forwarded"]>;
  readonly replicas: ReplicaSet;
}

/** Serves requests of HTTP/1.1, from whichever server they come. */
export class Http1Front {
  readonly #components: Http1FrontComponents;
  readonly #unreadMs: number;

  constructor(components: Http1FrontComponents, { unreadMs = UNREAD_MS }: FrontLimits = {}) {
    this.#components = components;
    this.#unreadMs = unreadMs;
  }

  serve(request: IncomingMessage, response: ServerResponse, expectsContinue = false): void {
    const welcomed = this.#welcome(request, response);
    if (welcomed === undefined) return;
    const { authority, path, forwarded, replicas } = welcomed;
    const mayWait = expectsContinue && request.httpVersion === HTTP_VERSION_1_1;
    this.#components.exchanges.begin(
      new Http1Caller({ request, response, path, host: authority, forwarded, expectsContinue: mayWait }),
      replicas,
    );
  }

  upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => {
      socket.destroySoon();
    });
    const welcomed = this.#welcome(request, response);
    if (welcomed === undefined) return;
    const { authority, path, forwarded, replicas } = welcomed;
    this.#components.upgrades.begin(
      { request, response, socket, head, path, host: authority, forwarded },
      replicas,
    );
  }

  /** Bytes that are no request: the connection is told so, and ended. */
  clientError(error: { readonly code?: string | undefined }, socket: Duplex): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const { guard, line } = faultOf(error.code);
    this.#components.counts.refused(guard);
    socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => {
      socket.destroy();
    });
  }

  /** Where a request goes; undefined when it was turned away. */
  #welcome(request: IncomingMessage, response: ServerResponse): Welcomed | undefined {
    const { reception, visitorOf } = this.#components;
    const visitor = visitorOf(request.socket);
    const target = requestTarget(request.url ?? "", request.headers.host);
    if (visitor === undefined || target === undefined || !isWellFormed(request)) {
      this.#turnAway(MALFORMED, request, response);
      return undefined;
    }
    const direction = reception.direct(visitor, target.authority, target.path);
    if (direction.type === "served")
      return { ...target, forwarded: visitor.forwarded(target.authority), replicas: direction.replicas };
    this.#turnAway(direction, request, response);
    return undefined;
  }

  #turnAway(direction: TurnedAway, request: IncomingMessage, response: ServerResponse): void {
    const { counts } = this.#components;
    // Where one request ends is not sure: there is no next one.
    if (direction === MALFORMED) response.shouldKeepAlive = false;
    const timer = setTimeout(() => {
      // Of several answers that wait on one connection the first one ends it.
      if (!request.socket.destroyed) counts.refused("unread");
      request.socket.destroy();
    }, this.#unreadMs);
    response.once("close", () => {
      clearTimeout(timer);
    });
    const caller = new Http1Caller({
      request,
      response,
      path: "",
      host: "",
      forwarded: [],
      expectsContinue: false,
    });
    counts.answered(turnAway(caller, direction));
    const guard = direction.type === "refused" ? guardOf(direction.code) : undefined;
    if (guard !== undefined) counts.refused(guard);
  }
}

/** Only WebSocket is carried over an upgrade: h2c would hide requests from the gateway. */
function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket" && request.method === "GET";
}

/** What Node's parser lets through, and a proxy must not (RFC 9112, 3.2 and 6.1). */
function isWellFormed(request: IncomingMessage): boolean {
  return hasKnownCoding(request) && hosts(request.rawHeaders) <= 1;
}

function hosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length === HOST.length && name.toLowerCase() === HOST) count += 1;
  }
  return count;
}

/** A body in another coding than chunks could not be passed on as it is. */
function hasKnownCoding({ headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  return coding === undefined || coding.toLowerCase() === "chunked";
}

function faultOf(code: string | undefined): { readonly guard: Guard; readonly line: string } {
  if (code === "HPE_HEADER_OVERFLOW")
    return { guard: "header_size", line: "431 Request Header Fields Too Large" };
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { guard: "header_time", line: "408 Request Timeout" };
  return { guard: "malformed", line: "400 Bad Request" };
}
