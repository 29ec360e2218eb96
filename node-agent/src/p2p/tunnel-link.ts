import { ProtocolError } from "@fizz/protocol/errors";
import { protocols } from "@fizz/protocol/messages";
import { abortConnection, muxOver, type OpenRequest, pipeSocket, TICK_MS } from "@fizz/protocol/streams";
import { type Connection, type Libp2p, type Stream } from "@libp2p/interface";
import { type TunnelTargets } from "../ports.ts";
import { type ServeContext } from "./answer-streams.ts";
import { connectToContainer } from "./container-socket.ts";

/** Links of one connection: the old one may still be on its way out. */
const MAX_LINKS = 2;

export interface TunnelLinkServices {
  readonly targets: TunnelTargets;
  readonly context: Pick<ServeContext, "gatewayPeer" | "log" | "signal">;
  /** Takes the number of bytes that went through a link. */
  readonly onTraffic?: (bytes: number) => void;
}

/** The gateway's link for public connections: each of its channels is joined with a TCP socket to a container. */
export async function serveTunnelLink(host: Libp2p, services: TunnelLinkServices): Promise<void> {
  const handler = (stream: Stream, connection: Connection): void => {
    if (connection.remotePeer.toString() === services.context.gatewayPeer)
      carryLink(stream, connection, services);
    else stream.abort(new ProtocolError("IDENTITY_UNKNOWN", "Only the gateway of this node may ask this."));
  };
  await host.handle(protocols.tunnel, handler, { maxInboundStreams: MAX_LINKS });
}

function carryLink(stream: Stream, connection: Connection, services: TunnelLinkServices): void {
  const { targets, context, onTraffic } = services;
  const { log, signal } = context;
  const mux = muxOver(stream, {
    defer: setImmediate,
    ...(onTraffic === undefined ? {} : { onTraffic }),
    onOpen: (request) => {
      carry(request, targets).catch((error: unknown) => {
        log.debug({ event: "tunnel.refused", target: request.target, error }, "A connection was refused.");
        request.refuse(error);
      });
    },
    onEnd: (error) => {
      clearInterval(timer);
      signal.removeEventListener("abort", onAbort);
      log.debug({ event: "tunnel.ended", error }, "The tunnel link is gone.");
      // A gateway that is silent or breaks the rules is dialled again. Not within an abort of the connection itself.
      setImmediate(abortConnection, connection, error);
    },
  });
  const onAbort = (): void => {
    mux.end(new ProtocolError("STREAM_CLOSED", "The session with the gateway is over."));
  };
  const timer = setInterval(() => {
    mux.tick();
  }, TICK_MS);
  if (signal.aborted || mux.isEnded) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
}

async function carry({ target, stream, accept }: OpenRequest, targets: TunnelTargets): Promise<void> {
  const socket = await connectToContainer(await targets.locate(target, "tcp"));
  if (stream.status !== "open") {
    socket.destroy();
    return;
  }
  accept();
  await pipeSocket(stream, socket);
}
