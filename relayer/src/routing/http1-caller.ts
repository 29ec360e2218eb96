import { type IncomingMessage, type ServerResponse } from "node:http";
import { type Caller, type CallerBody, type CallerSink, type HeaderPair } from "./caller.ts";
import { requestHeaders, trailerPairs } from "./domain/message-headers.ts";
import { writeRequestHead } from "./domain/write-head.ts";

/** Time to read on after an early answer: a caller that is cut while it sends does not see the answer. */
const LINGER_MS = 2_000;

export interface Http1CallerInit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly host: string;
  readonly forwarded: readonly string[];
  readonly expectsContinue: boolean;
}

/** A request over HTTP/1.1. */
export class Http1Caller implements Caller {
  readonly method: string;
  readonly path: string;
  readonly head: string;
  readonly body: CallerBody | undefined;
  readonly isChunked: boolean;
  readonly contentLength: number | undefined;
  readonly expectsContinue: boolean;
  readonly sink: CallerSink;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** It has not begun to send its body. */
  #mayWait: boolean;

  constructor({ request, response, path, host, forwarded, expectsContinue }: Http1CallerInit) {
    this.#request = request;
    this.#response = response;
    this.method = request.method ?? "GET";
    this.path = path;
    this.expectsContinue = expectsContinue;
    this.#mayWait = expectsContinue;
    this.sink = response;
    const { "content-length": length, "transfer-encoding": coding, te } = request.headers;
    this.contentLength = length === undefined ? undefined : Number(length);
    const hasBody = coding !== undefined || (this.contentLength ?? 0) > 0;
    this.body = hasBody ? request : undefined;
    this.isChunked = coding !== undefined;
    const headers = ["Host", host, ...requestHeaders(request.rawHeaders), ...forwarded];
    if (this.isChunked) headers.push("Transfer-Encoding", "chunked");
    if (expectsContinue) headers.push("Expect", "100-continue");
    if (te?.includes("trailers") === true) headers.push("TE", "trailers");
    this.head = writeRequestHead(this.method, path, headers);
  }

  get accept(): string | undefined {
    return this.#request.headers.accept;
  }

  trailers(): HeaderPair[] {
    return trailerPairs(this.#request.rawTrailers);
  }

  sendContinue(): void {
    this.#mayWait = false;
    this.#response.writeContinue();
  }

  respond({ status, message, headers }: Parameters<Caller["respond"]>[0]): void {
    if (this.#isSending) this.#response.shouldKeepAlive = false;
    if (message === undefined) this.#response.writeHead(status, headers as string[]);
    else this.#response.writeHead(status, message, headers as string[]);
  }

  flush(): void {
    this.#response.flushHeaders();
  }

  finish(trailers: readonly HeaderPair[]): void {
    if (trailers.length > 0) this.#response.addTrailers(trailers);
    if (!this.#isSending) {
      this.#response.end();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      this.#response.end();
    };
    const timer = setTimeout(end, LINGER_MS);
    this.#request.once("end", end).once("close", end).resume();
  }

  abort(): void {
    this.#response.destroy();
  }

  get #isSending(): boolean {
    return this.body !== undefined && !this.#request.complete && !this.#mayWait;
  }
}
