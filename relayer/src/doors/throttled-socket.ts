import { type Socket } from "node:net";
import { type TunnelSocket } from "@fizz/protocol/streams";
import { type LeaseBandwidth } from "./lease-bandwidth.ts";

/** Longest sleep before the bandwidth is looked at again: its limit may have changed. */
const MAX_WAIT_MS = 1_000;

type Listener = ((chunk: Uint8Array) => void) | (() => void) | ((error: Error) => void);

/**
 * A socket whose bytes are counted against the bandwidth of its lease. When that is used up it holds both sides back:
 * it reads nothing from the caller, and tells the tunnel to wait. Nothing is cut.
 */
export class ThrottledSocket implements TunnelSocket {
  readonly #socket: Socket;
  readonly #bandwidth: LeaseBandwidth;
  readonly #onWait: () => void;
  readonly #onDrain = new Set<() => void>();
  /** The tunnel asked for silence. */
  #paused = true;
  /** The tunnel was told to wait for `drain`. */
  #needsDrain = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onWait Called each time that the bandwidth holds this connection back. */
  constructor(socket: Socket, bandwidth: LeaseBandwidth, onWait: () => void) {
    this.#socket = socket;
    this.#bandwidth = bandwidth;
    this.#onWait = onWait;
    socket.on("drain", () => {
      this.#drained();
    });
    socket.once("close", () => {
      clearTimeout(this.#timer);
    });
  }

  get writableEnded(): boolean {
    return this.#socket.writableEnded;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  write(chunk: Uint8Array): boolean {
    const goesOn = this.#socket.write(chunk);
    this.#count(chunk.length);
    if (goesOn && this.#timer === undefined) return true;
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
    if (this.#timer === undefined) this.#socket.resume();
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
        this.#count(chunk.length);
      });
    else this.#socket.on(event, listener as () => void);
    return this;
  }

  #count(bytes: number): void {
    const waitMs = this.#bandwidth.spend(bytes);
    if (waitMs > 0 && this.#timer === undefined) this.#wait(waitMs);
  }

  #wait(waitMs: number): void {
    this.#onWait();
    this.#socket.pause();
    this.#sleep(waitMs);
  }

  #sleep(waitMs: number): void {
    this.#timer = setTimeout(
      () => {
        this.#goOn();
      },
      Math.min(waitMs, MAX_WAIT_MS),
    );
  }

  /** Others of the lease may have used up what came in meanwhile. */
  #goOn(): void {
    this.#timer = undefined;
    const waitMs = this.#bandwidth.waitMs();
    if (waitMs > 0) {
      this.#sleep(waitMs);
      return;
    }
    if (!this.#paused) this.#socket.resume();
    this.#drained();
  }

  #drained(): void {
    if (!this.#needsDrain || this.#timer !== undefined || this.#socket.writableNeedDrain) return;
    this.#needsDrain = false;
    for (const listener of this.#onDrain) listener();
  }
}
