import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type TLSSocket } from "node:tls";
import { isToken } from "./domain/http-fields.ts";
import { type Exchanges } from "./exchanges.ts";
import { type FrontCounts, guardOf } from "./front-counts.ts";
import { Http2Caller } from "./http2-caller.ts";
import { type Direction, type Reception, type TurnedAway } from "./reception.ts";
import { turnAway } from "./turn-away.ts";
import { type Visitor } from "./visitor.ts";
import { type Visitors } from "./visitors.ts";

/** Requests of one connection at once. */
const MAX_CONCURRENT_STREAMS = 100;
/** Bytes of a request's headers, and how many of them there may be. */
const MAX_HEADER_LIST_BYTES = 16 * 1024;
const MAX_HEADER_PAIRS = 128;
/** Bytes that a connection may send ahead on one stream, and on all of them. */
const STREAM_WINDOW_BYTES = 256 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
/** Memory of one connection, in MB: what a flood of control frames would take ends the connection. */
const MAX_SESSION_MEMORY_MB = 10;
const MAX_OUTSTANDING_PINGS = 10;
const MAX_SETTINGS = 32;
/** Streams that were refused or broken in a row before the connection is ended. */
const MAX_INVALID_FRAMES = 100;
const MAX_REJECTED_STREAMS = 100;
/** Streams that a caller may reset within the window, before the connection counts as a flood (CVE-2023-44487). */
const MAX_RESETS = 200;
const RESET_WINDOW_MS = 10_000;
/** A connection without a stream for so long is ended. */
const IDLE_MS = 60_000;
const RESET_CODE_NONE = 0;

export interface Http2FrontComponents {
  readonly reception: Reception;
  readonly exchanges: Exchanges;
  readonly visitors: Visitors;
  readonly counts: FrontCounts;
}

/** Serves connections that speak HTTP/2. */
export class Http2Front {
  readonly #components: Http2FrontComponents;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  /** The connection whose session is being made: a session's own socket is another object. */
  #arriving: TLSSocket | undefined;

  constructor(components: Http2FrontComponents, { idleMs = IDLE_MS }: { readonly idleMs?: number } = {}) {
    this.#components = components;
    this.#server = createServer({
      settings: {
        maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
        maxHeaderListSize: MAX_HEADER_LIST_BYTES,
        initialWindowSize: STREAM_WINDOW_BYTES,
        enablePush: false,
        enableConnectProtocol: false,
      },
      maxHeaderListPairs: MAX_HEADER_PAIRS,
      maxSessionMemory: MAX_SESSION_MEMORY_MB,
      maxOutstandingPings: MAX_OUTSTANDING_PINGS,
      maxSettings: MAX_SETTINGS,
      maxSessionInvalidFrames: MAX_INVALID_FRAMES,
      maxSessionRejectedStreams: MAX_REJECTED_STREAMS,
      strictFieldWhitespaceValidation: true,
    });
    this.#server.on("session", (session) => {
      this.#watch(session, idleMs);
    });
    this.#server.on("stream", (...event) => {
      this.#serve(...event);
    });
    this.#server.on("sessionError", () => {
      components.counts.refused("h2_flood");
    });
  }

  /** Takes a connection whose handshake agreed on HTTP/2. */
  readonly accept = (socket: TLSSocket): void => {
    this.#arriving = socket;
    this.#server.emit("connection", socket);
    this.#arriving = undefined;
  };

  /** Requests under way are answered; their connections take no other and end with the last (GOAWAY). */
  refuseNew(): void {
    for (const session of this.#sessions) session.close();
  }

  stop(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #serve(...[stream, headers, , rawHeaders]: StreamEvent): void {
    const { exchanges, visitors, counts } = this.#components;
    const visitor = stream.session === undefined ? undefined : visitors.of(stream.session);
    const { host, path } = targetOf(headers);
    const forwarded = visitor?.forwarded(host) ?? [];
    const caller = new Http2Caller({ stream, headers, rawHeaders, path, host, forwarded });
    const direction = this.#direct(visitor, headers);
    if (direction.type === "served") {
      exchanges.begin(caller, direction.replicas);
      return;
    }
    counts.answered(turnAway(caller, direction));
    const guard = direction.type === "refused" ? guardOf(direction.code) : undefined;
    if (guard !== undefined) counts.refused(guard);
  }

  #direct(visitor: Visitor | undefined, headers: IncomingHttpHeaders): Direction {
    const { host, path } = targetOf(headers);
    if (visitor === undefined || host === "" || !isRequest(headers, path) || !agrees(headers))
      return MALFORMED;
    return this.#components.reception.direct(visitor, host, path);
  }

  #watch(session: ServerHttp2Session, idleMs: number): void {
    this.#sessions.add(session);
    if (this.#arriving !== undefined) this.#components.visitors.join(session, this.#arriving);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.setTimeout(idleMs, () => {
      session.close();
    });
    session.once("close", () => {
      this.#sessions.delete(session);
    });
    let resets = 0;
    let from = performance.now();
    session.on("stream", (stream: ServerHttp2Stream) => {
      stream.once("close", () => {
        if (stream.rstCode === RESET_CODE_NONE || !stream.aborted) return;
        const now = performance.now();
        if (now - from > RESET_WINDOW_MS) {
          from = now;
          resets = 0;
        }
        resets += 1;
        if (resets !== MAX_RESETS) return;
        this.#components.counts.refused("h2_flood");
        session.destroy();
      });
    });
  }
}

/** What node:http2 tells with each request. */
type StreamEvent = [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
];

const MALFORMED: TurnedAway = { type: "refused", code: "INPUT_INVALID" };

function targetOf({ host, ":authority": authority, ":path": path = "" }: IncomingHttpHeaders): {
  readonly host: string;
  readonly path: string;
} {
  return { host: authority ?? host ?? "", path };
}

/** Whether its method and path can stand in a request line of HTTP/1.1. */
function isRequest({ ":method": method = "GET" }: IncomingHttpHeaders, path: string): boolean {
  return isToken(method) && (path === "*" || /^\/[\u0021-\u007e\u0080-\u00ff]*$/.test(path));
}

/** A Host header beside :authority must say the same (RFC 9113, 8.3.1). */
function agrees({ host, ":authority": authority }: IncomingHttpHeaders): boolean {
  return host === undefined || authority === undefined || host === authority;
}
