import { ProtocolError } from "@fizz/protocol/errors";
import { type ByteStream } from "@fizz/protocol/streams";
import { type Throttle } from "../bandwidth-ports.ts";
import { type AnswerHead, readAnswerHead } from "./domain/answer-head.ts";
import { ChunkedBody } from "./domain/chunked-body.ts";
import { type HeaderList } from "./domain/message-headers.ts";
import { type Pace } from "./tunnel-duplex.ts";

/** Bytes of an answer's headers. */
const MAX_HEAD_BYTES = 64 * 1024;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const END_OF_LINE = Buffer.from("\r\n");
const NO_TRAILERS: HeaderList = [];
const FIRST_FINAL = 200;
const CONTINUE = 100;
const SWITCHING_PROTOCOLS = 101;

/** Who asked, and gets the answer. Nothing is called after `answerEnded` or `answerFailed`. */
export interface Asker {
  /** The container gives leave to send the body. */
  answerContinues(): void;
  answerBegins(head: AnswerHead): void;
  /** @returns False when no more should come until `resume`. The bytes may be kept. */
  answerBrings(bytes: Uint8Array): boolean;
  /** The head has come, and nothing of the body yet. */
  answerRests(): void;
  answerEnded(trailers: HeaderList): void;
  answerFailed(): void;
  /** More of the request's body may be written. */
  requestGoesOn(): void;
}

export interface Question {
  readonly method: string;
  /** From the request line to the empty line. */
  readonly head: string;
  readonly body: "none" | "plain" | "chunked";
}

export interface ConnectionOwner {
  /** The answer is complete, and the connection may carry another request. */
  freed(connection: ReplicaConnection): void;
  closed(connection: ReplicaConnection): void;
}

/**
 * A connection to a container that carries one request of HTTP/1.1 after another. When the bandwidth of its lease is
 * used up, it neither takes nor gives: both ends wait.
 */
export class ReplicaConnection {
  readonly #stream: ByteStream;
  readonly #throttle: Throttle;
  readonly #owner: ConnectionOwner;
  #asker: Asker | undefined;
  #method = "";
  #body: Question["body"] = "none";
  /** Of the answer; undefined until its head is there. */
  #answer: AnswerHead | undefined;
  #chunks: ChunkedBody | undefined;
  /** Bytes that are missing of a body of a known length. */
  #left = 0;
  /** The beginning of a head. */
  #partial: Buffer | undefined;
  /** What waits for the bandwidth. */
  #held: Buffer[] = [];
  #isPaused = false;
  #isWanted = true;
  #needsDrain = false;
  #isSent = true;
  /** The head was the last that came. */
  #isQuiet = false;
  isDestroyed = false;
  /** When its last answer was complete. */
  idleSince = 0;

  constructor(stream: ByteStream, pace: Pace, owner: ConnectionOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.#throttle = pace(() => {
      this.#goOn();
    });
    stream.addEventListener("message", ({ data }) => {
      this.#receive(data);
    });
    const more = (): void => {
      // Nothing is sent from inside of it, and it may come without room.
      if (this.#needsDrain) setImmediate(this.#writeOn);
    };
    stream.addEventListener("drain", more);
    stream.addEventListener("idle", more);
    stream.addEventListener("end", () => {
      this.#end();
    });
    stream.addEventListener("close", () => {
      this.#fail();
    });
    if (stream.readableEnded && stream.readBufferLength === 0) this.#end();
    else if (stream.status === "reset" || stream.status === "aborted") this.#fail();
  }

  /** Whether it waits for the bandwidth of its lease. */
  get isHeld(): boolean {
    return this.#throttle.isHolding;
  }

  /** Whether it waits for its next request. */
  get isIdle(): boolean {
    return !this.isDestroyed && this.#asker === undefined && !this.#stream.readableEnded;
  }

  /** Sends the head of a request; its body follows with `write` and `endRequest`. The connection is idle. */
  ask({ method, head, body }: Question, asker: Asker): void {
    this.#asker = asker;
    this.#method = method;
    this.#body = body;
    this.#answer = undefined;
    this.#isWanted = true;
    this.#isSent = body === "none";
    this.#send(Buffer.from(head, "latin1"));
  }

  /** Sends part of the body. @returns False when the caller should wait for `requestGoesOn`. */
  write(bytes: Buffer): boolean {
    if (this.#body !== "chunked") return this.#send(bytes);
    if (bytes.length === 0) return true;
    this.#send(Buffer.from(`${bytes.length.toString(16)}\r\n`, "latin1"));
    this.#send(bytes);
    return this.#send(END_OF_LINE);
  }

  /** @param trailers Lines, each with its CRLF. */
  endRequest(trailers: string): void {
    this.#isSent = true;
    if (this.#body === "chunked") this.#send(Buffer.from(`0\r\n${trailers}\r\n`, "latin1"));
  }

  /** More of the answer may come. */
  resume(): void {
    this.#isWanted = true;
    this.#readOn();
  }

  /** Ends it at once; whoever asked is not told. */
  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.#asker = undefined;
    this.#held = [];
    this.#throttle.stop();
    const { status, readableEnded, writeStatus } = this.#stream;
    if (readableEnded && writeStatus === "writable") this.#stream.close().catch(() => undefined);
    else if (status === "open" || status === "closing") this.#stream.abort(gone());
    this.#owner.closed(this);
  }

  #send(bytes: Buffer): boolean {
    if (this.isDestroyed || this.#stream.writeStatus !== "writable") return true;
    if (this.#held.length > 0 || !this.#throttle.mayPass()) {
      this.#held.push(bytes);
      return false;
    }
    const goesOn = this.#stream.send(bytes);
    this.#throttle.count(bytes.length);
    this.#needsDrain ||= !goesOn;
    return goesOn;
  }

  readonly #writeOn = (): void => {
    const { writableNeedsDrain, writeBufferLength } = this.#stream;
    if (!this.#needsDrain || (writableNeedsDrain && writeBufferLength > 0)) return;
    this.#needsDrain = false;
    if (this.#held.length === 0) this.#asker?.requestGoesOn();
  };

  #goOn(): void {
    this.#readOn();
    const held = this.#held;
    this.#held = [];
    for (const bytes of held) this.#send(bytes);
    if (held.length > 0 && this.#held.length === 0 && !this.#needsDrain) this.#asker?.requestGoesOn();
  }

  #receive(data: Uint8Array | Iterable<Uint8Array>): void {
    try {
      if (data instanceof Uint8Array) this.#read(asBuffer(data));
      else for (const piece of data) this.#read(asBuffer(piece));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail();
    }
    if (this.isDestroyed) return;
    if (this.#isQuiet) {
      this.#isQuiet = false;
      this.#asker?.answerRests();
    }
    if (this.#stream.readableEnded && this.#stream.readBufferLength === 0) this.#end();
    else this.#pauseIfFull();
  }

  #pauseIfFull(): void {
    const isFull = this.#asker !== undefined && (!this.#isWanted || this.isHeld);
    if (!isFull || this.#stream.readStatus !== "readable") return;
    this.#isPaused = true;
    this.#stream.pause();
  }

  #readOn(): void {
    if (!this.#isPaused || (this.#asker !== undefined && (!this.#isWanted || this.isHeld))) return;
    this.#isPaused = false;
    if (this.#stream.readStatus === "paused") this.#stream.resume();
  }

  /** Reads what came: heads, then a body. What nobody asked for ends the connection. */
  #read(bytes: Buffer): void {
    this.#throttle.count(bytes.length);
    let rest: Buffer | undefined = bytes;
    while (rest !== undefined && rest.length > 0) {
      if (this.isDestroyed) return;
      if (this.#asker === undefined) {
        this.destroy();
        return;
      }
      rest = this.#answer === undefined ? this.#readHead(rest) : this.#readBody(rest);
    }
  }

  /** @returns What follows. */
  #readHead(bytes: Buffer): Buffer | undefined {
    const all = this.#partial === undefined ? bytes : Buffer.concat([this.#partial, bytes]);
    const end = all.indexOf(END_OF_HEAD);
    if ((end === -1 ? all.length : end) > MAX_HEAD_BYTES) throw gone();
    if (end === -1) {
      this.#partial = all === bytes ? Buffer.from(bytes) : all;
      return undefined;
    }
    this.#partial = undefined;
    this.#takeHead(readAnswerHead(all.toString("latin1", 0, end + END_OF_LINE.length), this.#method));
    return all.length > end + END_OF_HEAD.length ? all.subarray(end + END_OF_HEAD.length) : undefined;
  }

  #takeHead(head: AnswerHead | undefined): void {
    if (head === undefined || head.status === SWITCHING_PROTOCOLS) throw gone();
    if (head.status >= FIRST_FINAL) this.#begin(head);
    else if (head.status === CONTINUE) this.#asker?.answerContinues();
  }

  #begin(head: AnswerHead): void {
    this.#answer = head;
    this.#left = head.length;
    this.#chunks = head.framing === "chunked" ? new ChunkedBody() : undefined;
    this.#isQuiet = true;
    this.#asker?.answerBegins(head);
    const isEmpty = head.framing === "none" || (head.framing === "length" && head.length === 0);
    if (isEmpty && this.#asker !== undefined) this.#finish(NO_TRAILERS);
  }

  /** @returns What follows. */
  #readBody(bytes: Buffer): Buffer | undefined {
    if (this.#answer?.framing === "close") {
      this.#bring(bytes);
      return undefined;
    }
    if (this.#chunks !== undefined) {
      const chunks = this.#chunks;
      const end = chunks.read(bytes, this.#bring);
      if (end === undefined || this.#asker === undefined) return undefined;
      this.#finish(chunks.trailers, end < bytes.length);
      return undefined;
    }
    const piece = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= piece.length;
    this.#bring(piece);
    if (this.#left === 0 && !this.isDestroyed) this.#finish(NO_TRAILERS, bytes.length > piece.length);
    return undefined;
  }

  readonly #bring = (piece: Buffer): void => {
    this.#isQuiet = false;
    if (this.#asker?.answerBrings(piece) === false) this.#isWanted = false;
  };

  /** @param isFollowed More came than the answer has. */
  #finish(trailers: HeaderList, isFollowed = false): void {
    const asker = this.#asker;
    const keepsAlive = this.#answer?.keepsAlive === true && this.#isSent && !isFollowed;
    this.#asker = undefined;
    this.#answer = undefined;
    this.#isQuiet = false;
    if (keepsAlive && this.isIdle) this.#rest();
    else this.destroy();
    asker?.answerEnded(trailers);
  }

  #rest(): void {
    // Nothing is to come: what does come, or an end, must be heard at once.
    this.#readOn();
    this.idleSince = performance.now();
    this.#owner.freed(this);
  }

  #end(): void {
    const { status } = this.#stream;
    const isWhole = status !== "reset" && status !== "aborted";
    if (isWhole && this.#answer?.framing === "close") this.#finish(NO_TRAILERS);
    else this.#fail();
  }

  #fail(): void {
    const asker = this.#asker;
    this.destroy();
    asker?.answerFailed();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function gone(): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The connection to the container is gone.");
}
