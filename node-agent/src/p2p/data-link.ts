import { connect, type TLSSocket } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  LINK_CIPHERS,
  LINK_NAME,
  LINK_TIMEOUT_MS,
  type LinkRequest,
  linkRequestSchema,
  protocols,
} from "@fizz/protocol/messages";
import { muxOverSocket } from "@fizz/protocol/streams";
import { type Libp2p } from "@libp2p/interface";
import { hexToBytes } from "viem";
import { reply, type ServeContext, serveProtocol } from "./answer-streams.ts";
import { gatewayAddressOf } from "./gateway-address.ts";
import { carryChannels, type ChannelServices } from "./tunnel-link.ts";

/** Links of one session: a worn one may still carry what it began with. */
const MAX_DATA_LINKS = 4;
const KEEP_ALIVE_AFTER_MS = 30_000;

export interface DataLinkServices extends ChannelServices {
  readonly context: ServeContext;
}

/** The gateway asks for a data link: the node connects it, and serves its channels as those of the tunnel link. */
export async function serveDataLinks(host: Libp2p, services: DataLinkServices): Promise<void> {
  const { context } = services;
  let links = 0;
  await serveProtocol(
    host,
    {
      protocol: protocols.link,
      request: linkRequestSchema,
      gatewayOnly: true,
      maxStreams: 1,
      serve: async ({ message, framed, signal }) => {
        if (links >= MAX_DATA_LINKS)
          throw new ProtocolError("LIMIT_REACHED", "The node has enough data links.");
        links += 1;
        const leave = (): void => {
          links -= 1;
        };
        try {
          const gateway = gatewayAddressOf(host, context.gatewayPeer);
          const socket = await connectToGateway(gateway.host, message, signal);
          socket.once("close", leave);
          carryChannels(
            (init) => muxOverSocket(socket, init),
            services,
            () => socket.destroy(),
          );
        } catch (error) {
          leave();
          throw error;
        }
        await reply(framed, { type: "ready" });
      },
    },
    context,
  );
}

/** @throws ProtocolError GATEWAY_UNREACHABLE */
async function connectToGateway(
  host: string,
  { port, certificate, token }: LinkRequest,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const socket = connect({
    ...{ host, port, ca: certificate, servername: LINK_NAME },
    minVersion: "TLSv1.3",
    ciphers: LINK_CIPHERS,
  });
  const within = AbortSignal.any([signal, AbortSignal.timeout(LINK_TIMEOUT_MS)]);
  const fail = (cause: unknown): void => {
    const message = `The node cannot connect a data link to port ${port} of its gateway.`;
    reject(new ProtocolError("GATEWAY_UNREACHABLE", message, { cause }));
    socket.destroy();
  };
  const onAbort = (): void => {
    fail(within.reason);
  };
  socket.on("error", fail);
  socket.once("secureConnect", () => {
    resolve(undefined);
  });
  within.addEventListener("abort", onAbort, { once: true });
  try {
    if (within.aborted) onAbort();
    await promise;
  } finally {
    within.removeEventListener("abort", onAbort);
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
  socket.write(hexToBytes(token));
  return socket;
}
