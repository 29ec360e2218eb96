import { type FastifyInstance, type FastifyReply } from "fastify";
import { type DirectoryFeeds, type DirectoryView } from "../directory-ports.ts";
import { type StreamPlaces } from "../domain/stream-places.ts";
import { contracts } from "./contracts.ts";
import { type DirectoryStreamsInit } from "./directory-streams.ts";
import { FilteredStreams } from "./filtered-streams.ts";
import { serveRoute } from "./route-contract.ts";
import { streamSignal } from "./signals.ts";

const JSON_TYPE = "application/json; charset=utf-8";

export interface DirectoryRouteContext {
  readonly directory: DirectoryView;
  readonly feed: DirectoryFeeds;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  readonly places: StreamPlaces;
  readonly init: DirectoryRoutesInit | undefined;
}

export interface DirectoryRoutesInit extends DirectoryStreamsInit {
  readonly maxReaders?: number;
  /** Of one address. */
  readonly maxReadersEach?: number;
}

/** What tenants choose their nodes by. */
export function addDirectoryRoutes(
  app: FastifyInstance,
  { directory, feed, stopping, places, init = {} }: DirectoryRouteContext,
): void {
  serveRoute(app, contracts.nodes, {
    handle: ({ query, reply }) => reply.type(JSON_TYPE).send(directory.page(query)),
  });
  serveRoute(app, contracts.node, { handle: ({ params: { nodeId } }) => directory.node(nodeId) });

  const streams = new FilteredStreams(feed, init);
  stopping.addEventListener("abort", () => {
    streams.stop();
  });
  serveRoute(app, contracts.nodesStream, {
    handle: ({ query: { cursor, ...filter }, request, reply }) => {
      const signal = streamSignal({ request, reply, stopping, places });
      // A browser that connects again does so with the first address, and tells here where it stood.
      const newer = request.headers["last-event-id"];
      beginEvents(reply);
      const reader = {
        response: reply.raw,
        cursor: typeof newer === "string" ? newer : cursor,
        signal,
      };
      void streams.of(filter, signal).serve(reader);
    },
  });
}

function beginEvents(reply: FastifyReply): void {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
}
