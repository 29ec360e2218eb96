// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INodeExit} from "../interfaces/INodeExit.sol";

/// @title EarningsMock
/// @notice For tests: the books of the lease market, and the owners and the exit of the node registry.
contract EarningsMock is INodeExit {
    /// @inheritdoc INodeExit
    uint40 public immutable override EXIT_SECONDS;

    /// @notice Owners of nodes.
    mapping(uint64 nodeId => address owner) public ownerOf;

    mapping(uint64 nodeId => mapping(uint32 subnetId => mapping(address token => uint256 earned))) private _earned;

    /// @notice Fixes the exit.
    /// @param exitSeconds Time that a node needs to leave.
    constructor(uint40 exitSeconds) {
        EXIT_SECONDS = exitSeconds;
    }

    /// @notice Makes or moves a node.
    /// @param nodeId Its number.
    /// @param owner Its owner.
    function setOwner(uint64 nodeId, address owner) external {
        ownerOf[nodeId] = owner;
    }

    /// @notice Settles a lease: the node's share of it.
    /// @param nodeId Who served.
    /// @param subnetId Through which subnet.
    /// @param token Paid in.
    /// @param amount Token units.
    function earn(uint64 nodeId, uint32 subnetId, address token, uint256 amount) external {
        _earned[nodeId][subnetId][token] += amount;
    }

    /// @notice As the lease market answers.
    /// @param nodeId Who served.
    /// @param subnetId Through which subnet.
    /// @param token Paid in.
    /// @return outstanding Not used.
    /// @return earned Token units ever.
    /// @return pointSeconds Not used.
    function earningsOf(
        uint64 nodeId,
        uint32 subnetId,
        address token
    ) external view returns (uint256 outstanding, uint256 earned, uint256 pointSeconds) {
        return (0, _earned[nodeId][subnetId][token], 0);
    }
}
