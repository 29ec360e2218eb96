// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetBudgets
/// @notice All that the governor of a subnet may do in the rewards. Implemented by the era rewards, within their
/// constants. The subnet comes first: {ISubnetGovernor} checks it.
interface ISubnetBudgets {
    /// @notice Sets which part of the liveness budget that is due to the subnet it hands out.
    /// @dev Requirements: caller is the governor of the subnet; at most 10000.
    /// @param subnetId Identifier of the subnet.
    /// @param budgetBps Part in 1/10000.
    function setSubnetBudget(uint32 subnetId, uint16 budgetBps) external;
}
