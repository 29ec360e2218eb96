import { ProtocolError } from "../../errors/index.ts";
import { LARGE_BYTES, type PipeOwner, resetSocket, type TunnelSocket } from "../tunnel-socket.ts";
import { type Channel } from "./channel.ts";
import { type ChannelUser } from "./channel-user.ts";

/**
 * A TCP socket that is joined with a channel, with backpressure and half-close both ways. It is one object with one listener
 * for each event of the socket: most connections are short, and making them is most of what they cost.
 *
 * What is over is let go of: young objects that are dead keep each other through the first collection when only one of them
 * has become old, so that a socket and a channel that still knew each other were both collected late.
 */
export class ChannelPipe implements ChannelUser {
  readonly reads = true;
  readonly #owner: PipeOwner;
  /** Undefined once it is over. */
  #channel: Channel | undefined;
  #socket: TunnelSocket | undefined;
  /** The socket waits until what it said has left. */
  #isHeld = false;
  #isCorked = false;

  constructor(channel: Channel, socket: TunnelSocket, owner: PipeOwner) {
    this.#channel = channel;
    this.#socket = socket;
    this.#owner = owner;
  }

  start(): void {
    const socket = this.#socket;
    const channel = this.#channel;
    if (socket === undefined || channel === undefined) return;
    this.#listen(socket);
    if (channel.status === "open") channel.use(this);
    else this.closed();
    socket.resume();
  }

  #listen(socket: TunnelSocket): void {
    socket.allowHalfOpen = true;
    socket.on("data", (chunk) => {
      this.#send(chunk);
    });
    socket.on("drain", () => {
      if (this.#channel?.readStatus === "paused") this.#channel.resume();
    });
    socket.on("end", () => {
      this.#channel?.end();
    });
    socket.on("error", (error) => {
      resetSocket(socket);
      this.#channel?.abort(error);
    });
    socket.on("close", () => {
      this.#onSocketClose();
    });
  }

  take(data: Uint8Array | readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed || socket.writableEnded) return;
    const isOne = data instanceof Uint8Array;
    if (!isOne || data.length >= LARGE_BYTES) this.#gather(socket);
    const goesOn = isOne ? this.#write(socket, data) : this.#writeAll(socket, data);
    if (!goesOn && this.#channel?.readStatus === "readable") this.#channel.pause();
  }

  sent(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket?.resume();
  }

  ended(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.writableEnded) return;
    // Nothing is left to hear: closing ends the other half too, with one call of the system instead of two.
    if (socket.readableEnded && socket.writableLength === 0) socket.destroy();
    else socket.end();
  }

  closed(error?: Error): void {
    this.#channel = undefined;
    if (error !== undefined && this.#socket !== undefined) resetSocket(this.#socket);
    this.#settle();
  }

  #send(chunk: Uint8Array): void {
    const channel = this.#channel;
    if (channel?.writeStatus !== "writable") return;
    this.#owner.counts.toStream += chunk.length;
    if (channel.send(chunk)) return;
    this.#isHeld = true;
    this.#socket?.pause();
  }

  #write(socket: TunnelSocket, piece: Uint8Array): boolean {
    this.#owner.counts.toSocket += piece.length;
    return socket.write(piece);
  }

  #writeAll(socket: TunnelSocket, pieces: readonly Uint8Array[]): boolean {
    let goesOn = true;
    for (const piece of pieces) goesOn = this.#write(socket, piece);
    return goesOn;
  }

  /** Corks the socket until the present turn of the event loop is over: its pieces leave with one call of the system. */
  #gather(socket: TunnelSocket): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    socket.cork();
    setImmediate(() => {
      this.#isCorked = false;
      socket.uncork();
    });
  }

  #onSocketClose(): void {
    this.#socket = undefined;
    const channel = this.#channel;
    // What was sent before the socket's end may still be on its way; anything else has nobody any more.
    if (channel !== undefined && (channel.writeStatus === "writable" || !channel.readableEnded))
      channel.abort(new ProtocolError("STREAM_CLOSED", "The socket is gone."));
    else this.#settle();
  }

  #settle(): void {
    if (this.#channel === undefined && this.#socket === undefined) this.#owner.onPipeOver();
  }
}
