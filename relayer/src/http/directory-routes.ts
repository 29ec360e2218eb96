import { fromWire, nodesQuerySchema, nodesStreamQuerySchema, uintSchema } from "@fizz/protocol/messages";
import { type FastifyInstance } from "fastify";
import { z } from "zod";
import { type DirectoryFeed, type DirectoryView } from "../directory-ports.ts";
import { DirectoryStreams, type DirectoryStreamsInit } from "./directory-streams.ts";
import { StreamPlaces, streamSignal } from "./signals.ts";

/** Those who follow the directory at once; they do not take the places of logs and events. */
const MAX_DIRECTORY_READERS = 1_000;
const JSON_TYPE = "application/json; charset=utf-8";

const nodeParams = z.object({ nodeId: uintSchema(64) });

export interface DirectoryRouteContext {
  readonly directory: DirectoryView;
  readonly feed: DirectoryFeed;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  readonly init: DirectoryRoutesInit | undefined;
}

export interface DirectoryRoutesInit extends DirectoryStreamsInit {
  readonly maxReaders?: number;
}

/** What tenants choose their nodes by. */
export function addDirectoryRoutes(
  app: FastifyInstance,
  { directory, feed, stopping, init = {} }: DirectoryRouteContext,
): void {
  app.get("/v1/nodes", (request, reply) =>
    reply.type(JSON_TYPE).send(directory.page(fromWire(nodesQuerySchema, request.query))),
  );
  app.get("/v1/nodes/:nodeId", (request) => directory.node(fromWire(nodeParams, request.params).nodeId));

  const places = new StreamPlaces(init.maxReaders ?? MAX_DIRECTORY_READERS);
  const streams = new DirectoryStreams(feed, init);
  stopping.addEventListener("abort", () => {
    streams.stop();
  });
  app.get("/v1/nodes/stream", { exposeHeadRoute: false }, (request, reply) => {
    const { cursor } = fromWire(nodesStreamQuerySchema, request.query);
    const signal = streamSignal({ reply, stopping, places });
    // A browser that connects again does so with the first address, and tells here where it stood.
    const newer = request.headers["last-event-id"];
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
    });
    void streams.serve({ response: reply.raw, cursor: typeof newer === "string" ? newer : cursor, signal });
  });
}
