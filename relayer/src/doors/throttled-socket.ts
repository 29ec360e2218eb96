import { type Socket } from "node:net";
import { type TunnelSocket } from "@fizz/protocol/streams";
import { type Bandwidth, type Throttle } from "../bandwidth-ports.ts";

type Listener = ((chunk: Uint8Array) => void) | (() => void) | ((error: Error) => void);

/**
 * A socket whose bytes are counted against the bandwidth of its lease. When that is used up it holds both sides back:
 * it reads nothing from the caller, and tells the tunnel to wait. Nothing is cut.
 */
export class ThrottledSocket implements TunnelSocket {
  readonly #socket: Socket;
  readonly #throttle: Throttle;
  readonly #onDrain = new Set<() => void>();
  /** The tunnel asked for silence. */
  #paused = true;
  /** The tunnel was told to wait for `drain`. */
  #needsDrain = false;

  /** @param onWait Called each time that the bandwidth holds this connection back. */
  constructor(socket: Socket, bandwidth: Bandwidth, onWait: () => void) {
    this.#socket = socket;
    this.#throttle = bandwidth.throttle({
      onHold: () => {
        onWait();
        socket.pause();
      },
      onGoOn: () => {
        if (!this.#paused) socket.resume();
        this.#drained();
      },
    });
    socket.on("drain", () => {
      this.#drained();
    });
    socket.once("close", () => {
      this.#throttle.stop();
    });
  }

  get allowHalfOpen(): boolean {
    return this.#socket.allowHalfOpen;
  }

  set allowHalfOpen(isAllowed: boolean) {
    this.#socket.allowHalfOpen = isAllowed;
  }

  get readableEnded(): boolean {
    return this.#socket.readableEnded;
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  get writableEnded(): boolean {
    return this.#socket.writableEnded;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  write(chunk: Uint8Array): boolean {
    const goesOn = this.#socket.write(chunk);
    this.#throttle.count(chunk.length);
    if (goesOn && !this.#throttle.isHolding) return true;
    this.#needsDrain = true;
    return false;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  resetAndDestroy(): void {
    this.#socket.resetAndDestroy();
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#throttle.isHolding) this.#socket.resume();
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  on(event: "data", listener: (chunk: Uint8Array) => void): this;
  on(event: "drain" | "end" | "close", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  on(event: string, listener: Listener): this {
    if (event === "drain") this.#onDrain.add(listener as () => void);
    else if (event === "data")
      this.#socket.on("data", (chunk) => {
        (listener as (chunk: Uint8Array) => void)(chunk);
        this.#throttle.count(chunk.length);
      });
    else this.#socket.on(event, listener as () => void);
    return this;
  }

  #drained(): void {
    if (!this.#needsDrain || this.#throttle.isHolding || this.#socket.writableNeedDrain) return;
    this.#needsDrain = false;
    for (const listener of this.#onDrain) listener();
  }
}
