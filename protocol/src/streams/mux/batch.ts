import { type FrameType, HEADER_BYTES, writeHeader } from "./frames.ts";

/** Pieces below this are copied together: each piece costs a call of the cipher and of the system. */
const SMALL_BYTES = 8 * 1024;
const SLAB_BYTES = 64 * 1024;

/** What all batches copy small pieces into, one after the other. Nothing in it is written twice. */
let slab = new Uint8Array(0);
let used = 0;

/** Makes room for so many bytes that lie together. @returns Whether it begins a new slab. */
function makeRoom(length: number): boolean {
  if (used + length <= slab.length) return false;
  slab = new Uint8Array(SLAB_BYTES);
  used = 0;
  return true;
}

/** Gathers frames to be written at once, in few pieces: what is small is copied, what is big stays as it is. */
export class Batch {
  #pieces: Uint8Array[] = [];
  /** Where in the slab the piece begins that is being gathered. */
  #from = used;
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds the header of a frame whose payload follows. */
  header(type: FrameType, id: number, length: number): void {
    this.#reserve(HEADER_BYTES);
    writeHeader(slab, used, { type, id, length });
    used += HEADER_BYTES;
  }

  push(piece: Uint8Array): void {
    if (piece.length >= SMALL_BYTES) {
      this.#closePiece();
      this.#pieces.push(piece);
      this.#length += piece.length;
      return;
    }
    this.#reserve(piece.length);
    slab.set(piece, used);
    used += piece.length;
  }

  /** @returns The pieces. Nothing may be added any more. */
  close(): readonly Uint8Array[] {
    this.#closePiece();
    return this.#pieces;
  }

  #reserve(length: number): void {
    const before = slab;
    const end = used;
    if (makeRoom(length)) {
      if (end > this.#from) this.#pieces.push(before.subarray(this.#from, end));
      this.#from = 0;
    }
    this.#length += length;
  }

  #closePiece(): void {
    if (used > this.#from) this.#pieces.push(slab.subarray(this.#from, used));
    this.#from = used;
  }
}
