import { ProtocolError } from "../../errors/index.ts";
import { type PipeOwner, resetSocket, type TunnelSocket } from "../tunnel-socket.ts";
import { type AfterTurn, afterNextTurn } from "./after-turn.ts";
import { type Channel } from "./channel.ts";
import { type ChannelUser } from "./channel-user.ts";

/** Pieces of a bulk transfer; TLS delivers it in records of 16 KiB. */
const LARGE_BYTES = 8 * 1024;

/**
 * A TCP socket that is joined with a channel, with backpressure and half-close both ways. It is one object with one listener
 * for each event of the socket: most connections are short, and making them is most of what they cost.
 */
export class ChannelPipe implements AfterTurn, ChannelUser {
  readonly reads = true;
  readonly #channel: Channel;
  readonly #socket: TunnelSocket;
  readonly #owner: PipeOwner;
  /** The socket waits until what it said has left. */
  #isHeld = false;
  #isCorked = false;
  /** Everything was written, and the end is due. */
  #isEnding = false;
  #isChannelOver = false;
  #isSocketOver = false;

  constructor(channel: Channel, socket: TunnelSocket, owner: PipeOwner) {
    this.#channel = channel;
    this.#socket = socket;
    this.#owner = owner;
  }

  start(): void {
    const socket = this.#socket;
    socket.allowHalfOpen = true;
    socket.on("data", (chunk) => {
      this.#send(chunk);
    });
    socket.on("drain", () => {
      if (this.#channel.readStatus === "paused") this.#channel.resume();
    });
    socket.on("end", () => {
      this.#channel.end();
    });
    socket.on("error", (error) => {
      resetSocket(socket);
      this.#channel.abort(error);
    });
    socket.on("close", () => {
      this.#onSocketClose();
    });
    if (this.#channel.status === "open") this.#channel.use(this);
    else this.closed();
    socket.resume();
  }

  take(data: Uint8Array | readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    const isOne = data instanceof Uint8Array;
    if (!isOne || data.length >= LARGE_BYTES) this.#gather();
    const goesOn = isOne ? this.#write(data) : this.#writeAll(data);
    if (!goesOn && this.#channel.readStatus === "readable") this.#channel.pause();
  }

  sent(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket.resume();
  }

  ended(): void {
    const socket = this.#socket;
    if (socket.writableEnded) return;
    if (this.#hasNothingLeft) socket.destroy();
    else {
      // Who has got a whole answer often hangs up at once. Waiting for it so long saves a call of the system, or the moment.
      this.#isEnding = true;
      afterNextTurn(this);
    }
  }

  onTurnOver(): void {
    if (!this.#isEnding) return;
    this.#isEnding = false;
    if (this.#hasNothingLeft) this.#socket.destroy();
    else this.#socket.end();
  }

  closed(error?: Error): void {
    this.#isChannelOver = true;
    if (error !== undefined) {
      // What it got is complete.
      this.onTurnOver();
      resetSocket(this.#socket);
    }
    this.#settle();
  }

  /** Nothing to hear either: closing ends the other half too, with one call of the system instead of two. */
  get #hasNothingLeft(): boolean {
    return this.#socket.readableEnded && this.#socket.writableLength === 0;
  }

  #send(chunk: Uint8Array): void {
    const channel = this.#channel;
    if (channel.writeStatus !== "writable") return;
    this.#owner.counts.toStream += chunk.length;
    if (channel.send(chunk)) return;
    this.#isHeld = true;
    this.#socket.pause();
  }

  #write(piece: Uint8Array): boolean {
    this.#owner.counts.toSocket += piece.length;
    return this.#socket.write(piece);
  }

  #writeAll(pieces: readonly Uint8Array[]): boolean {
    let goesOn = true;
    for (const piece of pieces) goesOn = this.#write(piece);
    return goesOn;
  }

  /** Corks the socket until the present turn of the event loop is over: its pieces leave with one call of the system. */
  #gather(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#isCorked = false;
      this.#socket.uncork();
    });
  }

  #onSocketClose(): void {
    this.#isSocketOver = true;
    const { writeStatus, readableEnded } = this.#channel;
    // What was sent before the socket's end may still be on its way; anything else has nobody any more.
    if (!this.#isChannelOver && (writeStatus === "writable" || !readableEnded))
      this.#channel.abort(new ProtocolError("STREAM_CLOSED", "The socket is gone."));
    else this.#settle();
  }

  #settle(): void {
    if (this.#isChannelOver && this.#isSocketOver) this.#owner.onPipeOver();
  }
}
