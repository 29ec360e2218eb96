import { pairHash } from "./hashing.ts";

const EMPTY = new Uint8Array(32);

/** A binary Merkle tree, padded with empty leaves to a power of two; all nodes in memory. */
export class MerkleTree {
  readonly #levels: Uint8Array[][];

  constructor(leaves: readonly Uint8Array[]) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, leaves.length)));
    let level: Uint8Array[] = Array.from({ length: size }, (_, index) => leaves[index] ?? EMPTY);
    this.#levels = [level];
    while (level.length > 1) {
      level = halve(level);
      this.#levels.push(level);
    }
  }

  get root(): Uint8Array {
    return this.#levels.at(-1)?.[0] ?? EMPTY;
  }

  /** Siblings from the leaf up. */
  pathOf(index: number): Uint8Array[] {
    return this.#levels.slice(0, -1).map((level, height) => level[(index >> height) ^ 1] ?? EMPTY);
  }
}

function halve(level: readonly Uint8Array[]): Uint8Array[] {
  return Array.from({ length: level.length / 2 }, (_, index) =>
    pairHash(level[2 * index] ?? EMPTY, level[2 * index + 1] ?? EMPTY),
  );
}

/** Root that a leaf and its siblings give. */
export function rootOf(leaf: Uint8Array, index: number, path: readonly Uint8Array[]): Uint8Array {
  return path.reduce((node, sibling, height) => {
    const isRight = Math.floor(index / 2 ** height) % 2 === 1;
    return isRight ? pairHash(sibling, node) : pairHash(node, sibling);
  }, leaf);
}
