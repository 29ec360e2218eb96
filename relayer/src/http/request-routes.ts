import { type FastifyInstance } from "fastify";
import { type RequestBackend } from "../request-ports.ts";
import { requestContracts } from "./contracts.ts";
import { serveRoute } from "./route-contract.ts";

export interface RequestRouteContext {
  readonly requests: RequestBackend;
  /** Calls per minute and address for what is checked against the chain. */
  readonly relayLimit: () => number;
}

/** Calls that others sign and the gateway pays for. */
export function addRequestRoutes(
  app: FastifyInstance,
  { requests, relayLimit: limit }: RequestRouteContext,
): void {
  serveRoute(app, requestContracts.relay, {
    limit,
    handle: async ({ body, reply }) => await reply.status(202).send(await requests.relay(body)),
  });
  serveRoute(app, requestContracts.request, { handle: ({ params: { id } }) => requests.find(id) });
  serveRoute(app, requestContracts.queue, {
    limit,
    handle: ({ query: { signer } }) => requests.queueOf(signer),
  });
}
