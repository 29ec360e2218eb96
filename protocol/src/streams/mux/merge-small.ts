/** Pieces below this are copied together: each piece costs a call of the cipher and of the system. */
const SMALL_BYTES = 8 * 1024;

/** The same bytes in fewer pieces; big ones stay as they are. */
export function mergeSmall(pieces: readonly Uint8Array[]): Uint8Array[] {
  const merged: Uint8Array[] = [];
  let from = 0;
  let length = 0;
  const flush = (to: number): void => {
    if (to - from === 1) merged.push(pieces[from] ?? new Uint8Array(0));
    else if (to > from) merged.push(join(pieces, { from, to, length }));
  };
  for (const [index, piece] of pieces.entries()) {
    if (piece.length < SMALL_BYTES) {
      length += piece.length;
      continue;
    }
    flush(index);
    merged.push(piece);
    from = index + 1;
    length = 0;
  }
  flush(pieces.length);
  return merged;
}

function join(
  pieces: readonly Uint8Array[],
  { from, to, length }: { readonly from: number; readonly to: number; readonly length: number },
): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (let index = from; index < to; index += 1) {
    const piece = pieces[index];
    if (piece === undefined) continue;
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
