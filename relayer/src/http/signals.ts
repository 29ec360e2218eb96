import { ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS } from "@fizz/protocol/messages";
import { type FastifyReply } from "fastify";

/** Open streams (logs, events) of all callers at once. */
const MAX_HTTP_STREAMS = 1_000;

/** Counts open streams. */
export class StreamPlaces {
  readonly #places: number;
  #taken = 0;

  constructor(places = MAX_HTTP_STREAMS) {
    this.#places = places;
  }

  /** @returns What gives the place back. @throws ProtocolError LIMIT_REACHED */
  take(): () => void {
    if (this.#taken >= this.#places)
      throw new ProtocolError(
        "LIMIT_REACHED",
        `This gateway serves ${this.#places} such streams and takes no more.`,
      );
    this.#taken += 1;
    return () => {
      this.#taken -= 1;
    };
  }
}

/** Ends with the caller's connection, the server, or CONTROL_TIMEOUT_MS. @param waitMs Time beside that. */
export function callSignal(reply: FastifyReply, stopping: AbortSignal, waitMs = 0): AbortSignal {
  return AbortSignal.any([goneSignal(reply), stopping, AbortSignal.timeout(CONTROL_TIMEOUT_MS + waitMs)]);
}

export interface StreamContext {
  readonly reply: FastifyReply;
  readonly stopping: AbortSignal;
  readonly places: StreamPlaces;
}

/** Ends with the caller's connection or the server, and holds a place until then. @throws ProtocolError LIMIT_REACHED */
export function streamSignal({ reply, stopping, places }: StreamContext): AbortSignal {
  const leave = places.take();
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
