import { Readable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  eventsQuerySchema,
  fromWire,
  logsQuerySchema,
  manifestDeliverySchema,
  networkQuerySchema,
  quotesRequestSchema,
  statsQuerySchema,
  uintSchema,
} from "@fizz/protocol/messages";
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";
import { callerKey } from "../domain/caller-key.ts";
import { type Backend } from "../ports.ts";
import { readAuthorization } from "./authorization.ts";
import { addDirectoryRoutes, type DirectoryRoutesInit } from "./directory-routes.ts";
import { callSignal, type StreamPlaces, streamSignal } from "./signals.ts";
import { startLines } from "./streams.ts";

/** Largest bodies, in bytes. */
const MAX_QUOTES_BODY_BYTES = 256 * 1024;
const MAX_MANIFEST_BODY_BYTES = 512 * 1024;
const MAX_CHALLENGE_BODY_BYTES = 1_024;
const MS_PER_SECOND = 1_000;
/** Most lines that `tail` may ask for, as in protocol/messages. */
const MAX_TAIL_LINES = 100_000;

const leaseParams = z.object({ lid: uintSchema(256) });
const flag = z.enum(["true", "false", "1", "0", ""]).transform((text) => text !== "false" && text !== "0");
/** The queries of protocol/messages, as text of an address. */
const logsParams = logsQuerySchema.extend({
  follow: flag.default(false),
  startup: flag.default(false),
  replica: z.coerce.number().int().min(0).optional(),
  since: z.coerce.number().int().min(0).optional(),
  tail: z.coerce.number().int().min(0).max(MAX_TAIL_LINES).nullable().default(null),
});
const statsParams = statsQuerySchema.extend({
  follow: flag.default(false),
  replica: z.coerce.number().int().min(0).optional(),
});
const eventsParams = eventsQuerySchema.extend({
  follow: flag.default(false),
  cursor: z.coerce.number().int().min(0).default(0),
});

export interface RouteContext {
  readonly backend: Backend;
  readonly places: StreamPlaces;
  readonly directoryInit: DirectoryRoutesInit | undefined;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Calls per minute and address for what makes many nodes work. */
  readonly quoteLimit: () => number;
}

/** Every route of the gateway's API. */
export function addRoutes(app: FastifyInstance, context: RouteContext): void {
  addNetworkRoutes(app, context);
  const { backend, stopping, directoryInit: init } = context;
  addDirectoryRoutes(app, { directory: backend.directory, feed: backend.feed, stopping, init });
  addOrderRoutes(app, context);
  addControlRoutes(app, context);
}

function addNetworkRoutes(app: FastifyInstance, { backend }: RouteContext): void {
  app.get("/v1/health", () => backend.health());
  app.get("/v1/network", (request) => backend.network(fromWire(networkQuerySchema, request.query).nodeId));
}

function addOrderRoutes(app: FastifyInstance, { backend, stopping, quoteLimit }: RouteContext): void {
  app.post(
    "/v1/quotes",
    { bodyLimit: MAX_QUOTES_BODY_BYTES, config: { rateLimit: { max: quoteLimit } } },
    async (request, reply) => {
      const order = fromWire(quotesRequestSchema, request.body);
      const signal = callSignal(reply, stopping, (order.waitSeconds ?? 0) * MS_PER_SECOND);
      return await backend.quotes(order, signal, callerKey(request.ip));
    },
  );
  app.post("/v1/leases/:lid/manifest", { bodyLimit: MAX_MANIFEST_BODY_BYTES }, async (request, reply) => {
    const { lid } = fromWire(leaseParams, request.params);
    const delivery = fromWire(manifestDeliverySchema, request.body);
    if (delivery.lid !== lid)
      throw new ProtocolError(
        "INPUT_INVALID",
        `The delivery is for lease ${delivery.lid}, the address says ${lid}.`,
      );
    const receipt = await backend.deliverManifest(delivery, callSignal(reply, stopping));
    if (receipt !== undefined) return { receipt };
    return await reply.status(202).send({ pending: true });
  });
}

function addControlRoutes(app: FastifyInstance, { backend, places, stopping }: RouteContext): void {
  app.post("/v1/leases/:lid/challenge", { bodyLimit: MAX_CHALLENGE_BODY_BYTES }, async (request, reply) => {
    const { lid } = fromWire(leaseParams, request.params);
    return await backend.challenge(lid, callSignal(reply, stopping));
  });
  app.get("/v1/leases/:lid/status", async (request, reply) => {
    const { lid, auth } = readControl(request);
    return await backend.status(lid, auth, callSignal(reply, stopping));
  });
  app.get("/v1/leases/:lid/logs", async (request, reply) => {
    const { lid, auth } = readControl(request);
    const query = fromWire(logsParams, request.query);
    const signal = streamSignal({ reply, stopping, places });
    return await sendLines(reply, await startLines(backend.logs(lid, { auth, query }, signal), signal));
  });
  app.get("/v1/leases/:lid/events", async (request, reply) => {
    const { lid, auth } = readControl(request);
    const query = fromWire(eventsParams, request.query);
    const signal = streamSignal({ reply, stopping, places });
    return await sendLines(reply, await startLines(backend.events(lid, { auth, query }, signal), signal));
  });
  app.get("/v1/leases/:lid/stats", async (request, reply) => {
    const { lid, auth } = readControl(request);
    const query = fromWire(statsParams, request.query);
    const signal = streamSignal({ reply, stopping, places });
    return await sendLines(reply, await startLines(backend.stats(lid, { auth, query }, signal), signal));
  });
}

function readControl(request: FastifyRequest): { lid: bigint; auth: ReturnType<typeof readAuthorization> } {
  const { lid } = fromWire(leaseParams, request.params);
  return { lid, auth: readAuthorization(request.headers.authorization) };
}

function sendLines(reply: FastifyReply, lines: AsyncGenerator<string>): FastifyReply {
  return reply
    .header("content-type", "application/x-ndjson; charset=utf-8")
    .header("cache-control", "no-store")
    .send(Readable.from(lines));
}
