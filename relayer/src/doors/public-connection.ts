import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type TunnelOpen } from "@fizz/protocol/messages";
import { type ByteStream, type PipeCounts, pipeSocket } from "@fizz/protocol/streams";
import { type Tunnels } from "../ports.ts";
import { type LeaseBandwidth } from "./lease-bandwidth.ts";
import { type SilenceLimits, watchSilence } from "./silence.ts";
import { ThrottledSocket } from "./throttled-socket.ts";

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
 * Carries one public connection to its container until both directions are over. It is read at once: what comes first
 * travels with the opening. When the node is away or refuses, the connection is closed. When it is silent for too
 * long, both ends get a reset: an end would look complete.
 *
 * @throws ProtocolError what opening the tunnel failed with; the socket is closed then.
 */
export async function carryConnection(
  tunnels: Tunnels,
  socket: Socket,
  target: TunnelTarget,
): Promise<PipeCounts> {
  const answer: { isReady: boolean; refusal?: ProtocolError } = { isReady: false };
  const onAnswer = (refusal?: ProtocolError): void => {
    if (refusal === undefined) answer.isReady = true;
    else answer.refusal = refusal;
    if (refusal === undefined) target.onOpen();
    else socket.destroy();
  };
  try {
    const stream = await tunnels.begin(target.nodeId, target.open, onAnswer);
    // A socket that is gone tells nobody any more: piping it would wait for ever.
    if (socket.destroyed) throw abandon(stream);
    watchSilence(socket, target.silence, () => {
      target.onSilent();
      stream.abort(new ProtocolError("TIMEOUT", "The connection carried nothing for too long."));
    });
    const { bandwidth, onWait } = target;
    const end = bandwidth.isLimited ? new ThrottledSocket(socket, bandwidth, onWait) : socket;
    const counts = await pipeSocket(stream, end);
    if (!answer.isReady) throw answer.refusal ?? callerGone();
    return counts;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function abandon(stream: ByteStream): ProtocolError {
  const error = callerGone();
  stream.abort(error);
  return error;
}

function callerGone(): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The caller is gone.", { details: { isCallerGone: true } });
}
