import { errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type z } from "zod";
import { type Logger } from "../observability/logger.ts";
import { type PeerLimits } from "./peer-limits.ts";

/** What every protocol of the node is served with. */
export interface ServeContext {
  readonly limits: Pick<PeerLimits, "enter">;
  readonly log: Logger;
  readonly gatewayPeer: string;
  /** Aborts when the session with the gateway ends. */
  readonly signal: AbortSignal;
}

export interface Request<Message> {
  readonly message: Message;
  readonly remotePeer: string;
  readonly framed: FramedStream;
  /** Aborts when the caller goes away or the session ends. */
  readonly signal: AbortSignal;
}

export interface Served<Schema extends z.ZodType> {
  readonly protocol: string;
  readonly request: Schema;
  /** Only the gateway may ask. */
  readonly gatewayOnly: boolean;
  /** Most streams of this protocol on one connection. */
  readonly maxStreams: number;
  /** Answers on the stream itself, and ends it. */
  readonly serve: (request: Request<z.output<Schema>>) => Promise<void>;
}

/** Reads the first frame of each stream of a protocol, and answers errors as `{type: "error"}`. */
export async function serveProtocol<Schema extends z.ZodType>(
  host: Libp2p,
  served: Served<Schema>,
  context: ServeContext,
): Promise<void> {
  const handler = (stream: Stream, connection: Connection): void => {
    void answer(stream, connection.remotePeer.toString(), { served, context });
  };
  const options = { maxInboundStreams: served.maxStreams, runOnLimitedConnection: !served.gatewayOnly };
  await host.handle(served.protocol, handler, options);
}

async function answer<Schema extends z.ZodType>(
  stream: Stream,
  remotePeer: string,
  { served, context }: { served: Served<Schema>; context: ServeContext },
): Promise<void> {
  const framed = new FramedStream(stream);
  let leave: (() => void) | undefined;
  try {
    const isGateway = remotePeer === context.gatewayPeer;
    if (served.gatewayOnly && !isGateway)
      throw new ProtocolError("IDENTITY_UNKNOWN", "Only the gateway of this node may ask this.");
    leave = context.limits.enter(remotePeer, isGateway);
    const signal = AbortSignal.any([context.signal, goneSignal(stream)]);
    const within = AbortSignal.any([signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
    const message = await framed.require(served.request, within);
    await served.serve({ message, remotePeer, framed, signal });
  } catch (error) {
    context.log.debug(
      { event: "stream.refused", protocol: served.protocol, remotePeer, error },
      "A request failed.",
    );
    const timeout = AbortSignal.timeout(CONTROL_TIMEOUT_MS);
    await framed.write({ type: "error", error: errorToWire(error) }, timeout).catch(() => undefined);
    await framed.close();
  } finally {
    leave?.();
  }
}

/** Aborts when the other side has closed its half, or the whole stream: callers keep theirs open until they are done. */
function goneSignal(stream: Stream): AbortSignal {
  const gone = new AbortController();
  const abort = (): void => {
    // A code, for what is still written to whoever closed one half only.
    gone.abort(new ProtocolError("STREAM_CLOSED", "The caller has gone."));
  };
  stream.addEventListener("remoteCloseWrite", abort, { once: true });
  stream.addEventListener("close", abort, { once: true });
  return gone.signal;
}

/** One question, one answer. */
export async function reply(framed: FramedStream, message: unknown): Promise<void> {
  await framed.write(message, AbortSignal.timeout(CONTROL_TIMEOUT_MS));
  await framed.close();
}
