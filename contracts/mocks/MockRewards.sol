// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IRewardCredits} from "../interfaces/IRewardCredits.sol";
import {IRewardSlashing} from "../interfaces/IRewardSlashing.sol";

/// @title MockRewards
/// @notice For tests of the slasher: what nodes may claim, as the test says.
contract MockRewards is IRewardSlashing, IRewardCredits {
    /// @notice Wei that a node may claim.
    mapping(uint64 nodeId => uint256 amount) public claimable;

    /// @notice Wei that are deducted at the next claims of a node.
    mapping(uint64 nodeId => uint256 amount) public debtOf;

    /// @notice Gives a node something to claim.
    /// @param nodeId Node.
    /// @param amount Wei.
    function setClaimable(uint64 nodeId, uint256 amount) external {
        claimable[nodeId] = amount;
    }

    /// @inheritdoc IRewardSlashing
    function slashRewards(uint64 nodeId, uint256 amount) external override returns (uint256 taken) {
        taken = Math.min(amount, claimable[nodeId]);
        claimable[nodeId] -= taken;
        debtOf[nodeId] += amount - taken;
    }

    /// @inheritdoc IRewardCredits
    function creditOf(uint64 nodeId) external view override returns (uint256 credit, uint256 debt) {
        return (claimable[nodeId], debtOf[nodeId]);
    }
}
