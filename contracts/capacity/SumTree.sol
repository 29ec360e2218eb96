// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICapacityRounds} from "../interfaces/ICapacityRounds.sol";

/// @title SumTree
/// @notice A gateway's tree of one round: a binary Merkle tree whose inner nodes carry the points under them, so that the
/// total is exactly that of the leaves. Padded on the right with empty leaves to a power of two.
library SumTree {
    /// @notice Reverts unless a leaf is under a root at its place.
    /// @dev A sibling that lies wholly beyond the last leaf must count nothing: showing the last leaf shows that there is
    /// nothing behind it.
    /// @param posted The root.
    /// @param opening The leaf.
    function requireLeaf(
        ICapacityRounds.RoundRoot calldata posted,
        ICapacityRounds.LeafOpening calldata opening
    ) internal pure {
        uint256 depth = Math.log2(posted.leafCount, Math.Rounding.Ceil);
        if (opening.index >= posted.leafCount || opening.hashes.length != depth || opening.sums.length != depth) {
            revert ICapacityRounds.CapacityRounds_LeafNotFound(opening.index, posted.leafCount);
        }
        bytes32 node = hashOf(opening.leaf);
        uint256 sum = opening.leaf.points;
        for (uint256 height = 0; height < depth; height++) {
            bytes32 sibling = opening.hashes[height];
            uint64 siblingSum = opening.sums[height];
            uint256 position = opening.index >> height;
            if ((position ^ 1) << height >= posted.leafCount && siblingSum != 0) {
                revert ICapacityRounds.CapacityRounds_SumBeyondLeaves(opening.index, siblingSum);
            }
            node =
                position & 1 == 0
                    ? keccak256(abi.encode(node, sum, sibling, siblingSum))
                    : keccak256(abi.encode(sibling, siblingSum, node, sum));
            sum += siblingSum;
        }
        if (node != posted.root || sum != posted.totalPoints) {
            revert ICapacityRounds.CapacityRounds_LeafNotUnderRoot(opening.index, node, sum);
        }
    }

    /// @notice Hash of a leaf: twice, so that no inner node can be taken for one.
    /// @param leaf The leaf.
    /// @return hash The hash.
    function hashOf(ICapacityRounds.Leaf calldata leaf) internal pure returns (bytes32 hash) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
    }
}
