import {
  CONTROL_TIMEOUT_MS,
  type protocols,
  type Transport,
  tunnelOpenSchema,
} from "@fizz/protocol/messages";
import { type Libp2p, type Stream } from "@libp2p/interface";
import { type TunnelTargets } from "../ports.ts";
import { type Reach } from "../reach-ports.ts";
import { type ServeContext, serveProtocol } from "./answer-streams.ts";

/** Senders of datagrams that one node serves at once. */
const MAX_SENDERS = 4_096;
// Many at once and long-lived: bounded by MAX_SENDERS, not by the limits of control requests.
const NO_LIMITS: ServeContext["limits"] = { enter: () => () => undefined };

/** Where a container listens. */
export interface ContainerAddress {
  readonly host: string;
  readonly port: number;
  /** How it is reached from here; undefined: as it is. */
  readonly reach?: Reach;
}

/** A socket that is connected to a container. */
export interface ContainerSocket {
  /** Joins it with a stream, until both are over. */
  carry(stream: Stream): Promise<unknown>;
  /** Ends it, and what it carries; may be said again. */
  end(): void;
}

/** How the streams of one protocol reach a container. */
export interface ContainerProtocol {
  readonly protocol: (typeof protocols)["datagrams"];
  readonly transport: Transport;
  /** @throws ProtocolError SERVICE_UNREACHABLE */
  readonly connect: (address: ContainerAddress) => Promise<ContainerSocket>;
}

/** Each stream of the gateway is joined with a socket of its own to the container that its first frame names. */
export async function serveContainerStreams(
  host: Libp2p,
  { protocol, transport, connect }: ContainerProtocol,
  { targets, context }: { readonly targets: TunnelTargets; readonly context: ServeContext },
): Promise<void> {
  await serveProtocol(
    host,
    {
      protocol,
      request: tunnelOpenSchema,
      gatewayOnly: true,
      maxStreams: MAX_SENDERS,
      serve: async ({ message, framed }) => {
        const { leave, ...address } = await targets.locate(message, transport);
        const socket = await connect(address).catch((error: unknown) => {
          leave?.();
          throw error;
        });
        const onEnd = (): void => {
          socket.end();
        };
        context.signal.addEventListener("abort", onEnd, { once: true });
        try {
          await framed.write({ type: "ready" }, AbortSignal.timeout(CONTROL_TIMEOUT_MS));
          await socket.carry(framed.release());
        } finally {
          context.signal.removeEventListener("abort", onEnd);
          socket.end();
          leave?.();
        }
      },
    },
    { ...context, limits: NO_LIMITS },
  );
}
