import {
  challengeRequestSchema,
  type ControlAuth,
  eventsRequestSchema,
  logsRequestSchema,
  protocols,
  statusRequestSchema,
} from "@fizz/protocol/messages";
import { sendFeed } from "@fizz/protocol/streams";
import { type SessionScope } from "@fizz/protocol/typed-data";
import { type Libp2p } from "@libp2p/interface";
import { type z } from "zod";
import { type Authority, type ControlGate, type DeploymentViews } from "../ports.ts";
import { reply, type Request, type ServeContext, serveProtocol } from "./answer-streams.ts";

/** Streams of one control protocol on one connection; the gateway forwards for many clients. */
export const MAX_CONTROL_STREAMS = 512;

export interface ControlServices {
  readonly gate: ControlGate;
  readonly views: DeploymentViews;
}

export async function serveControl(
  host: Libp2p,
  services: ControlServices,
  context: ServeContext,
): Promise<void> {
  const { gate, views } = services;
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
}

async function serveFeed<Query>(
  host: Libp2p,
  feed: Feed<Query>,
  { gate, context }: { gate: ControlGate; context: ServeContext },
): Promise<void> {
  const serve = async (request: Request<{ auth: ControlAuth; query: Query }>): Promise<void> => {
    const authority = await authorize(gate, request, feed.scope);
    const signal = AbortSignal.any([request.signal, authority.signal]);
    const source = feed.source(authority.leaseHash, request.message.query, signal);
    // The reader learns of an error from the feed itself; a reader that went away needs to learn nothing.
    await sendFeed(request.framed, source, signal).catch((error: unknown) => {
      context.log.debug({ event: "feed.ended", protocol: feed.protocol, error }, "A feed ended early.");
    });
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
  { message, remotePeer }: Request<{ auth: ControlAuth }>,
  scope: SessionScope,
): Promise<Authority> {
  return await gate.authorize({ auth: message.auth, remotePeer }, scope);
}
