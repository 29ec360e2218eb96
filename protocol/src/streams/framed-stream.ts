import { type Stream } from "@libp2p/interface";
import { type z } from "zod";
import { ProtocolError } from "../errors/index.ts";
import { MAX_FRAME_BYTES } from "../messages/protocols.ts";
import { fromWire, toWire } from "../messages/wire.ts";
import { ByteQueue } from "./byte-queue.ts";
import { leaveOver } from "./leftover.ts";
import { whenWritable } from "./when-writable.ts";

const HEADER_BYTES = 4;
/** Reading pauses above this many unread bytes and goes on below. */
const PAUSE_ABOVE_BYTES = 2 * MAX_FRAME_BYTES;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Control messages over one libp2p stream: uint32 length, big endian, then UTF-8 JSON, or bytes where a protocol has them.
 * Reads and writes wait for a signal, hold at most two frames in memory, and respect backpressure.
 */
export class FramedStream {
  readonly #stream: Stream;
  readonly #queue = new ByteQueue();
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
    stream.addEventListener("message", this.#onMessage);
    stream.addEventListener("end", this.#onEnd);
    stream.addEventListener("close", this.#onClose);
    if (stream.readableEnded) this.#ended = true;
  }

  /** Sends one message. @throws ProtocolError INPUT_TOO_LARGE, STREAM_CLOSED, TIMEOUT */
  async write(message: unknown, signal: AbortSignal): Promise<void> {
    await this.writeBytes(encoder.encode(toWire(message)), signal);
  }

  /** Sends one frame that is no JSON. @throws ProtocolError as {@link write} */
  async writeBytes(body: Uint8Array, signal: AbortSignal): Promise<void> {
    if (body.length > MAX_FRAME_BYTES)
      throw new ProtocolError(
        "INPUT_TOO_LARGE",
        `A message of ${body.length} bytes is over ${MAX_FRAME_BYTES}.`,
      );
    const frame = new Uint8Array(HEADER_BYTES + body.length);
    new DataView(frame.buffer).setUint32(0, body.length);
    frame.set(body, HEADER_BYTES);
    await whenWritable(this.#stream, signal);
    this.#stream.send(frame);
  }

  /**
   * Next message, or undefined when the other side has ended cleanly.
   *
   * @throws ProtocolError INPUT_INVALID, INPUT_TOO_LARGE, STREAM_CLOSED, TIMEOUT
   */
  async read<Schema extends z.ZodType>(
    schema: Schema,
    signal: AbortSignal,
  ): Promise<z.output<Schema> | undefined> {
    const frame = await this.readBytes(signal);
    return frame === undefined ? undefined : fromWire(schema, parseJson(frame));
  }

  /** Next frame, whatever it holds. @throws ProtocolError INPUT_TOO_LARGE, STREAM_CLOSED, TIMEOUT */
  async readBytes(signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#takeFrame();
      if (frame !== undefined) return frame;
      if (this.#failure !== undefined) throw streamClosed(this.#failure);
      if (this.#ended) {
        if (this.#queue.length > 0) throw streamClosed();
        return undefined;
      }
      await this.#more(signal);
    }
  }

  /** As {@link read}, but an end is an error. @throws ProtocolError as read */
  async require<Schema extends z.ZodType>(schema: Schema, signal: AbortSignal): Promise<z.output<Schema>> {
    const message = await this.read(schema, signal);
    if (message === undefined) throw streamClosed();
    return message;
  }

  /** Gives the stream back with what was not read, for `pipeSocket`. This object is done then. */
  release(): Stream {
    this.#detach();
    const rest = this.#queue.take(this.#queue.length);
    if (rest === undefined || rest.length === 0) return this.#stream;
    // When its end came in the same packet, a libp2p stream takes nothing back: pipeSocket finds it elsewhere.
    if (this.#stream.readStatus === "readable" || this.#stream.readStatus === "paused")
      this.#stream.unshift(rest);
    else leaveOver(this.#stream, rest);
    return this.#stream;
  }

  /** Ends the write side; the other side reads to the end. */
  async close(): Promise<void> {
    if (this.#stream.writeStatus === "writable") await this.#stream.close().catch(() => undefined);
  }

  /** Ends both sides at once. */
  abort(error: Error): void {
    this.#detach();
    if (this.#stream.status === "open" || this.#stream.status === "closing") this.#stream.abort(error);
  }

  readonly #onMessage = (event: { data: Uint8Array | Iterable<Uint8Array> }): void => {
    this.#queue.push(event.data);
    if (this.#queue.length > PAUSE_ABOVE_BYTES && this.#stream.readStatus === "readable")
      this.#stream.pause();
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  readonly #onClose = (event: { error?: Error }): void => {
    if (event.error !== undefined) this.#failure = event.error;
    else if (this.#stream.readableEnded) this.#ended = true;
    this.#wake?.();
  };

  #takeFrame(): Uint8Array | undefined {
    const header = this.#queue.peek(HEADER_BYTES);
    if (header === undefined) return undefined;
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0);
    if (length > MAX_FRAME_BYTES) {
      const error = new ProtocolError("INPUT_TOO_LARGE", `The peer sent a frame of ${length} bytes.`);
      this.abort(error);
      throw error;
    }
    if (this.#queue.length < HEADER_BYTES + length) return undefined;
    this.#queue.take(HEADER_BYTES);
    const frame = this.#queue.take(length) ?? new Uint8Array(0);
    if (this.#queue.length <= PAUSE_ABOVE_BYTES && this.#stream.readStatus === "paused")
      this.#stream.resume();
    return frame;
  }

  async #more(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        signal.removeEventListener("abort", onAbort);
        this.#wake = undefined;
      };
      const onAbort = (): void => {
        done();
        reject(
          new ProtocolError("TIMEOUT", "The other side did not answer in time.", { cause: signal.reason }),
        );
      };
      this.#wake = () => {
        done();
        resolve();
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #detach(): void {
    this.#stream.removeEventListener("message", this.#onMessage);
    this.#stream.removeEventListener("end", this.#onEnd);
    this.#stream.removeEventListener("close", this.#onClose);
  }
}

/** @throws ProtocolError INPUT_INVALID */
export function parseJson(frame: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(frame)) as unknown;
  } catch (cause) {
    throw new ProtocolError("INPUT_INVALID", "The peer sent a frame that is not JSON.", { cause });
  }
}

function streamClosed(cause?: Error): ProtocolError {
  return new ProtocolError("STREAM_CLOSED", "The stream ended before the answer.", { cause });
}
