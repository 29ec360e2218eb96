import { type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type TunnelOpen } from "@fizz/protocol/messages";
import { type ByteStream, joinSocket, type PipeCounts, type PipeOwner } from "@fizz/protocol/streams";
import { type Tunnels } from "../ports.ts";
import { type LeaseBandwidth } from "./lease-bandwidth.ts";
import { type SilenceLimits, watchSilence } from "./silence.ts";
import { ThrottledSocket } from "./throttled-socket.ts";

/** What the connections of one lease have in common. */
export interface CarriedBy {
  readonly tunnels: Tunnels;
  readonly bandwidth: LeaseBandwidth;
  readonly silence: () => SilenceLimits;
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
export class PublicConnection implements PipeOwner {
  readonly counts: PipeCounts = { toSocket: 0, toStream: 0 };
  readonly #by: CarriedBy;
  readonly #socket: Socket;
  readonly #onOver: OnConnectionOver;
  #isReady = false;
  #refusal: ProtocolError | undefined;

  constructor(by: CarriedBy, socket: Socket, onOver: OnConnectionOver) {
    this.#by = by;
    this.#socket = socket;
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
    this.#socket.destroy();
  }

  readonly #join = (stream: ByteStream): void => {
    const socket = this.#socket;
    // A socket that is gone tells nobody any more: piping it would wait for ever.
    if (socket.destroyed) {
      const error = callerGone();
      stream.abort(error);
      this.#fail(error);
      return;
    }
    const { bandwidth, silence, onSilent, onWait } = this.#by;
    watchSilence(socket, silence(), () => {
      onSilent();
      stream.abort(new ProtocolError("TIMEOUT", "The connection carried nothing for too long."));
    });
    const end = bandwidth.isLimited ? new ThrottledSocket(socket, bandwidth, onWait) : socket;
    joinSocket(stream, end, this);
  };

  onPipeOver(): void {
    if (this.#isReady) this.#onOver(this.counts);
    else this.#fail(this.#refusal ?? callerGone());
  }

  readonly #fail = (error: unknown): void => {
    this.#socket.destroy();
    this.#onOver(this.counts, error);
  };
}

function callerGone(): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The caller is gone.", { details: { isCallerGone: true } });
}
