import { ProtocolError } from "../errors/index.ts";
import {
  COPY_FRAME,
  type CopyEnd,
  copyEndSchema,
  type CopyPlace,
  copyPlaceSchema,
  fromWire,
  MAX_COPY_FRAME_BYTES,
} from "../messages/index.ts";
import { type FramedStream, parseJson } from "../streams/index.ts";
import { HEADER_BYTES, unknownFrame, writeJson, writePieces } from "./frames.ts";

/** Either side of a copy of files, after the answer of the node. */
export class CopyTalk {
  readonly #framed: FramedStream;

  constructor(framed: FramedStream) {
    this.#framed = framed;
  }

  /** Waits until the other side takes it. @throws ProtocolError STREAM_CLOSED, TIMEOUT */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const pieces = { kind: COPY_FRAME.data, bytes, most: MAX_COPY_FRAME_BYTES };
    await writePieces(this.#framed, pieces, signal);
  }

  /** The last frame of this side. @throws ProtocolError as {@link write} */
  async end(end: CopyEnd, signal: AbortSignal): Promise<void> {
    await writeJson(this.#framed, { kind: COPY_FRAME.end, json: end }, signal);
  }

  /** The node's first frame of a copy into a container. @throws ProtocolError as {@link write} */
  async tellPlace(place: CopyPlace, signal: AbortSignal): Promise<void> {
    await writeJson(this.#framed, { kind: COPY_FRAME.place, json: place }, signal);
  }

  /** @throws ProtocolError what the node ended it with; INPUT_INVALID, STREAM_CLOSED, TIMEOUT */
  async place(signal: AbortSignal): Promise<CopyPlace> {
    const frame = await this.#require(signal);
    if (frame[0] === COPY_FRAME.place)
      return fromWire(copyPlaceSchema, parseJson(frame.subarray(HEADER_BYTES)));
    throw unknownFrame(frame);
  }

  /**
   * The other side's bytes, to its end. An end that was not said is an error.
   *
   * @returns How it ended.
   * @throws ProtocolError INPUT_INVALID, STREAM_CLOSED, TIMEOUT
   */
  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array, CopyEnd, void> {
    for (;;) {
      const frame = await this.#require(signal);
      const bytes = frame.subarray(HEADER_BYTES);
      if (frame[0] === COPY_FRAME.end) return fromWire(copyEndSchema, parseJson(bytes));
      if (frame[0] !== COPY_FRAME.data) throw unknownFrame(frame);
      yield bytes;
    }
  }

  /** Leaves. What was not ended is cut. */
  async close(): Promise<void> {
    await this.#framed.close();
  }

  async #require(signal: AbortSignal): Promise<Uint8Array> {
    const frame = await this.#framed.readBytes(signal);
    if (frame !== undefined) return frame;
    throw new ProtocolError("STREAM_CLOSED", "The copy was cut before its end.");
  }
}
