import {
  challengeRequestSchema,
  type ControlAuth,
  eventsRequestSchema,
  logsRequestSchema,
  protocols,
  STATS_WINDOW_FRAMES,
  statsRequestSchema,
  statusRequestSchema,
} from "@fizz/protocol/messages";
import { sendFeed } from "@fizz/protocol/streams";
import { type SessionScope } from "@fizz/protocol/typed-data";
import { type Libp2p } from "@libp2p/interface";
import { type z } from "zod";
import { type Authority, type ControlGate, type DeploymentViews } from "../ports.ts";
import { type UsageViews } from "../usage-ports.ts";
import { reply, type Request, type ServeContext, serveProtocol } from "./answer-streams.ts";
import { LeaseStreams } from "./lease-streams.ts";

/** Streams of one control protocol on one connection; the gateway forwards for many clients. */
export const MAX_CONTROL_STREAMS = 512;
/** Readers of stats of one lease, and of all of a node, at once. */
export const STATS_LIMITS = { perLease: 16, total: 256, what: "readers of stats" } as const;

export interface ControlServices {
  readonly gate: ControlGate;
  readonly views: DeploymentViews;
  readonly usage: UsageViews;
}

export async function serveControl(
  host: Libp2p,
  services: ControlServices,
  context: ServeContext,
): Promise<void> {
  const { gate, views, usage } = services;
  const common = { gatewayOnly: false, maxStreams: MAX_CONTROL_STREAMS };
  await serveProtocol(
    host,
    {
      ...common,
      protocol: protocols.challenge,
      request: challengeRequestSchema,
      serve: ({ message, framed }) =>
        reply(framed, { type: "challenge", ...gate.challenge(message.leaseHash) }),
    },
    context,
  );
  await serveProtocol(
    host,
    {
      ...common,
      protocol: protocols.status,
      request: statusRequestSchema,
      serve: async (request) => {
        const { leaseHash } = await authorize(gate, request, "status");
        await reply(request.framed, { type: "status", status: await views.status(leaseHash) });
      },
    },
    context,
  );
  const logs = { protocol: protocols.logs, request: logsRequestSchema, scope: "logs" } as const;
  await serveFeed(host, { ...logs, source: (...args) => views.logs(...args) }, { gate, context });
  const events = { protocol: protocols.events, request: eventsRequestSchema, scope: "events" } as const;
  await serveFeed(host, { ...events, source: (...args) => views.events(...args) }, { gate, context });
  const stats = { protocol: protocols.stats, request: statsRequestSchema, scope: "status" } as const;
  const bounds = { window: STATS_WINDOW_FRAMES, limit: new LeaseStreams(STATS_LIMITS) };
  await serveFeed(
    host,
    { ...stats, ...bounds, source: (...args) => usage.stats(...args) },
    { gate, context },
  );
}

interface Feed<Query> {
  readonly protocol: string;
  readonly request: z.ZodType<{ auth: ControlAuth; query: Query }>;
  readonly scope: SessionScope;
  readonly source: (
    leaseHash: Authority["leaseHash"],
    query: Query,
    signal: AbortSignal,
  ) => AsyncIterable<readonly unknown[]>;
  /** Frames ahead of the reader, when it is not what feeds have. */
  readonly window?: number;
  /** Most of these feeds at once, when the streams of a client are no limit enough. */
  readonly limit?: LeaseStreams;
}

async function serveFeed<Query>(
  host: Libp2p,
  feed: Feed<Query>,
  { gate, context }: { gate: ControlGate; context: ServeContext },
): Promise<void> {
  const serve = async (request: Request<{ auth: ControlAuth; query: Query }>): Promise<void> => {
    const authority = await authorize(gate, request, feed.scope);
    const signal = AbortSignal.any([request.signal, authority.signal]);
    const leave = feed.limit?.enter(authority.leaseHash);
    const batches = feed.source(authority.leaseHash, request.message.query, signal);
    const source = feed.window === undefined ? { batches } : { batches, window: feed.window };
    // The reader learns of an error from the feed itself; a reader that went away needs to learn nothing.
    await sendFeed(request.framed, source, signal).catch((error: unknown) => {
      context.log.debug({ event: "feed.ended", protocol: feed.protocol, error }, "A feed ended early.");
    });
    leave?.();
  };
  const { protocol, request } = feed;
  await serveProtocol(
    host,
    { protocol, request, gatewayOnly: false, maxStreams: MAX_CONTROL_STREAMS, serve },
    context,
  );
}

async function authorize(
  gate: ControlGate,
  { message, remotePeer, signal }: Request<{ auth: ControlAuth }>,
  scope: SessionScope,
): Promise<Authority> {
  return await gate.authorize({ auth: message.auth, remotePeer, signal }, scope);
}
