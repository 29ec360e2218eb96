// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IRewardCredits
/// @notice What of a node's rewards is on chain already. Implemented by the era rewards, beside {IRewardSlashing}.
interface IRewardCredits {
    /// @notice Rewards of a node.
    /// @param nodeId Node.
    /// @return credit Wei that it may withdraw now.
    /// @return debt Wei that are deducted at its next claims.
    function creditOf(uint64 nodeId) external view returns (uint256 credit, uint256 debt);
}
