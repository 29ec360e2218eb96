// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IRewardSlashing
/// @notice How a settled offence reaches the rewards of a node that are not claimed yet. Implemented by {IEraRewards}.
interface IRewardSlashing {
    /// @notice Takes rewards that a node may claim now or in the future; deducted at its claims, and kept in the pool.
    /// @dev Requirements: caller is the slasher. Never reverts on less.
    /// @param nodeId Node.
    /// @param amount Wei.
    /// @return taken Wei of it that are claimable now: the offence is paid to that extent.
    function slashRewards(uint64 nodeId, uint256 amount) external returns (uint256 taken);
}
