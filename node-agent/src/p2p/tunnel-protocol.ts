import { connect, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS, protocols, tunnelOpenSchema } from "@fizz/protocol/messages";
import { pipeSocket } from "@fizz/protocol/streams";
import { type Libp2p } from "@libp2p/interface";
import { type TunnelTargets } from "../ports.ts";
import { type ServeContext, serveProtocol } from "./answer-streams.ts";

/** Public connections that one node carries at once. */
export const MAX_TUNNELS = 4_096;
/** Time for a container to accept a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

// Many at once and long-lived: bounded by MAX_TUNNELS, not by the limits of control requests.
export const NO_LIMITS: ServeContext["limits"] = { enter: () => () => undefined };

/** Each stream is one public connection: joined with a socket to the container. */
export async function serveTunnels(
  host: Libp2p,
  targets: TunnelTargets,
  context: ServeContext,
): Promise<void> {
  await serveProtocol(
    host,
    {
      protocol: protocols.tunnel,
      request: tunnelOpenSchema,
      gatewayOnly: true,
      maxStreams: MAX_TUNNELS,
      serve: async ({ message, framed }) => {
        const socket = await open(await targets.locate(message, "tcp"));
        try {
          await framed.write({ type: "ready" }, AbortSignal.timeout(CONTROL_TIMEOUT_MS));
        } catch (error) {
          socket.destroy();
          throw error;
        }
        const onEnd = (): void => {
          socket.destroy();
        };
        context.signal.addEventListener("abort", onEnd, { once: true });
        await pipeSocket(framed.release(), socket);
        context.signal.removeEventListener("abort", onEnd);
      },
    },
    { ...context, limits: NO_LIMITS },
  );
}

async function open(target: { readonly host: string; readonly port: number }): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const fail = (cause: unknown): void => {
      socket.destroy();
      const message = `Nothing answers on port ${target.port} of the container.`;
      reject(new ProtocolError("SERVICE_UNREACHABLE", message, { cause }));
    };
    const timer = setTimeout(fail, CONNECT_TIMEOUT_MS);
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
    socket.once("close", () => {
      clearTimeout(timer);
    });
  });
}
