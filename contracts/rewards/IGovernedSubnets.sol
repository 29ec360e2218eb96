// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IGovernedSubnets
/// @notice The part of the subnet registry that says who decides for a subnet. Implemented by the subnet registry.
interface IGovernedSubnets {
    /// @notice Who may change the cut, the admission and the budgets of a subnet.
    /// @param subnetId Subnet.
    /// @return governor The account.
    function governorOf(uint32 subnetId) external view returns (address governor);
}
