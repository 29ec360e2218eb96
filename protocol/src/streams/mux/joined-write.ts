import { MAX_BATCH_BYTES } from "./limits.ts";

/** A batch of data with its headers fits. */
const JOINED_BYTES = MAX_BATCH_BYTES + 16 * 1024;
/** Kept for later writes, of all links together. */
const MAX_SPARE = 8;

const spare: Uint8Array[] = [];

/** Pieces that lie together, until they are written. */
export interface Joined {
  readonly bytes: Uint8Array;
  /** The memory is used again: nobody may read it any more. */
  readonly release: () => void;
}

/**
 * Copies pieces to memory that is used again and again. node:tls does the same for several pieces, to new memory for each
 * write; one it encrypts from where it lies.
 *
 * @returns Undefined when they are too long.
 */
export function joinForWrite(pieces: readonly Uint8Array[]): Joined | undefined {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length > JOINED_BYTES) return undefined;
  const memory = spare.pop() ?? new Uint8Array(JOINED_BYTES);
  let at = 0;
  for (const piece of pieces) {
    memory.set(piece, at);
    at += piece.length;
  }
  const release = (): void => {
    if (spare.length < MAX_SPARE) spare.push(memory);
  };
  return { bytes: memory.subarray(0, length), release };
}
