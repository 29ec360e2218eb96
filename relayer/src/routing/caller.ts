import { type Readable, type Writable } from "node:stream";

/** A header with its value. */
export type HeaderPair = [name: string, value: string];

/** One request of the public, whichever version of HTTP it speaks. */
export interface Caller {
  readonly method: string;
  /** Path and query, as they came. */
  readonly path: string;
  /** What the container gets, name, value, name, value; Host first. */
  readonly headers: string[];
  readonly accept: string | undefined;
  /** Undefined when the request has none. */
  readonly body: Readable | undefined;
  /** Bytes of the body, when the request says so. */
  readonly contentLength: number | undefined;
  /** Whether the caller waits for leave to send its body. */
  readonly expectsContinue: boolean;
  /** Where the answer's body goes; its `close` before `finish` means that the caller is gone. */
  readonly sink: Writable;
  /** Trailers of the body, once it ended. */
  trailers(): HeaderPair[];
  sendContinue(): void;
  respond(head: {
    readonly status: number;
    readonly message?: string;
    readonly headers: readonly string[];
  }): void;
  /** Sends the head now, though there is no body yet. */
  flush(): void;
  /** The answer is complete. */
  finish(trailers: readonly HeaderPair[]): void;
  /** Cuts the connection: an answer that stays incomplete must look like one. */
  abort(): void;
}
