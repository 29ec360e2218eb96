// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetPowers
/// @notice All that the governor of a subnet may do in the subnet registry. Implemented by the subnet registry, which
/// holds each value within its own constants. Every function takes the subnet first: {ISubnetGovernor} checks it.
interface ISubnetPowers {
    /// @notice Changes the cut for leases opened from now on.
    /// @dev Requirements: caller is the governor; at most the largest cut of the registry.
    /// @param subnetId Identifier of the subnet.
    /// @param cutBps New cut in 1/10000.
    function setCut(uint32 subnetId, uint16 cutBps) external;

    /// @notice Opens the subnet for every node, or puts it behind its allow-list.
    /// @dev Requirements: caller is the governor.
    /// @param subnetId Identifier of the subnet.
    /// @param admission 0 open, 1 by allow-list.
    function setAdmission(uint32 subnetId, uint8 admission) external;

    /// @notice Allows or forbids a node to join.
    /// @dev Requirements: caller is the governor.
    /// @param subnetId Identifier of the subnet.
    /// @param nodeId Identifier of the node.
    /// @param admitted Whether it may join.
    function setAdmitted(uint32 subnetId, uint64 nodeId, bool admitted) external;

    /// @notice Hands the government of the subnet to another account.
    /// @dev Requirements: caller is the governor; not zero.
    /// @param subnetId Identifier of the subnet.
    /// @param governor The account.
    function setGovernor(uint32 subnetId, address governor) external;
}
