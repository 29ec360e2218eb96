import { addressSchema, bytes32Schema, fromWire } from "@fizz/protocol/messages";
import { MAX_REQUEST_DATA_BYTES, signedForwardRequestSchema } from "@fizz/protocol/typed-data";
import { type FastifyInstance } from "fastify";
import { z } from "zod";
import { type RequestBackend } from "../request-ports.ts";

/** Call data in hexadecimal digits, and the rest of a request. */
const MAX_REQUEST_BODY_BYTES = 2 * MAX_REQUEST_DATA_BYTES + 1_024;

const requestParams = z.object({ id: bytes32Schema });
const queueParams = z.object({ signer: addressSchema });

export interface RequestRouteContext {
  readonly requests: RequestBackend;
  /** Calls per minute and address for what is checked against the chain. */
  readonly relayLimit: () => number;
}

/** Calls that others sign and the gateway pays for. */
export function addRequestRoutes(app: FastifyInstance, { requests, relayLimit }: RequestRouteContext): void {
  const config = { rateLimit: { max: relayLimit } };
  app.post("/v1/requests", { bodyLimit: MAX_REQUEST_BODY_BYTES, config }, async (request, reply) => {
    const taken = await requests.relay(fromWire(signedForwardRequestSchema, request.body));
    return await reply.status(202).send(taken);
  });
  app.get("/v1/requests/:id", async (request) => {
    const { id } = fromWire(requestParams, request.params);
    return await requests.find(id);
  });
  app.get("/v1/requests", { config }, async (request) => {
    const { signer } = fromWire(queueParams, request.query);
    return await requests.queueOf(signer);
  });
}
