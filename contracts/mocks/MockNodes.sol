// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INodeBonds} from "../interfaces/INodeBonds.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {MockStakes} from "./MockStakes.sol";

/// @title MockNodes
/// @notice For tests of the slasher: the part of a node registry with bonds that the slasher calls.
contract MockNodes is MockStakes {
    mapping(uint64 nodeId => INodeRegistry.Node node) private _nodes;
    mapping(uint64 nodeId => mapping(uint32 subnetId => bool joined)) private _joined;

    /// @notice Until when a node is suspended.
    mapping(uint64 nodeId => uint40 until) public suspendedUntil;

    /// @notice The node is leaving.
    error MockNodes_Exiting(uint64 nodeId);

    /// @notice Puts a node there.
    /// @param nodeId Node.
    /// @param owner Wallet that earns.
    /// @param operator Hot key.
    /// @param mode Fizz or Provider.
    function setNode(uint64 nodeId, address owner, address operator, INodeRegistry.Mode mode) external {
        _nodes[nodeId].owner = owner;
        _nodes[nodeId].operator = operator;
        _nodes[nodeId].mode = mode;
        _nodes[nodeId].status = INodeRegistry.NodeStatus.Active;
    }

    /// @notice Puts a node on its way out.
    /// @param nodeId Node.
    function setExiting(uint64 nodeId) external {
        _nodes[nodeId].status = INodeRegistry.NodeStatus.Exiting;
    }

    /// @notice Puts a node into a subnet, or out of it.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @param joined Whether it is in it.
    function setJoined(uint64 nodeId, uint32 subnetId, bool joined) external {
        _joined[nodeId][subnetId] = joined;
    }

    /// @notice See {INodeBonds}.
    /// @param nodeId Node.
    /// @param amount Wei.
    /// @param until Unix time.
    /// @return locked Wei.
    function lockBond(uint64 nodeId, uint96 amount, uint40 until) external returns (uint96 locked) {
        return _lock(nodeId, amount, until);
    }

    /// @notice See {INodeBonds}.
    /// @param nodeId Node.
    /// @param amount Wei.
    function unlockBond(uint64 nodeId, uint96 amount) external {
        _unlock(nodeId, amount);
    }

    /// @notice See {INodeBonds}.
    /// @param nodeId Node.
    /// @param amount Wei.
    /// @return taken Wei.
    function slashBond(uint64 nodeId, uint96 amount) external returns (uint96 taken) {
        return _slash(nodeId, amount);
    }

    /// @notice See {INodeBonds}.
    /// @param nodeId Node.
    /// @param until Unix time.
    function suspend(uint64 nodeId, uint40 until) external {
        if (_nodes[nodeId].status == INodeRegistry.NodeStatus.Exiting) revert MockNodes_Exiting(nodeId);
        suspendedUntil[nodeId] = until;
    }

    /// @notice See {INodeBonds}.
    /// @param nodeId Node.
    /// @return record The bond.
    function bondOf(uint64 nodeId) external view returns (INodeBonds.Bond memory record) {
        return _staked[nodeId];
    }

    /// @notice See {INodeRegistry}.
    /// @param nodeId Node.
    /// @return node The record.
    function nodeOf(uint64 nodeId) external view returns (INodeRegistry.Node memory node) {
        return _nodes[nodeId];
    }

    /// @notice See {INodeRegistry}.
    /// @param nodeId Node.
    /// @return owner The wallet.
    function ownerOf(uint64 nodeId) external view returns (address owner) {
        return _nodes[nodeId].owner;
    }

    /// @notice See {INodeRegistry}.
    /// @param nodeId Node.
    /// @return operator The key.
    function operatorOf(uint64 nodeId) external view returns (address operator) {
        return _nodes[nodeId].operator;
    }

    /// @notice See {INodeRegistry}.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @return joined Whether it is in it.
    /// @return acceptedCutBps Zero.
    function membershipOf(uint64 nodeId, uint32 subnetId) external view returns (bool joined, uint16 acceptedCutBps) {
        return (_joined[nodeId][subnetId], 0);
    }
}
