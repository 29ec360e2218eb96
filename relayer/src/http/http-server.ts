import { type AddressInfo } from "node:net";
import cors from "@fastify/cors";
import rateLimit from "@fastify/rate-limit";
import { ProtocolError } from "@fizz/protocol/errors";
import { toWire } from "@fizz/protocol/messages";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { callerKey } from "../domain/caller-key.ts";
import { StreamPlaces } from "../domain/stream-places.ts";
import { type HttpMeter } from "../http-ports.ts";
import { type Backend, type Logger } from "../ports.ts";
import { type HistoryBackend } from "../history-ports.ts";
import { type RequestBackend } from "../request-ports.ts";
import { addDocument, gatherContracts } from "./document-route.ts";
import { type DirectoryRoutesInit } from "./directory-routes.ts";
import { errorToHttp, type HttpFailure, refuseBrokenRequest, retryAfterSeconds } from "./errors.ts";
import { addHistoryRoutes } from "./history-routes.ts";
import { addRequestRoutes } from "./request-routes.ts";
import { isErrorOf } from "./route-contract.ts";
import { addRoutes } from "./routes.ts";

const MAX_CONNECTIONS = 4_096;
/** Time to receive a whole request, and its headers. */
const REQUEST_TIMEOUT_MS = 20_000;
const HEADERS_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const DEFAULT_BODY_BYTES = 16 * 1024;
const RATE_WINDOW_MS = 60_000;
const MS_PER_SECOND = 1_000;
/** Addresses whose calls are counted at once. */
const MAX_RATE_ADDRESSES = 10_000;
/** A call for quotes makes every node work: it counts as so many calls. */
const CALLS_PER_QUOTE = 5;
/** An answer from the history may read thousands of rows. */
const CALLS_PER_HISTORY = 2;
/** A relayed request makes the gateway ask the chain a dozen times. */
const CALLS_PER_REQUEST = 5;
/** Open streams (logs, events) of all callers; readers of the directory; either of one address. */
const MAX_STREAMS = 1_000;
const MAX_DIRECTORY_READERS = 1_000;
const MAX_STREAMS_EACH = 100;
const SERVER_FAULT = 500;
/** What a page of any origin may read of an answer, beside its body. */
const EXPOSED_HEADERS = ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
/** For how long a browser need not ask again whether it may. */
const PREFLIGHT_SECONDS = 3_600;

export interface HttpServerComponents {
  readonly backend: Backend;
  /** Its routes are missing where there is none. */
  readonly requests?: RequestBackend;
  /** Its routes are missing where none is kept. */
  readonly history?: HistoryBackend;
  readonly logger: Logger;
  readonly meter: HttpMeter;
}

export interface HttpServerInit {
  readonly host: string;
  readonly port: number;
  /** Calls per minute and address. */
  readonly rateLimit: number;
  readonly directory?: DirectoryRoutesInit;
}

/** The gateway's HTTP API. Open to every origin: nothing here is authorised by a cookie or an address. */
export class HttpServer {
  readonly #components: HttpServerComponents;
  readonly #init: HttpServerInit;
  readonly #stopping = new AbortController();
  #rateLimit: number;
  #app: FastifyInstance | undefined;

  constructor(components: HttpServerComponents, init: HttpServerInit) {
    this.#components = components;
    this.#init = init;
    this.#rateLimit = init.rateLimit;
  }

  /** @returns The port it listens on. @throws ProtocolError CONFIG_INVALID */
  async start(): Promise<number> {
    const app = await this.build();
    const { host, port } = this.#init;
    try {
      await app.listen({ host, port });
    } catch (cause) {
      throw new ProtocolError("CONFIG_INVALID", `The HTTP API cannot listen on ${host}:${port}.`, { cause });
    }
    return (app.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#app?.close();
  }

  /** @param perMinute Calls per minute and address, from now on. */
  setRateLimit(perMinute: number): void {
    this.#rateLimit = perMinute;
  }

  /** The server without a port, for `inject`. */
  async build(): Promise<FastifyInstance> {
    if (this.#app !== undefined) return this.#app;
    const app = fastify({
      bodyLimit: DEFAULT_BODY_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      forceCloseConnections: true,
      clientErrorHandler: refuseBrokenRequest,
      // An address that cannot be read has no route whose handler would answer.
      frameworkErrors: (error, request, reply: FastifyReply) => {
        const { status, body } = this.#fail(error, request);
        void reply.status(status).type("application/json; charset=utf-8").send(toWire(body));
      },
    });
    this.#app = app;
    app.server.maxConnections = MAX_CONNECTIONS;
    app.server.headersTimeout = HEADERS_TIMEOUT_MS;
    app.setReplySerializer(toWire);
    app.setErrorHandler((error, request, reply) => {
      const failure = this.#fail(error, request);
      const seconds = retryAfterSeconds(failure);
      if (seconds !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", seconds);
      return reply.status(failure.status).send(failure.body);
    });
    await app.register(cors, {
      origin: "*",
      methods: ["GET", "POST"],
      allowedHeaders: ["authorization", "content-type", "last-event-id"],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: PREFLIGHT_SECONDS,
    });
    await app.register(rateLimit, {
      max: () => this.#rateLimit,
      timeWindow: RATE_WINDOW_MS,
      cache: MAX_RATE_ADDRESSES,
      keyGenerator: ({ ip }) => callerKey(ip),
      onExceeded: () => {
        this.#components.meter.limited("address");
      },
      errorResponseBuilder: (_request, limit) => tooManyCalls(limit),
    });
    app.setNotFoundHandler({ preHandler: app.rateLimit() }, () => {
      throw new ProtocolError("INPUT_INVALID", "There is no such route. The API begins with /v1.");
    });
    const contracts = gatherContracts(app);
    this.#addRoutes(app);
    addDocument(app, contracts);
    return await app;
  }

  #fail(error: unknown, request: FastifyRequest): HttpFailure {
    const failure = errorToHttp(error);
    const { status, body } = failure;
    const { url: route, config } = request.routeOptions;
    const fields = { event: "http.failed", method: request.method, route, status, error };
    if (status >= SERVER_FAULT) this.#components.logger.warn(fields, "A call failed.");
    else this.#components.logger.debug(fields, "A call was refused.");
    const { contract } = config;
    if (contract !== undefined && !isErrorOf(contract, body.error.code))
      this.#components.logger.warn(
        { ...fields, event: "http.undocumented" },
        "The API document lacks a code.",
      );
    return failure;
  }

  #addRoutes(app: FastifyInstance): void {
    const { backend, requests, history } = this.#components;
    const { maxReaders = MAX_DIRECTORY_READERS, maxReadersEach = MAX_STREAMS_EACH } =
      this.#init.directory ?? {};
    const onRefused = (): void => {
      this.#components.meter.limited("address_streams");
    };
    const places = (total: number, each: number): StreamPlaces =>
      new StreamPlaces({ total, each, onRefused });
    const share = (calls: number) => (): number => Math.max(1, Math.floor(this.#rateLimit / calls));
    addRoutes(app, {
      backend,
      places: places(MAX_STREAMS, MAX_STREAMS_EACH),
      directoryPlaces: places(maxReaders, maxReadersEach),
      directoryInit: this.#init.directory,
      stopping: this.#stopping.signal,
      quoteLimit: share(CALLS_PER_QUOTE),
    });
    if (history !== undefined) addHistoryRoutes(app, { history, historyLimit: share(CALLS_PER_HISTORY) });
    if (requests !== undefined) addRequestRoutes(app, { requests, relayLimit: share(CALLS_PER_REQUEST) });
  }
}

function tooManyCalls({ after, ttl }: { readonly after: string; readonly ttl: number }): ProtocolError {
  const details = { retryAfterSeconds: Math.max(1, Math.ceil(ttl / MS_PER_SECOND)) };
  return new ProtocolError("RATE_LIMITED", `Too many calls from your address. Try again in ${after}.`, {
    details,
  });
}
