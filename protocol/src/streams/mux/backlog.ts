import { Fifo } from "./fifo.ts";

/** Small pieces are gathered in blocks of this size. */
const BLOCK_BYTES = 4 * 1024;

/**
 * Bytes that wait, in order. Pieces stay as they are while they are few; more small ones are copied together, so that
 * neither their number nor the buffers that they are cut from take more memory than a small multiple of their bytes.
 */
export class Backlog {
  readonly #loosePieces: number;
  /** Behind the piece in front; made when there is one. */
  #pieces: Fifo<Uint8Array> | undefined;
  #length = 0;
  /** What is left of the piece in front. */
  #front: Uint8Array | undefined;
  #block: { readonly bytes: Uint8Array; from: number; used: number } | undefined;

  /** @param loosePieces Small pieces that are kept as they come. */
  constructor(loosePieces: number) {
    this.#loosePieces = loosePieces;
  }

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#length += piece.length;
    const behind = this.#pieces?.length ?? 0;
    if (piece.length < BLOCK_BYTES && behind >= this.#loosePieces) this.#gather(piece);
    else if (this.#length === piece.length) this.#front = piece;
    else {
      this.#closeBlock();
      this.#enqueue(piece);
    }
  }

  /** Takes up to `most` bytes off the front into `pieces`. @returns How many. */
  take(most: number, pieces: { push(piece: Uint8Array): unknown }): number {
    let left = Math.min(most, this.#length);
    const taken = left;
    while (left > 0) {
      const piece = this.#front ?? this.#next();
      if (piece.length <= left) {
        pieces.push(piece);
        left -= piece.length;
        this.#front = undefined;
      } else {
        pieces.push(piece.subarray(0, left));
        this.#front = piece.subarray(left);
        left = 0;
      }
    }
    this.#length -= taken;
    return taken;
  }

  clear(): void {
    this.take(this.#length, []);
  }

  #next(): Uint8Array {
    if (this.#pieces === undefined || this.#pieces.length === 0) this.#closeBlock();
    return this.#pieces?.shift() ?? new Uint8Array(0);
  }

  #enqueue(piece: Uint8Array): void {
    this.#pieces ??= new Fifo();
    this.#pieces.push(piece);
  }

  #gather(piece: Uint8Array): void {
    if (this.#block !== undefined && this.#block.used + piece.length > BLOCK_BYTES) this.#closeBlock(true);
    this.#block ??= { bytes: new Uint8Array(BLOCK_BYTES), from: 0, used: 0 };
    this.#block.bytes.set(piece, this.#block.used);
    this.#block.used += piece.length;
  }

  /** Moves what is gathered into the queue; the rest of the block is filled later, unless it is full. */
  #closeBlock(isFull = false): void {
    const block = this.#block;
    if (block === undefined) return;
    if (block.used > block.from) this.#enqueue(block.bytes.subarray(block.from, block.used));
    block.from = block.used;
    if (isFull || block.used === BLOCK_BYTES) this.#block = undefined;
  }
}
