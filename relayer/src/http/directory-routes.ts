import { Readable } from "node:stream";
import { fromWire, nodesQuerySchema, uintSchema } from "@fizz/protocol/messages";
import { type FastifyInstance } from "fastify";
import { z } from "zod";
import { type DirectoryView } from "../directory-ports.ts";
import { type StreamPlaces, streamSignal } from "./signals.ts";
import { serverSentEvents } from "./streams.ts";

/** Changes of the node list closer together than this are sent as one. */
const NODES_CALM_MS = 250;
const JSON_TYPE = "application/json; charset=utf-8";

const nodeParams = z.object({ nodeId: uintSchema(64) });

export interface DirectoryRouteContext {
  readonly directory: DirectoryView;
  readonly places: StreamPlaces;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
}

/** What tenants choose their nodes by. */
export function addDirectoryRoutes(
  app: FastifyInstance,
  { directory, places, stopping }: DirectoryRouteContext,
): void {
  app.get("/v1/nodes", (request, reply) =>
    reply.type(JSON_TYPE).send(directory.page(fromWire(nodesQuerySchema, request.query))),
  );
  app.get("/v1/nodes/:nodeId", (request) => directory.node(fromWire(nodeParams, request.params).nodeId));
  app.get("/v1/nodes/stream", (_request, reply) => {
    const signal = streamSignal({ reply, stopping, places });
    const source = {
      event: "nodes",
      read: () => directory.all(),
      onChange: (listener: () => void) => directory.onChange(listener),
      calmMs: NODES_CALM_MS,
    };
    return reply
      .header("content-type", "text/event-stream; charset=utf-8")
      .header("cache-control", "no-store")
      .send(Readable.from(serverSentEvents(source, signal)));
  });
}
