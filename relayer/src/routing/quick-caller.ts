import { STATUS_CODES } from "node:http";
import { type Socket } from "node:net";
import { type Caller, type CallerBody, type CallerSink, type HeaderPair } from "./caller.ts";
import { dateLine } from "./date-line.ts";
import { writeFields } from "./domain/http-fields.ts";
import { type RequestHead } from "./domain/request-head.ts";

/** Pieces up to this size leave in one buffer with the head. */
const SMALL_BYTES = 16 * 1024;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const LENGTH_NAME = "content-length";
const DATE_NAME = "date";
const EMPTY = Buffer.alloc(0);
const END_OF_LINE = Buffer.from("\r\n");

export interface QuickCallerInit {
  readonly socket: Socket;
  readonly request: RequestHead;
  readonly body: CallerBody | undefined;
  /** What the container is told of the caller. */
  readonly forwarded: string;
  /** Of a kept connection; in seconds. */
  readonly keepAliveS: number;
  /** Whether another request may follow. Asked when the head of the answer is written. */
  readonly mayFollow: () => boolean;
  /** The answer was sent. */
  readonly onDone: () => void;
}

/** A request that the gateway read itself. Its answer is written without an object for each of its parts. */
export class QuickCaller implements Caller, CallerSink {
  readonly method: string;
  readonly path: string;
  readonly head: string;
  readonly body: CallerBody | undefined;
  readonly isChunked = false;
  readonly contentLength: number | undefined;
  readonly expectsContinue = false;
  readonly accept: string | undefined;
  writableFinished = false;
  readonly #init: QuickCallerInit;
  /** The head of the answer, until it is sent. */
  #unsent: string | undefined;
  #framing: "none" | "plain" | "chunked" = "plain";
  #isClosed = false;
  #onClose: (() => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(init: QuickCallerInit) {
    const { request, body, forwarded } = init;
    const { method, target, host, passed, accept, contentLength } = request;
    this.#init = init;
    this.method = method;
    this.path = target;
    this.accept = accept;
    this.contentLength = contentLength;
    this.body = body;
    this.head = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${passed}${forwarded}Connection: keep-alive\r\n\r\n`;
  }

  get sink(): CallerSink {
    return this;
  }

  on(event: "drain" | "close", listener: () => void): this {
    if (event === "drain") this.#onDrain = listener;
    else this.#onClose = listener;
    return this;
  }

  trailers(): HeaderPair[] {
    return [];
  }

  /** Nobody waits for it. */
  sendContinue(): void {
    return;
  }

  respond({ status, message, headers }: Parameters<Caller["respond"]>[0]): void {
    const { text, hasLength, hasDate } = linesOf(headers);
    const isEmpty = this.method === "HEAD" || status === NO_CONTENT || status === NOT_MODIFIED;
    if (isEmpty) this.#framing = "none";
    else if (!hasLength) this.#framing = "chunked";
    const line = `HTTP/1.1 ${status} ${message ?? STATUS_CODES[status] ?? ""}\r\n`;
    const date = hasDate ? "" : dateLine();
    const coding = this.#framing === "chunked" ? "Transfer-Encoding: chunked\r\n" : "";
    this.#unsent = `${line}${text}${date}${coding}${this.#connectionLines()}\r\n`;
  }

  write(bytes: Uint8Array | string): boolean {
    const { socket } = this.#init;
    if (this.#isClosed || this.#framing === "none" || bytes.length === 0) return true;
    const piece = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    if (this.#framing === "chunked") {
      this.#gather();
      this.flush();
      socket.write(`${piece.length.toString(16)}\r\n`, "latin1");
      socket.write(piece);
      return socket.write(END_OF_LINE);
    }
    if (this.#unsent === undefined) return socket.write(piece);
    if (piece.length > SMALL_BYTES) {
      this.#gather();
      this.flush();
      return socket.write(piece);
    }
    const head = this.#unsent;
    this.#unsent = undefined;
    const whole = Buffer.allocUnsafe(head.length + piece.length);
    whole.write(head, "latin1");
    whole.set(piece, head.length);
    return socket.write(whole);
  }

  flush(): void {
    const head = this.#unsent;
    this.#unsent = undefined;
    if (head !== undefined && !this.#isClosed) this.#init.socket.write(head, "latin1");
  }

  finish(trailers: readonly HeaderPair[]): void {
    if (this.#isClosed) return;
    const { socket } = this.#init;
    this.flush();
    if (this.#framing === "chunked") socket.write(`0\r\n${writeFields(trailers.flat())}\r\n`, "latin1");
    if (socket.writableLength === 0) this.#finished();
    else
      socket.write(EMPTY, (error) => {
        if (error === undefined || error === null) this.#finished();
      });
  }

  abort(): void {
    this.#init.socket.destroy();
  }

  /** The connection takes bytes again. */
  drained(): void {
    if (!this.#isClosed) this.#onDrain?.();
  }

  /** The connection is gone, or the answer is sent. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose?.();
  }

  #finished(): void {
    if (this.#isClosed) return;
    this.writableFinished = true;
    this.closed();
    this.#init.onDone();
  }

  #connectionLines(): string {
    const { mayFollow, keepAliveS } = this.#init;
    if (!mayFollow()) return "Connection: close\r\n";
    return `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveS}\r\n`;
  }

  /** What is written until the present turn is over leaves with one call of the system. */
  #gather(): void {
    const { socket } = this.#init;
    if (socket.writableCorked > 0) return;
    socket.cork();
    process.nextTick(() => {
      socket.uncork();
    });
  }
}

interface Lines {
  readonly text: string;
  readonly hasLength: boolean;
  readonly hasDate: boolean;
}

function linesOf(headers: readonly string[]): Lines {
  let text = "";
  let hasLength = false;
  let hasDate = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    text += `${name}: ${headers[index + 1] ?? ""}\r\n`;
    if (name.length === LENGTH_NAME.length) hasLength ||= name.toLowerCase() === LENGTH_NAME;
    else if (name.length === DATE_NAME.length) hasDate ||= name.toLowerCase() === DATE_NAME;
  }
  return { text, hasLength, hasDate };
}
