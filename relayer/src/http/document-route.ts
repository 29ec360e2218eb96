import { type FastifyInstance } from "fastify";
import { z } from "zod";
import { VERSION } from "../version.ts";
import { openApiOf } from "./openapi.ts";
import { type RouteContract, serveRoute } from "./route-contract.ts";

const documentContract = {
  ...{ id: "openapi", method: "GET", path: "/v1/openapi.json" },
  summary: "This document.",
  answers: [{ status: 200, means: "OpenAPI 3.1.", schema: z.looseObject({ openapi: z.string() }) }],
  errors: [],
} as const satisfies RouteContract;

/** Of the routes that are added from now on. */
export function gatherContracts(app: FastifyInstance): readonly RouteContract[] {
  const contracts: RouteContract[] = [];
  app.addHook("onRoute", ({ method, config }) => {
    const contract = config?.contract;
    if (contract !== undefined && method === contract.method) contracts.push(contract);
  });
  return contracts;
}

/** Serves the API document. It is made when somebody asks for it. */
export function addDocument(app: FastifyInstance, contracts: readonly RouteContract[]): void {
  let document: string | undefined;
  serveRoute(app, documentContract, {
    handle: ({ reply }) => {
      document ??= JSON.stringify(openApiOf(contracts, VERSION));
      return reply.type("application/json; charset=utf-8").send(document);
    },
  });
}
