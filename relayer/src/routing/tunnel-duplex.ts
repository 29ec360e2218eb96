import { Duplex } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ByteStream } from "@fizz/protocol/streams";
import { type Throttle } from "../bandwidth-ports.ts";

/** Makes what holds a connection back; `onGoOn` is called when bytes may pass again. */
export type Pace = (onGoOn: () => void) => Throttle;

type Done = (error?: Error | null) => void;

/**
 * A tunnel's stream as node:http wants its sockets, with backpressure and half-close both ways. The rules of
 * `pipeSocket` hold: `end`, not `close`, ends reading; `pause` and `resume` only while reading; a spurious `drain` is
 * no leave to write; and nothing is sent from inside an `idle` or `drain` event. When the bandwidth of its lease is
 * used up, it neither takes nor gives: both ends wait.
 */
export class TunnelDuplex extends Duplex {
  readonly #stream: ByteStream;
  readonly #throttle: Throttle;
  #isIdle = false;
  #isPaused = false;
  /** The reader has room. */
  #isWanted = true;
  #hasEnded = false;
  /** What waits for the bandwidth. */
  #held: { readonly chunk: Buffer; readonly done: Done } | undefined;
  #waiting: Done | undefined;

  constructor(stream: ByteStream, pace: Pace) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    this.#throttle = pace(() => {
      this.#goOn();
    });
    stream.addEventListener("message", ({ data }) => {
      this.#receive(data);
    });
    const more = (): void => {
      if (this.#waiting !== undefined)
        setImmediate(() => {
          this.#writeOn();
        });
    };
    stream.addEventListener("drain", more);
    stream.addEventListener("idle", more);
    stream.addEventListener("end", () => {
      this.#end();
    });
    stream.addEventListener("close", (event) => {
      const { error } = event;
      if (error !== undefined) this.destroy(error);
      else if (this.#waiting !== undefined) this.destroy(closed());
    });
    if (stream.readableEnded && stream.readBufferLength === 0) this.#end();
    else if (stream.status === "reset" || stream.status === "aborted") this.destroy(closed());
  }

  /** Whether it waits for the bandwidth of its lease. */
  get isHeld(): boolean {
    return this.#throttle.isHolding;
  }

  /**
   * Waits for its next request: bytes that nobody asked for, or an end, destroy it then.
   *
   * @returns Whether it can.
   */
  rest(): boolean {
    this.#isIdle = !this.destroyed && !this.#hasEnded && this.readableLength === 0;
    // Nothing is to come: what does come, or an end, must be heard at once.
    if (this.#isIdle) this.#readOn();
    return this.#isIdle;
  }

  /** Serves again. @returns Whether it can. */
  wake(): boolean {
    this.#isIdle = false;
    return !this.destroyed;
  }

  /** For node:http, which sets these on any socket. */
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    this.#isWanted = true;
    this.#readOn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    if (this.#stream.writeStatus !== "writable") {
      done();
      return;
    }
    this.#stream.close().then(() => {
      done();
    }, done);
  }

  override _destroy(error: Error | null, done: Done): void {
    const { status } = this.#stream;
    const isOver = this.readableEnded && this.writableFinished;
    if (!isOver && (status === "open" || status === "closing")) this.#stream.abort(error ?? closed());
    this.#throttle.stop();
    const waiting = this.#waiting ?? this.#held?.done;
    this.#waiting = undefined;
    this.#held = undefined;
    waiting?.(error ?? closed());
    done(error);
  }

  #receive(data: Uint8Array | Iterable<Uint8Array>): void {
    if (this.destroyed) return;
    if (this.#isIdle) {
      this.destroy();
      return;
    }
    let ok = true;
    // The bytes are the stream's own: what waits to be read is a copy.
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      ok = this.push(Buffer.from(chunk));
      this.#throttle.count(chunk.length);
    }
    if (this.#stream.readableEnded && this.#stream.readBufferLength === 0) this.#end();
    else if ((!ok || this.isHeld) && this.#stream.readStatus === "readable") {
      this.#isWanted = ok;
      this.#isPaused = true;
      this.#stream.pause();
    }
  }

  #readOn(): void {
    const mustWait = !this.#isWanted || (this.isHeld && !this.#isIdle);
    if (!this.#isPaused || mustWait) return;
    this.#isPaused = false;
    if (this.#stream.readStatus === "paused") this.#stream.resume();
  }

  #goOn(): void {
    this.#readOn();
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#send(held.chunk, held.done);
  }

  #end(): void {
    if (this.destroyed) return;
    const { status } = this.#stream;
    // A reset stream emits `end` as well, before its `close`.
    if (status === "reset" || status === "aborted") this.destroy(closed());
    else if (this.#isIdle) this.destroy();
    else if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.push(null);
    }
  }

  #send(chunk: Buffer, done: Done): void {
    if (this.#stream.writeStatus !== "writable") {
      done(closed());
      return;
    }
    if (!this.#throttle.mayPass()) {
      this.#held = { chunk, done };
      return;
    }
    const goesOn = this.#stream.send(chunk);
    this.#throttle.count(chunk.length);
    if (goesOn) done();
    else this.#waiting = done;
  }

  #writeOn(): void {
    const { writableNeedsDrain, writeBufferLength } = this.#stream;
    if (this.#waiting === undefined || (writableNeedsDrain && writeBufferLength > 0)) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting();
  }
}

function closed(): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The connection to the container is gone.");
}
