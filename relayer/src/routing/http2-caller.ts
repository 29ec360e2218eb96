import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { type Caller, type CallerBody, type CallerSink, type HeaderPair } from "./caller.ts";
import { type HeaderList, requestHeaders, trailerPairs } from "./domain/message-headers.ts";
import { writeRequestHead } from "./domain/write-head.ts";

export interface Http2CallerInit {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: HeaderList;
  readonly path: string;
  readonly host: string;
  readonly forwarded: readonly string[];
}

/** A request over HTTP/2; the container gets it as one of HTTP/1.1. */
export class Http2Caller implements Caller {
  readonly method: string;
  readonly path: string;
  readonly head: string;
  readonly accept: string | undefined;
  readonly body: CallerBody | undefined;
  readonly isChunked: boolean;
  readonly contentLength: number | undefined;
  readonly expectsContinue: boolean;
  readonly sink: CallerSink;
  readonly #stream: ServerHttp2Stream;
  #trailers: HeaderPair[] = [];
  #hasBody = false;

  constructor({ stream, headers, rawHeaders, path, host, forwarded }: Http2CallerInit) {
    this.#stream = stream;
    this.sink = stream;
    this.method = headers[":method"] ?? "GET";
    this.path = path;
    this.accept = headers.accept;
    this.expectsContinue = headers.expect?.toLowerCase() === "100-continue";
    const length = headers["content-length"];
    this.contentLength = length === undefined ? undefined : Number(length);
    this.body = stream.endAfterHeaders ? undefined : stream;
    this.isChunked = this.contentLength === undefined && this.body !== undefined;
    const fields = ["Host", host, ...requestHeaders(rawHeaders), ...forwarded, ...this.#framing(headers)];
    this.head = writeRequestHead(this.method, path, fields);
    // The caller's own reset is no error of this program.
    stream.on("error", () => undefined);
    stream.on("trailers", (fields) => {
      this.#trailers = trailerPairs(flat(fields));
    });
  }

  /** What HTTP/2 says by its frames. */
  #framing({ te }: IncomingHttpHeaders): string[] {
    const fields: string[] = [];
    if (this.isChunked) fields.push("Transfer-Encoding", "chunked");
    if (this.contentLength === undefined && this.body === undefined && takesBody(this.method))
      fields.push("Content-Length", "0");
    if (this.expectsContinue) fields.push("Expect", "100-continue");
    if (te?.includes("trailers") === true) fields.push("TE", "trailers");
    return fields;
  }

  trailers(): HeaderPair[] {
    return this.#trailers;
  }

  sendContinue(): void {
    if (!this.#stream.destroyed)
      this.#stream.additionalHeaders({ ":status": constants.HTTP_STATUS_CONTINUE });
  }

  respond({ status, headers }: Parameters<Caller["respond"]>[0]): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    const fields = { ":status": status, ...fieldsOf(headers) };
    this.#hasBody = this.method !== "HEAD" && status !== 204 && status !== 304;
    // Without a body the stream ends with its head.
    this.#stream.respond(fields, this.#hasBody ? { waitForTrailers: true } : { endStream: true });
  }

  /** The head is sent with respond(). */
  flush(): void {
    return;
  }

  finish(trailers: readonly HeaderPair[]): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    if (!this.#hasBody) {
      stream.end();
      return;
    }
    stream.once("wantTrailers", () => {
      // None end the stream as well; close() would wait for the rest of a request that nobody reads.
      stream.sendTrailers(Object.fromEntries(trailers));
    });
    stream.end();
  }

  abort(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}

/** Headers under their names in lower case, repeated ones as lists. */
function fieldsOf(headers: readonly string[]): OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> = {};
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? "").toLowerCase();
    const value = headers[index + 1] ?? "";
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else fields[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return fields;
}

function takesBody(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}

function flat(fields: IncomingHttpHeaders): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return values.flatMap((entry) => (entry === undefined ? [] : [name, entry]));
  });
}
