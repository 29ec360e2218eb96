import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import {
  abortConnection,
  type Mux,
  muxOver,
  type MuxOverInit,
  type OpenRequest,
  TICK_MS,
} from "@fizz/protocol/streams";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type TunnelTargets } from "../ports.ts";
import { type ServeContext } from "./answer-streams.ts";
import { ContainerConnection } from "./container-connection.ts";

/** Links of one connection: the old one may still be on its way out. */
const MAX_LINKS = 2;

export interface ChannelServices {
  readonly targets: TunnelTargets;
  readonly context: Pick<ServeContext, "log" | "signal">;
  /** Takes the number of bytes that went through a link. */
  readonly onTraffic?: (bytes: number) => void;
}

export interface TunnelLinkServices extends ChannelServices {
  readonly context: Pick<ServeContext, "gatewayPeer" | "log" | "signal">;
}

/** The gateway's link for public connections. */
export async function serveTunnelLink(host: Libp2p, services: TunnelLinkServices): Promise<void> {
  const handler = (stream: Stream, connection: Connection): void => {
    if (connection.remotePeer.toString() === services.context.gatewayPeer)
      carryChannels(
        (init) => muxOver(stream, init),
        services,
        // A gateway that is silent or breaks the rules is dialled again. Not within an abort of the connection itself.
        (error) => setImmediate(abortConnection, connection, error),
      );
    else stream.abort(new ProtocolError("IDENTITY_UNKNOWN", "Only the gateway of this node may ask this."));
  };
  await host.handle(protocols.tunnel, handler, { maxInboundStreams: MAX_LINKS });
}

/**
 * Joins each channel of a link with a TCP socket to a container, until the link or the session ends.
 *
 * @param start Begins the link.
 * @param onEnd Called once.
 */
export function carryChannels(
  start: (init: MuxOverInit) => Mux,
  { targets, context, onTraffic }: ChannelServices,
  onEnd: (error: ProtocolError) => void,
): void {
  const { log, signal } = context;
  const timer = setInterval(() => {
    mux.tick();
  }, TICK_MS);
  const onAbort = (): void => {
    mux.end(new ProtocolError("STREAM_CLOSED", "The session with the gateway is over."));
  };
  const onRefused = (request: OpenRequest, error: unknown): void => {
    log.debug({ event: "tunnel.refused", target: request.target, error }, "A connection was refused.");
    request.refuse(error);
  };
  const mux = start({
    defer: setImmediate,
    ...(onTraffic === undefined ? {} : { onTraffic }),
    onOpen: (request) => {
      new ContainerConnection(request, onRefused).start(targets);
    },
    onEnd: (error) => {
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
      log.debug({ event: "tunnel.ended", error }, "A link for public connections is gone.");
      onEnd(error);
    },
  });
  if (signal.aborted) onAbort();
  else if (!mux.isEnded) signal.addEventListener("abort", onAbort, { once: true });
}
