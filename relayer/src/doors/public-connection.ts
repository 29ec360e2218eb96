import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type TunnelOpen } from "@fizz/protocol/messages";
import {
  type ByteStream,
  joinSocket,
  type PipeCounts,
  type PipeOwner,
  resetSocket,
} from "@fizz/protocol/streams";
import { type Tunnels } from "../ports.ts";
import { type LeaseBandwidth } from "./lease-bandwidth.ts";
import { type Seen, type SilenceWatch, type Watched } from "./silence.ts";
import { ThrottledSocket } from "./throttled-socket.ts";

/** What the connections of one lease have in common. */
export interface CarriedBy {
  readonly tunnels: Tunnels;
  readonly bandwidth: LeaseBandwidth;
  readonly silence: SilenceWatch;
  /** Called when a container is reached. */
  readonly onOpen: () => void;
  /** Called each time that the bandwidth holds a connection back. */
  readonly onWait: () => void;
  /** Called when one is ended since it was silent for too long. */
  readonly onSilent: () => void;
}

/** Where a connection leads. */
export interface TunnelTarget {
  readonly nodeId: bigint;
  readonly open: TunnelOpen;
}

/** Called once. @param error Why no container was reached; its code says it. The socket is closed then. */
export type OnConnectionOver = (counts: PipeCounts, error?: unknown) => void;

/**
 * Carries one public connection to its container until both directions are over. It is read at once: what comes first
 * travels with the opening. When the node is away or refuses, the connection is closed. When it is silent for too
 * long, both ends get a reset: an end would look complete.
 *
 * Nothing of it is a promise where the node's link is there: most connections are short, and each of them would pay for it.
 */
export class PublicConnection implements PipeOwner, Watched {
  readonly socket: Socket;
  readonly counts: PipeCounts = { toSocket: 0, toStream: 0 };
  seen: Seen | undefined;
  readonly #by: CarriedBy;
  readonly #onOver: OnConnectionOver;
  #stream: ByteStream | undefined;
  /** Among those whose silence is noticed. */
  #place: number | undefined;
  #isReady = false;
  #refusal: ProtocolError | undefined;

  constructor(by: CarriedBy, socket: Socket, onOver: OnConnectionOver) {
    this.#by = by;
    this.socket = socket;
    this.#onOver = onOver;
  }

  start({ nodeId, open }: TunnelTarget): void {
    try {
      const begun = this.#by.tunnels.begin(nodeId, open, (refusal) => {
        this.#answered(refusal);
      });
      if (begun instanceof Promise) begun.then(this.#join).catch(this.#fail);
      else this.#join(begun);
    } catch (error) {
      this.#fail(error);
    }
  }

  #answered(refusal: ProtocolError | undefined): void {
    if (refusal === undefined) {
      this.#isReady = true;
      this.#by.onOpen();
      return;
    }
    this.#refusal = refusal;
    this.socket.destroy();
  }

  readonly #join = (stream: ByteStream): void => {
    const { socket } = this;
    // A socket that is gone tells nobody any more: piping it would wait for ever.
    if (socket.destroyed) {
      const error = callerGone();
      stream.abort(error);
      this.#fail(error);
      return;
    }
    const { bandwidth, silence, onWait } = this.#by;
    this.#stream = stream;
    this.#place = silence.watch(this);
    const end = bandwidth.isLimited ? new ThrottledSocket(socket, bandwidth, onWait) : socket;
    joinSocket(stream, end, this);
  };

  onSilent(): void {
    this.#by.onSilent();
    this.#stream?.abort(new ProtocolError("TIMEOUT", "The connection carried nothing for too long."));
    // The stream may be over, and its last bytes wait for a caller that takes nothing.
    resetSocket(this.socket);
  }

  onPipeOver(): void {
    if (this.#isReady) this.#over();
    else this.#fail(this.#refusal ?? callerGone());
  }

  readonly #fail = (error: unknown): void => {
    this.socket.destroy();
    this.#over(error);
  };

  #over(error?: unknown): void {
    if (this.#place !== undefined) this.#by.silence.leave(this.#place);
    this.#place = undefined;
    this.#onOver(this.counts, error);
  }
}

function callerGone(): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The caller is gone.", { details: { isCallerGone: true } });
}
