import { concat, encodeAbiParameters, type Hex, keccak256, zeroHash } from "viem";

export interface LeaseTree {
  /** `leaseRoot` of a pulse; zero for no leases. */
  readonly root: Hex;
  /** Shows that a lease is in the pulse; undefined for one that is not. */
  readonly proofOf: (leaseHash: Hex) => Hex[] | undefined;
}

/** Merkle tree over the leases that a node serves, as OpenZeppelin's MerkleProof reads it: leaves hashed twice, pairs sorted. */
export function leaseTree(leaseHashes: readonly Hex[]): LeaseTree {
  const leaves = leaseHashes.map(leafOf).sort();
  const levels: Hex[][] = [leaves];
  for (let level = leaves; level.length > 1;) {
    level = parentsOf(level);
    levels.push(level);
  }
  return {
    root: levels.at(-1)?.[0] ?? zeroHash,
    proofOf: (leaseHash) => {
      let index = leaves.indexOf(leafOf(leaseHash));
      if (index === -1) return undefined;
      const proof: Hex[] = [];
      for (const level of levels) {
        const sibling = level[index ^ 1];
        if (sibling !== undefined) proof.push(sibling);
        index >>= 1;
      }
      return proof;
    },
  };
}

function leafOf(leaseHash: Hex): Hex {
  return keccak256(keccak256(encodeAbiParameters([{ type: "bytes32" }], [leaseHash])));
}

/** The last one of an odd level goes up as it is. */
function parentsOf(level: readonly Hex[]): Hex[] {
  const parents: Hex[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const [left, right] = [level[index], level[index + 1]];
    if (left === undefined) continue;
    parents.push(
      right === undefined ? left : keccak256(concat(left < right ? [left, right] : [right, left])),
    );
  }
  return parents;
}
