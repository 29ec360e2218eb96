import { type FastifyInstance } from "fastify";
import { type HistoryBackend } from "../history-ports.ts";
import { historyContracts } from "./contracts.ts";
import { serveRoute } from "./route-contract.ts";

export interface HistoryRouteContext {
  readonly history: HistoryBackend;
  /** Calls per minute and address for what reads many rows. */
  readonly historyLimit: () => number;
}

/** What the chain's events tell of leases and earnings. The chain is the truth; this is a copy that is quick to search. */
export function addHistoryRoutes(
  app: FastifyInstance,
  { history, historyLimit: limit }: HistoryRouteContext,
): void {
  serveRoute(app, historyContracts.leases, { limit, handle: ({ query }) => history.leases(query) });
  serveRoute(app, historyContracts.leaseHistory, {
    limit,
    handle: ({ params: { lid }, query }) => history.leaseHistory(lid, query),
  });
  serveRoute(app, historyContracts.earnings, { limit, handle: ({ query }) => history.earnings(query) });
}
