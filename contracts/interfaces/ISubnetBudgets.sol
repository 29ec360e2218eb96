// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetBudgets
/// @notice All that the governor of a subnet may do in the rewards. Implemented by the era rewards, within their
/// constants. The subnet comes first: {ISubnetGovernor} checks it.
interface ISubnetBudgets {
    /// @notice Sets what the subnet pays for liveness out of its own endowment.
    /// @dev Requirements: caller is the governor of the subnet; at most the constant of the rewards.
    /// @param subnetId Identifier of the subnet.
    /// @param weiPerEra Most wei for one era.
    function setOwnLiveness(uint32 subnetId, uint96 weiPerEra) external;
}
