import { CHANNEL_NUMBERS, FRAME, type FrameType, HEADER_BYTES, readUint32 } from "./frames.ts";
import { MAX_DATA_BYTES, MAX_OPEN_BYTES, MAX_REFUSAL_BYTES } from "./limits.ts";
import { violation } from "./violation.ts";

/** Takes the payload of a DATA frame, in pieces. */
export interface PieceTaker {
  receive(piece: Uint8Array): void;
}

/** Who takes frames. Both may throw, which ends the link. */
export interface FrameSink {
  /** A DATA frame begins. @returns Who takes its payload. */
  data(id: number, length: number): PieceTaker;
  /** Any other frame, whole. Its payload belongs to the link again when the call is over. */
  control(type: Exclude<FrameType, typeof FRAME.data>, id: number, payload: Uint8Array): void;
}

const NOTHING = new Uint8Array(0);
/** Least and most payload of each frame, in bytes. */
const LENGTHS: Readonly<Record<FrameType, readonly [least: number, most: number]>> = {
  [FRAME.open]: [2, MAX_OPEN_BYTES],
  [FRAME.ready]: [0, 0],
  [FRAME.refused]: [2, MAX_REFUSAL_BYTES],
  [FRAME.data]: [1, MAX_DATA_BYTES],
  [FRAME.fin]: [0, 0],
  [FRAME.rst]: [0, 0],
  [FRAME.window]: [4, 4],
  [FRAME.ping]: [0, 0],
  [FRAME.pong]: [0, 0],
};

/** Cuts what arrives into frames. Payload of DATA is passed on as it comes; others are short, and gathered. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerLength = 0;
  #type: FrameType = FRAME.ping;
  #id = 0;
  /** Payload that is missing. */
  #left = 0;
  #taker: PieceTaker | undefined;
  /** Payload that comes in several pieces. */
  #gathered: Uint8Array | undefined;
  #isStopped = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws ProtocolError LINK_VIOLATION, and what the sink throws */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#isStopped)
      at = this.#left > 0 ? this.#readPayload(chunk, at) : this.#readHeader(chunk, at);
  }

  /** Nothing more is passed on, not even of the chunk that is being read. */
  stop(): void {
    this.#isStopped = true;
  }

  #readPayload(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
    this.#left -= piece.length;
    if (this.#taker !== undefined) this.#taker.receive(piece);
    else if (this.#gathered === undefined && this.#left === 0) this.#control(piece);
    else this.#gather(piece);
    return end;
  }

  #gather(piece: Uint8Array): void {
    const gathered = (this.#gathered ??= new Uint8Array(piece.length + this.#left));
    gathered.set(piece, gathered.length - this.#left - piece.length);
    if (this.#left > 0) return;
    this.#gathered = undefined;
    this.#control(gathered);
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    const isWhole = this.#headerLength === 0 && chunk.length - at >= HEADER_BYTES;
    if (isWhole) {
      this.#begin(chunk, at);
      return at + HEADER_BYTES;
    }
    const end = Math.min(chunk.length, at + HEADER_BYTES - this.#headerLength);
    this.#header.set(chunk.subarray(at, end), this.#headerLength);
    this.#headerLength += end - at;
    if (this.#headerLength === HEADER_BYTES) {
      this.#headerLength = 0;
      this.#begin(this.#header, 0);
    }
    return end;
  }

  #begin(bytes: Uint8Array, at: number): void {
    const type = bytes[at] ?? 0;
    const id = readUint32(bytes, at + 1);
    const length = readUint32(bytes, at + 5);
    if (!isFrameType(type)) throw violation("unknown-frame", `a frame of type ${type}.`);
    const [least, most] = LENGTHS[type];
    if (length > most) throw violation("frame-too-large", `${length} bytes in a frame of type ${type}.`);
    if (length < least) throw violation("wrong-length", `${length} bytes in a frame of type ${type}.`);
    this.#type = type;
    this.#id = id % CHANNEL_NUMBERS;
    this.#left = length;
    this.#taker = type === FRAME.data ? this.#sink.data(id, length) : undefined;
    if (type !== FRAME.data && length === 0) this.#control(NOTHING);
  }

  #control(payload: Uint8Array): void {
    if (this.#type !== FRAME.data) this.#sink.control(this.#type, this.#id, payload);
  }
}

function isFrameType(type: number): type is FrameType {
  return type >= FRAME.open && type <= FRAME.pong;
}
