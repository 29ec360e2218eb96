// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetPowers
/// @notice All that the governor of a subnet may do in the subnet registry. Implemented by the subnet registry, which
/// holds each value within its own constants. Every function takes the subnet first: {ISubnetGovernor} checks it.
interface ISubnetPowers {
    /// @notice Which nodes a subnet takes.
    /// @param admission 0 open, 1 by allow-list.
    /// @param acceptsFizz Whether Fizz nodes may join.
    /// @param acceptsProvider Whether provider nodes may join.
    /// @param minCpuTier Least CPU tier of a node; 0 for any.
    /// @param minGpuTier Least GPU tier of a node; 0 for any.
    struct AdmissionRules {
        uint8 admission;
        bool acceptsFizz;
        bool acceptsProvider;
        uint16 minCpuTier;
        uint16 minGpuTier;
    }

    /// @notice Changes the cut for leases opened from now on.
    /// @dev Requirements: caller is the governor; at most the largest cut of the registry.
    /// @param subnetId Identifier of the subnet.
    /// @param cutBps New cut in 1/10000.
    function setCut(uint32 subnetId, uint16 cutBps) external;

    /// @notice Sets which nodes may join from now on. Nodes that are in stay in.
    /// @dev Requirements: caller is the governor; at least one mode is accepted.
    /// @param subnetId Identifier of the subnet.
    /// @param rules The rules.
    function setAdmissionRules(uint32 subnetId, AdmissionRules calldata rules) external;

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
