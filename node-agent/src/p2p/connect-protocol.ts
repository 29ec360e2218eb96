import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { connectRequestSchema, CONTROL_TIMEOUT_MS, protocols } from "@fizz/protocol/messages";
import { type PipeCounts, pipeSocket } from "@fizz/protocol/streams";
import { type Libp2p } from "@libp2p/interface";
import { type ContainerWay, type ControlGate, type PrivateTargets } from "../ports.ts";
import { type ServeContext, serveProtocol } from "./answer-streams.ts";
import { connectToContainer } from "./container-socket.ts";
import { IdleTimer, SESSION_IDLE_MS } from "./idle-timer.ts";
import { LeaseStreams } from "./lease-streams.ts";

/** Private connections of one client at once, and new ones per minute. */
export const MAX_CONNECTS_PER_CLIENT = 128;
export const MAX_CONNECT_REQUESTS_PER_WINDOW = 1_200;

export interface ConnectServices {
  readonly gate: Pick<ControlGate, "authorize">;
  readonly privateTargets: PrivateTargets;
  /** SESSION_IDLE_MS when it is not said. */
  readonly connectIdleMs?: number;
}

/**
 * Each stream is one connection of a tenant, joined with a TCP socket to a port of its own container. It runs on an
 * end-to-end connection with the tenant's client, relayed or direct: the gateway is no party to it.
 *
 * @param context Its `limits` count these streams alone: they live long.
 */
export async function serveConnect(
  host: Libp2p,
  { gate, privateTargets, connectIdleMs: idleMs = SESSION_IDLE_MS }: ConnectServices,
  context: ServeContext,
): Promise<void> {
  const leases = new LeaseStreams();
  await serveProtocol(
    host,
    {
      protocol: protocols.connect,
      request: connectRequestSchema,
      gatewayOnly: false,
      maxStreams: MAX_CONNECTS_PER_CLIENT,
      serve: async ({ message: { signed, target }, remotePeer, framed }) => {
        // Not the stream's own signal: a tenant that has ended its half may still listen.
        const over = new AbortController();
        const credentials = { auth: { signed }, remotePeer, signal: over.signal };
        const { leaseHash, signal } = await gate.authorize(credentials, "connect");
        let leave: (() => void) | undefined;
        let way: ContainerWay | undefined;
        try {
          leave = leases.enter(leaseHash);
          way = await privateTargets.locatePrivate({ ...target, leaseHash });
          const socket = await connectToContainer(way);
          const until = AbortSignal.any([signal, context.signal]);
          await whileUsed(socket, { idleMs, signal: until }, async (counts) => {
            await framed.write({ type: "ready" }, AbortSignal.timeout(CONTROL_TIMEOUT_MS));
            if (socket.destroyed) framed.abort(new ProtocolError("STREAM_CLOSED", "The container hung up."));
            else await pipeSocket(framed.release(), socket, counts);
          });
        } finally {
          over.abort();
          way?.leave?.();
          leave?.();
        }
      },
    },
    context,
  );
}

/** Runs with a socket, and ends it when the signal aborts or nothing has moved for `idleMs`: an error, so that the other end sees a reset. */
async function whileUsed(
  socket: Socket,
  { idleMs, signal }: { readonly idleMs: number; readonly signal: AbortSignal },
  run: (counts: PipeCounts) => Promise<void>,
): Promise<void> {
  const counts = { toSocket: 0, toStream: 0 };
  const idle = new IdleTimer(idleMs, () => counts.toSocket + counts.toStream);
  const until = AbortSignal.any([signal, idle.signal]);
  const end = (): void => {
    const reason: unknown = until.reason;
    const message = "The session with the gateway is over.";
    socket.destroy(reason instanceof ProtocolError ? reason : new ProtocolError("STREAM_CLOSED", message));
  };
  until.addEventListener("abort", end, { once: true });
  try {
    if (until.aborted) end();
    await run(counts);
  } finally {
    idle.stop();
    until.removeEventListener("abort", end);
    socket.destroy();
  }
}
