import { concat, encodeAbiParameters, type Hex, keccak256 } from "viem";
import { ProtocolError } from "../errors/index.ts";
import { type Amount } from "../units/index.ts";

/** What a node gets from a subnet since the beginning. */
export interface RewardEntry {
  readonly nodeId: bigint;
  readonly cumulative: Amount;
}

export interface RewardTree {
  readonly root: Hex;
  /** Siblings from the leaf upwards, as EraRewards.claim takes them; undefined for a node that is not in the tree. */
  readonly proofOf: (nodeId: bigint) => readonly Hex[] | undefined;
}

/** keccak256(keccak256(abi.encode(nodeId, cumulative))): hashed twice, so that no inner node can pass for a leaf. */
export function rewardLeaf({ nodeId, cumulative }: RewardEntry): Hex {
  return keccak256(
    keccak256(encodeAbiParameters([{ type: "uint64" }, { type: "uint256" }], [nodeId, cumulative])),
  );
}

/**
 * Merkle tree over at least one entry: leaves sorted by hash, pairs sorted, laid out as OpenZeppelin's merkle-tree does,
 * so that the order of the entries does not matter and MerkleProof verifies it.
 *
 * @throws ProtocolError INPUT_INVALID without an entry, or with two for one node.
 */
export function rewardTree(entries: readonly RewardEntry[]): RewardTree {
  if (entries.length === 0)
    throw new ProtocolError("INPUT_INVALID", "A reward tree needs at least one node.");
  if (new Set(entries.map(({ nodeId }) => nodeId)).size !== entries.length)
    throw new ProtocolError("INPUT_INVALID", "A node is listed twice.");

  const leaves = entries
    .map((entry) => ({ nodeId: entry.nodeId, hash: rewardLeaf(entry) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  const { length } = leaves;
  const tree = new Array<Hex>(2 * length - 1);
  const indexOf = new Map<bigint, number>();
  for (const [position, leaf] of leaves.entries()) {
    const index = tree.length - 1 - position;
    tree[index] = leaf.hash;
    indexOf.set(leaf.nodeId, index);
  }
  for (let index = length - 2; index >= 0; index--)
    tree[index] = parentOf(at(tree, 2 * index + 1), at(tree, 2 * index + 2));

  return {
    root: at(tree, 0),
    proofOf: (nodeId) => {
      const index = indexOf.get(nodeId);
      return index === undefined ? undefined : siblingsOf(tree, index);
    },
  };
}

function siblingsOf(tree: readonly Hex[], leaf: number): readonly Hex[] {
  const siblings: Hex[] = [];
  for (let index = leaf; index > 0; index = Math.floor((index - 1) / 2))
    siblings.push(at(tree, index % 2 === 1 ? index + 1 : index - 1));
  return siblings;
}

function parentOf(a: Hex, b: Hex): Hex {
  return keccak256(a < b ? concat([a, b]) : concat([b, a]));
}

function at(tree: readonly Hex[], index: number): Hex {
  const hash = tree[index];
  if (hash === undefined) throw new ProtocolError("INTERNAL", `The reward tree has no entry ${index}.`);
  return hash;
}
