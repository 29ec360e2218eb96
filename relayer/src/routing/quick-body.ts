import { type Socket } from "node:net";
import { type CallerBody } from "./caller.ts";

/** The body of a request of a known length. It is read from the connection as fast as it is wanted. */
export class QuickBody implements CallerBody {
  readonly #socket: Pick<Socket, "pause" | "resume">;
  #left: number;
  /** What came while nobody wanted it. */
  #waiting: Buffer[] = [];
  #isFlowing = false;
  #hasEnded = false;
  #onData: ((chunk: Buffer) => void) | undefined;
  #onEnd: (() => void) | undefined;

  /** @param length In bytes; above 0. */
  constructor(socket: Pick<Socket, "pause" | "resume">, length: number) {
    this.#socket = socket;
    this.#left = length;
  }

  /** Bytes that have not come yet. */
  get missing(): number {
    return this.#left;
  }

  on(event: "data" | "end", listener: (chunk: Buffer) => void): this {
    if (event === "data") this.#onData = listener;
    else this.#onEnd = listener as () => void;
    return this;
  }

  off(event: "data" | "end", listener: (chunk: Buffer) => void): this {
    if (event === "data" && this.#onData === listener) this.#onData = undefined;
    if (event === "end" && this.#onEnd === listener) this.#onEnd = undefined;
    return this;
  }

  pause(): void {
    this.#isFlowing = false;
  }

  resume(): void {
    this.#isFlowing = true;
    this.#deliver();
    this.#readOn();
  }

  /** Takes bytes of the connection. @returns Those that follow the body. */
  push(bytes: Buffer): Buffer | undefined {
    const length = Math.min(bytes.length, this.#left);
    this.#left -= length;
    if (length > 0) this.#waiting.push(length === bytes.length ? bytes : bytes.subarray(0, length));
    this.#deliver();
    this.#readOn();
    return length < bytes.length ? bytes.subarray(length) : undefined;
  }

  /** The connection is read while the body is wanted. */
  #readOn(): void {
    if (this.#left === 0) return;
    if (this.#isFlowing) this.#socket.resume();
    else this.#socket.pause();
  }

  #deliver(): void {
    while (this.#isFlowing) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) break;
      this.#onData?.(chunk);
    }
    if (!this.#isFlowing || this.#left > 0 || this.#waiting.length > 0 || this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd?.();
  }
}
