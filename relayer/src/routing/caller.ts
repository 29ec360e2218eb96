/** A header with its value. */
export type HeaderPair = [name: string, value: string];

/** The body of a request, which flows from `resume` to `pause`. */
export interface CallerBody {
  on(event: "data", listener: (chunk: Buffer) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  off(event: "data", listener: (chunk: Buffer) => void): unknown;
  off(event: "end", listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** Where the body of an answer goes. */
export interface CallerSink {
  /** Whether all of the answer was sent. */
  readonly writableFinished: boolean;
  /** @returns False when no more should come until `drain`. */
  write(bytes: Uint8Array | string): boolean;
  /** `close` before everything was sent means that the caller is gone. */
  on(event: "drain" | "close", listener: () => void): unknown;
}

/** One request of the public, whichever version of HTTP it speaks. */
export interface Caller {
  readonly method: string;
  /** Path and query, as they came. */
  readonly path: string;
  /** What the container gets, from the request line to the empty line. */
  readonly head: string;
  readonly accept: string | undefined;
  /** Undefined when the request has none. */
  readonly body: CallerBody | undefined;
  /** Whether the container gets the body in chunks. */
  readonly isChunked: boolean;
  /** Bytes of the body, when the request says so. */
  readonly contentLength: number | undefined;
  /** Whether the caller waits for leave to send its body. */
  readonly expectsContinue: boolean;
  readonly sink: CallerSink;
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
