// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {Resources} from "./Resources.sol";

/// @notice Status (3 bits) | mode (1) | number of subnets (4), least significant bits first.
type NodeState is uint8;

/// @notice A resource vector, narrower than {Resources}:
/// milliCpu (22 bits) | memoryMiB (24) | storageGiB (22) | gpuUnits (10) | gpuModel (10).
type PackedOffer is uint88;

/// @notice What is stored of a node under its identifier; one slot. With the record of its key: two slots a node.
struct NodeSlot {
    address operator;
    NodeState state;
    PackedOffer offer;
}

/// @notice What is stored under an operator key; one slot. It makes a key unique and holds the other half of the node.
/// Identifiers end at 2^32 − 1; `region` is an index in the registry's list of regions.
struct OperatorSlot {
    address owner;
    uint32 nodeId;
    uint32 registeredAt;
    uint8 cpuTier;
    uint8 gpuTier;
    uint16 region;
}

/// @dev The widest offer that fits a {PackedOffer}: 4,194 CPU, 16 TiB, 4 PiB, 1,023 GPU, model 1,023.
uint128 constant WIDEST_OFFER = (1023 << 112) | (1023 << 96) | (0x3fffff << 64) | (0xffffff << 32) | 0x3fffff;

// The rule takes free functions for private ones.
// solhint-disable private-vars-leading-underscore

using {statusOf, modeOf, subnetCountOf, withStatus, withSubnetCount} for NodeState global;
using {unpackOffer} for PackedOffer global;

function newNodeState(INodeRegistry.Mode mode) pure returns (NodeState) {
    return NodeState.wrap(uint8(INodeRegistry.NodeStatus.Registered) | (uint8(mode) << 3));
}

function statusOf(NodeState self) pure returns (INodeRegistry.NodeStatus) {
    return INodeRegistry.NodeStatus(NodeState.unwrap(self) & 7);
}

function modeOf(NodeState self) pure returns (INodeRegistry.Mode) {
    return INodeRegistry.Mode((NodeState.unwrap(self) >> 3) & 1);
}

function subnetCountOf(NodeState self) pure returns (uint8) {
    return NodeState.unwrap(self) >> 4;
}

function withStatus(NodeState self, INodeRegistry.NodeStatus status) pure returns (NodeState) {
    return NodeState.wrap((NodeState.unwrap(self) & 0xf8) | uint8(status));
}

/// @dev The caller keeps the count below 16.
function withSubnetCount(NodeState self, uint8 count) pure returns (NodeState) {
    return NodeState.wrap((NodeState.unwrap(self) & 0x0f) | (count << 4));
}

/// @dev The caller checked that every field is within {WIDEST_OFFER}.
function packOffer(Resources resources) pure returns (PackedOffer) {
    return
        PackedOffer.wrap(
            uint88(resources.milliCpu()) |
                (uint88(resources.memoryMiB()) << 22) |
                (uint88(resources.storageGiB()) << 46) |
                (uint88(resources.gpuUnits()) << 68) |
                (uint88(resources.gpuModel()) << 78)
        );
}

function unpackOffer(PackedOffer self) pure returns (Resources) {
    uint128 word = PackedOffer.unwrap(self);
    return
        Resources.wrap(
            (word & 0x3fffff) |
                (((word >> 22) & 0xffffff) << 32) |
                (((word >> 46) & 0x3fffff) << 64) |
                (((word >> 68) & 0x3ff) << 96) |
                ((word >> 78) << 112)
        );
}
