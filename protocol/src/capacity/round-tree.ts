import { concatHex, encodeAbiParameters, type Hex, keccak256, parseAbiParameters } from "viem";
import { ProtocolError } from "../errors/index.ts";

/** A node that passed, in its gateway's tree of a round. */
export interface RoundLeaf {
  readonly nodeId: bigint;
  /** Tenths of a point, as {@link capacityPointsOf}. */
  readonly points: number;
  readonly answerHash: Hex;
  /** keccak256 of the operator's signature. */
  readonly signatureHash: Hex;
}

/** A leaf and its way to the root; sums are of the points under each sibling. */
export interface LeafOpening {
  readonly leaf: RoundLeaf;
  readonly index: number;
  readonly hashes: readonly Hex[];
  readonly sums: readonly bigint[];
}

/** What a gateway posts. */
export interface RoundRoot {
  readonly root: Hex;
  readonly leafCount: number;
  readonly totalPoints: bigint;
}

interface SumNode {
  readonly hash: Hex;
  readonly sum: bigint;
}

const leafParameters = parseAbiParameters("uint64, uint32, bytes32, bytes32");
const nodeParameters = parseAbiParameters("bytes32, uint64, bytes32, uint64");
const EMPTY: SumNode = { hash: `0x${"0".repeat(64)}`, sum: 0n };

/** Hash of a leaf: twice, so that no inner node can be taken for one. */
export function roundLeafHash(leaf: RoundLeaf): Hex {
  const encoded = encodeAbiParameters(leafParameters, [
    leaf.nodeId,
    leaf.points,
    leaf.answerHash,
    leaf.signatureHash,
  ]);
  return keccak256(concatHex([keccak256(encoded)]));
}

function parentNode(left: SumNode, right: SumNode): SumNode {
  const encoded = encodeAbiParameters(nodeParameters, [left.hash, left.sum, right.hash, right.sum]);
  return { hash: keccak256(encoded), sum: left.sum + right.sum };
}

/**
 * A gateway's tree of one round: leaves by rising node id, each inner node with the points under it, so that the total
 * cannot be more than the leaves.
 */
export class RoundTree {
  readonly #leaves: readonly RoundLeaf[];
  readonly #levels: SumNode[][];

  constructor(leaves: readonly RoundLeaf[]) {
    if (leaves.length === 0) throw new ProtocolError("INPUT_INVALID", "A round without a leaf has no root.");
    this.#leaves = leaves.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
    const twice = this.#leaves.find((leaf, at) => leaf.nodeId === this.#leaves[at + 1]?.nodeId);
    if (twice !== undefined)
      throw new ProtocolError("INPUT_INVALID", `Node ${twice.nodeId.toString()} is twice in the round.`);
    let level = padded(this.#leaves.map((leaf) => ({ hash: roundLeafHash(leaf), sum: BigInt(leaf.points) })));
    this.#levels = [level];
    while (level.length > 1) {
      level = Array.from({ length: level.length / 2 }, (_, at) =>
        parentNode(level[2 * at] ?? EMPTY, level[2 * at + 1] ?? EMPTY),
      );
      this.#levels.push(level);
    }
  }

  get root(): RoundRoot {
    const top = this.#levels.at(-1)?.[0] ?? EMPTY;
    return { root: top.hash, leafCount: this.#leaves.length, totalPoints: top.sum };
  }

  /** Opens the leaf at a place, for disputes. */
  open(index: number): LeafOpening {
    const leaf = this.#leaves[index];
    if (leaf === undefined) throw new ProtocolError("INPUT_INVALID", `The round has no leaf ${index}.`);
    const siblings = this.#levels
      .slice(0, -1)
      .map((level, height) => level[Math.floor(index / 2 ** height) ^ 1] ?? EMPTY);
    return { leaf, index, hashes: siblings.map(({ hash }) => hash), sums: siblings.map(({ sum }) => sum) };
  }

  /** Place of a node; undefined when it is not in the round. */
  indexOf(nodeId: bigint): number | undefined {
    const index = this.#leaves.findIndex((leaf) => leaf.nodeId === nodeId);
    return index < 0 ? undefined : index;
  }
}

function padded(leaves: readonly SumNode[]): SumNode[] {
  const size = 2 ** Math.ceil(Math.log2(leaves.length));
  return Array.from({ length: size }, (_, index) => leaves[index] ?? EMPTY);
}

/** Whether a leaf is under a root at its place, with nothing counted beyond the last leaf. */
export function isUnderRoundRoot(posted: RoundRoot, opening: LeafOpening): boolean {
  const { index, hashes, sums, leaf } = opening;
  const depth = Math.ceil(Math.log2(Math.max(1, posted.leafCount)));
  if (index >= posted.leafCount || hashes.length !== depth || sums.length !== depth) return false;
  let node: SumNode = { hash: roundLeafHash(leaf), sum: BigInt(leaf.points) };
  for (const [height, hash] of hashes.entries()) {
    const position = Math.floor(index / 2 ** height);
    const sibling: SumNode = { hash, sum: sums[height] ?? 0n };
    const isBeyond = (position ^ 1) * 2 ** height >= posted.leafCount;
    if (isBeyond && sibling.sum !== 0n) return false;
    node = position % 2 === 1 ? parentNode(sibling, node) : parentNode(node, sibling);
  }
  return node.hash === posted.root && node.sum === posted.totalPoints;
}
