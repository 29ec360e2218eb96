// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SumTree} from "../capacity/SumTree.sol";
import {WorkChain} from "../capacity/WorkChain.sol";
import {ICapacityRounds} from "../interfaces/ICapacityRounds.sol";

/// @title WorkChainHarness
/// @notice For tests: the two libraries that decide, by themselves.
contract WorkChainHarness {
    /// @notice See {WorkChain.check}.
    /// @param chain The chain.
    /// @param opening The segment.
    /// @return right Whether all labels are right.
    /// @return label First wrong one.
    function check(
        WorkChain.Chain calldata chain,
        ICapacityRounds.SegmentOpening calldata opening
    ) external pure returns (bool right, uint256 label) {
        return WorkChain.check(chain, opening);
    }

    /// @notice See {SumTree.requireLeaf}.
    /// @param posted The root.
    /// @param opening The leaf.
    function requireLeaf(
        ICapacityRounds.RoundRoot calldata posted,
        ICapacityRounds.LeafOpening calldata opening
    ) external pure {
        SumTree.requireLeaf(posted, opening);
    }
}
