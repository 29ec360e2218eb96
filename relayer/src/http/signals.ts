import { CONTROL_TIMEOUT_MS } from "@fizz/protocol/messages";
import { type FastifyReply, type FastifyRequest } from "fastify";
import { callerKey } from "../domain/caller-key.ts";
import { type StreamPlaces } from "../domain/stream-places.ts";

/** Ends with the caller's connection, the server, or CONTROL_TIMEOUT_MS. @param waitMs Time beside that. */
export function callSignal(reply: FastifyReply, stopping: AbortSignal, waitMs = 0): AbortSignal {
  return AbortSignal.any([goneSignal(reply), stopping, AbortSignal.timeout(CONTROL_TIMEOUT_MS + waitMs)]);
}

export interface StreamContext {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly stopping: AbortSignal;
  readonly places: StreamPlaces;
}

/** Ends with the caller's connection or the server, and holds a place until then. @throws ProtocolError LIMIT_REACHED */
export function streamSignal({ request, reply, stopping, places }: StreamContext): AbortSignal {
  const leave = places.take(callerKey(request.ip));
  reply.raw.once("close", leave);
  return AbortSignal.any([goneSignal(reply), stopping]);
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    gone.abort();
  });
  return gone.signal;
}
