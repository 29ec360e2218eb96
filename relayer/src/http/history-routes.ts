import {
  earningsQuerySchema,
  fromWire,
  leaseHistoryParamsSchema,
  leaseHistoryQuerySchema,
  leasesQuerySchema,
} from "@fizz/protocol/messages";
import { type FastifyInstance } from "fastify";
import { type HistoryBackend } from "../history-ports.ts";

export interface HistoryRouteContext {
  readonly history: HistoryBackend;
  /** Calls per minute and address for what reads many rows. */
  readonly historyLimit: () => number;
}

/** What the chain's events tell of leases and earnings. The chain is the truth; this is a copy that is quick to search. */
export function addHistoryRoutes(app: FastifyInstance, { history, historyLimit }: HistoryRouteContext): void {
  const config = { rateLimit: { max: historyLimit } };
  app.get("/v1/leases", { config }, (request) => history.leases(fromWire(leasesQuerySchema, request.query)));
  app.get("/v1/leases/:lid/history", { config }, async (request) => {
    const { lid } = fromWire(leaseHistoryParamsSchema, request.params);
    return await history.leaseHistory(lid, fromWire(leaseHistoryQuerySchema, request.query));
  });
  app.get("/v1/earnings", { config }, (request) =>
    history.earnings(fromWire(earningsQuerySchema, request.query)),
  );
}
