import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type TunnelOpen } from "@fizz/protocol/messages";
import { type PipeCounts, pipeSocket } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { type Tunnels } from "../ports.ts";
import { type LeaseBandwidth } from "./lease-bandwidth.ts";
import { type SilenceLimits, watchSilence } from "./silence.ts";
import { ThrottledSocket } from "./throttled-socket.ts";

/** Time for the node to connect to its container. */
const OPEN_TIMEOUT_MS = 10_000;

export interface TunnelTarget {
  readonly nodeId: bigint;
  readonly open: TunnelOpen;
  /** Called when the container is reached. */
  readonly onOpen: () => void;
  readonly bandwidth: LeaseBandwidth;
  readonly silence: SilenceLimits;
  /** Called each time that the bandwidth holds the connection back. */
  readonly onWait: () => void;
  /** Called when it is ended since it was silent for too long. */
  readonly onSilent: () => void;
}

/**
 * Carries one public connection to its container until both directions are over. When the node is away or refuses,
 * the connection is closed. When it is silent for too long, both ends get a reset: an end would look complete.
 *
 * @throws ProtocolError what opening the tunnel failed with; the socket is closed then.
 */
export async function carryConnection(
  tunnels: Tunnels,
  socket: Socket,
  target: TunnelTarget,
): Promise<PipeCounts> {
  const gone = new AbortController();
  const onClose = (): void => {
    gone.abort();
  };
  socket.once("close", onClose);
  try {
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)]);
    const stream = await tunnels.open(target.nodeId, target.open, signal);
    // A socket that is gone tells nobody any more: piping it would wait for ever.
    if (socket.destroyed) throw abandon(stream);
    target.onOpen();
    watchSilence(socket, target.silence, () => {
      target.onSilent();
      stream.abort(new ProtocolError("TIMEOUT", "The connection carried nothing for too long."));
    });
    const { bandwidth, onWait } = target;
    return await pipeSocket(
      stream,
      bandwidth.isLimited ? new ThrottledSocket(socket, bandwidth, onWait) : socket,
    );
  } catch (error) {
    socket.destroy();
    throw gone.signal.aborted ? callerGone(error) : error;
  } finally {
    socket.off("close", onClose);
  }
}

function abandon(stream: Stream): ProtocolError {
  const error = callerGone();
  stream.abort(error);
  return error;
}

function callerGone(cause?: unknown): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The caller is gone.", {
    cause,
    details: { isCallerGone: true },
  });
}
