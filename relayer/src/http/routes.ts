import { Readable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { callerKey } from "../domain/caller-key.ts";
import { type StreamPlaces } from "../domain/stream-places.ts";
import { type Backend } from "../ports.ts";
import { contracts } from "./contracts.ts";
import { addDirectoryRoutes, type DirectoryRoutesInit } from "./directory-routes.ts";
import { serveRoute } from "./route-contract.ts";
import { callSignal, streamSignal } from "./signals.ts";
import { startLines } from "./streams.ts";

const MS_PER_SECOND = 1_000;

export interface RouteContext {
  readonly backend: Backend;
  /** Of logs and events. */
  readonly places: StreamPlaces;
  /** Of those who follow the directory; they do not take the places of logs and events. */
  readonly directoryPlaces: StreamPlaces;
  readonly directoryInit: DirectoryRoutesInit | undefined;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Calls per minute and address for what makes many nodes work. */
  readonly quoteLimit: () => number;
}

/** Every route of the gateway's API. */
export function addRoutes(app: FastifyInstance, context: RouteContext): void {
  const { backend, stopping, directoryPlaces: places, directoryInit: init } = context;
  serveRoute(app, contracts.health, { handle: () => backend.health() });
  serveRoute(app, contracts.network, { handle: ({ query: { nodeId } }) => backend.network(nodeId) });
  addDirectoryRoutes(app, { directory: backend.directory, feed: backend.feed, stopping, places, init });
  addOrderRoutes(app, context);
  addControlRoutes(app, context);
}

function addOrderRoutes(app: FastifyInstance, { backend, stopping, quoteLimit }: RouteContext): void {
  serveRoute(app, contracts.quotes, {
    limit: quoteLimit,
    handle: async ({ body, request, reply }) => {
      const signal = callSignal(reply, stopping, (body.waitSeconds ?? 0) * MS_PER_SECOND);
      return await backend.quotes(body, signal, callerKey(request.ip));
    },
  });
  serveRoute(app, contracts.manifest, {
    handle: async ({ params: { lid }, body, reply }) => {
      if (body.lid !== lid)
        throw new ProtocolError(
          "INPUT_INVALID",
          `The delivery is for lease ${body.lid}, the address says ${lid}.`,
        );
      const receipt = await backend.deliverManifest(body, callSignal(reply, stopping));
      if (receipt !== undefined) return { receipt };
      return await reply.status(202).send({ pending: true });
    },
  });
}

function addControlRoutes(app: FastifyInstance, { backend, places, stopping }: RouteContext): void {
  serveRoute(app, contracts.challenge, {
    handle: ({ params: { lid }, reply }) => backend.challenge(lid, callSignal(reply, stopping)),
  });
  serveRoute(app, contracts.revoke, {
    handle: ({ params: { lid }, body, reply }) => backend.revoke(lid, body, callSignal(reply, stopping)),
  });
  serveRoute(app, contracts.status, {
    handle: ({ params: { lid }, auth, reply }) => backend.status(lid, auth, callSignal(reply, stopping)),
  });
  const send = async (
    { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    open: (signal: AbortSignal) => AsyncGenerator<readonly unknown[]>,
  ): Promise<FastifyReply> => {
    const signal = streamSignal({ request, reply, stopping, places });
    return await sendLines(reply, await startLines(open(signal), signal));
  };
  serveRoute(app, contracts.logs, {
    handle: ({ params: { lid }, auth, query, ...call }) =>
      send(call, (signal) => backend.logs(lid, { auth, query }, signal)),
  });
  serveRoute(app, contracts.events, {
    handle: ({ params: { lid }, auth, query, ...call }) =>
      send(call, (signal) => backend.events(lid, { auth, query }, signal)),
  });
  serveRoute(app, contracts.stats, {
    handle: ({ params: { lid }, auth, query, ...call }) =>
      send(call, (signal) => backend.stats(lid, { auth, query }, signal)),
  });
}

function sendLines(reply: FastifyReply, lines: AsyncGenerator<string>): FastifyReply {
  return reply
    .header("content-type", "application/x-ndjson; charset=utf-8")
    .header("cache-control", "no-store")
    .send(Readable.from(lines));
}
