import { createSocket, type Socket } from "node:dgram";
import { ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS, protocols, tunnelOpenSchema } from "@fizz/protocol/messages";
import { DatagramStream } from "@fizz/protocol/streams";
import { type Libp2p } from "@libp2p/interface";
import { type TunnelTargets } from "../ports.ts";
import { type ServeContext, serveProtocol } from "./answer-streams.ts";
import { MAX_TUNNELS, NO_LIMITS } from "./tunnel-protocol.ts";

/** Each stream is one public sender: joined with a UDP socket of its own, whose answers from the container go back. */
export async function serveDatagrams(
  host: Libp2p,
  targets: TunnelTargets,
  context: ServeContext,
): Promise<void> {
  await serveProtocol(
    host,
    {
      protocol: protocols.datagrams,
      request: tunnelOpenSchema,
      gatewayOnly: true,
      maxStreams: MAX_TUNNELS,
      serve: async ({ message, framed }) => {
        const socket = await connectTo(await targets.locate(message, "udp"));
        try {
          await framed.write({ type: "ready" }, AbortSignal.timeout(CONTROL_TIMEOUT_MS));
          const stream = new DatagramStream(framed.release(), (payload) => {
            socket.send(payload, () => undefined);
          });
          const onEnd = (): void => {
            stream.close();
          };
          socket.on("message", (payload) => stream.send(payload));
          context.signal.addEventListener("abort", onEnd, { once: true });
          await stream.closed;
          context.signal.removeEventListener("abort", onEnd);
        } finally {
          socket.close();
        }
      },
    },
    { ...context, limits: NO_LIMITS },
  );
}

/** A socket that sends to one address and hears nobody else. */
async function connectTo({ host, port }: { readonly host: string; readonly port: number }): Promise<Socket> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  // While nothing listens in the container, the system says so here; it may come.
  socket.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.connect(port, host, (cause?: Error) => {
      if (cause === undefined) {
        resolve();
        return;
      }
      socket.close();
      reject(new ProtocolError("SERVICE_UNREACHABLE", `No way to port ${port} of the container.`, { cause }));
    });
  });
  return socket;
}
