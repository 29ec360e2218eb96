// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {RelayedOwnable} from "../access/RelayedOwnable.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {NodeSlot, NodeState, OperatorSlot} from "../types/PackedNode.sol";
import {Resources} from "../types/Resources.sol";

/// @title NodeRecords
/// @notice Stored nodes: two slots each, how they are read, and who may touch them.
abstract contract NodeRecords is INodeRegistry, RelayedOwnable {
    using SafeCast for uint256;

    /// @dev One slot. `feesWei` is counted, so coins that were forced in are nobody's fee.
    struct Totals {
        uint32 nodeCount;
        uint16 regionCount;
        uint128 feesWei;
    }

    /// @dev One slot, written by nodes that drain, leave or are suspended only. `idleSince`: when it last stopped to be
    /// Active; it means nothing while the node is Active.
    struct Deadlines {
        uint40 exitAt;
        uint40 suspendedUntil;
        uint40 idleSince;
    }

    /// @dev What a node says about one subnet, and when it last came and went; one slot.
    struct Membership {
        bool joined;
        uint16 acceptedCutBps;
        uint40 joinedAt;
        uint40 leftAt;
    }

    Totals internal _totals;
    mapping(uint64 nodeId => NodeSlot node) internal _nodes;
    mapping(address operator => OperatorSlot record) internal _byOperator;
    mapping(uint64 nodeId => Deadlines deadlines) internal _deadlines;
    mapping(uint64 nodeId => mapping(uint32 subnetId => Membership membership)) internal _memberships;

    /// @dev Region codes are few: each is stored once, and nodes hold its number. 0 is no code.
    mapping(bytes16 code => uint16 region) private _regionOf;
    mapping(uint16 region => bytes16 code) private _regions;

    /// @inheritdoc INodeRegistry
    function nodeOf(uint64 nodeId) external view override returns (Node memory node) {
        NodeSlot memory slot = _nodes[nodeId];
        OperatorSlot memory record = _byOperator[slot.operator];
        return
            Node({
                owner: record.owner,
                mode: slot.state.modeOf(),
                status: slot.state.statusOf(),
                registeredAt: record.registeredAt,
                operator: slot.operator,
                cpuTier: record.cpuTier,
                gpuTier: record.gpuTier,
                subnetCount: slot.state.subnetCountOf(),
                resources: slot.offer.unpackOffer(),
                region: _regions[record.region]
            });
    }

    /// @inheritdoc INodeRegistry
    function nodeIdOf(address operator) external view override returns (uint64 nodeId) {
        return _byOperator[operator].nodeId;
    }

    /// @inheritdoc INodeRegistry
    function membershipOf(
        uint64 nodeId,
        uint32 subnetId
    ) external view override returns (bool joined, uint16 acceptedCutBps) {
        return _membershipOf(nodeId, _nodes[nodeId].state, subnetId);
    }

    /// @inheritdoc INodeRegistry
    function leaseFactsOf(
        uint64 nodeId,
        uint32 subnetId
    )
        external
        view
        override
        returns (
            address owner,
            address operator,
            NodeStatus status,
            Resources resources,
            bool joined,
            uint16 acceptedCutBps,
            uint16 cpuTier,
            uint16 gpuTier
        )
    {
        NodeSlot memory node = _nodes[nodeId];
        OperatorSlot memory record = _byOperator[node.operator];
        (joined, acceptedCutBps) = _membershipOf(nodeId, node.state, subnetId);
        owner = record.owner;
        operator = node.operator;
        status = node.state.statusOf();
        resources = node.offer.unpackOffer();
        cpuTier = record.cpuTier;
        gpuTier = record.gpuTier;
    }

    /// @inheritdoc INodeRegistry
    function wasOnOffer(uint64 nodeId, uint32 subnetId, uint256 time) external view override returns (bool maybe) {
        Membership memory membership = _memberships[nodeId][subnetId];
        bool isMember = (membership.joined && membership.joinedAt <= time) || membership.leftAt >= time;
        if (!isMember) return false;
        return _nodes[nodeId].state.statusOf() == NodeStatus.Active || _deadlines[nodeId].idleSince >= time;
    }

    /// @inheritdoc INodeRegistry
    function deadlinesOf(uint64 nodeId) external view override returns (uint40 exitAt, uint40 suspendedUntil) {
        Deadlines memory deadlines = _deadlines[nodeId];
        return (deadlines.exitAt, deadlines.suspendedUntil);
    }

    /// @inheritdoc INodeRegistry
    function ownerOf(uint64 nodeId) external view override returns (address owner) {
        return _ownerOf(_nodes[nodeId]);
    }

    /// @inheritdoc INodeRegistry
    function operatorOf(uint64 nodeId) external view override returns (address operator) {
        return _nodes[nodeId].operator;
    }

    /// @inheritdoc INodeRegistry
    function nodeCount() external view override returns (uint64 count) {
        return _totals.nodeCount;
    }

    /// @inheritdoc INodeRegistry
    function feesCollected() external view override returns (uint256 amount) {
        return _totals.feesWei;
    }

    function _setStatus(uint64 nodeId, NodeSlot storage node, NodeStatus status) internal {
        NodeState state = node.state;
        if (state.statusOf() == NodeStatus.Active) _deadlines[nodeId].idleSince = uint40(block.timestamp);
        node.state = state.withStatus(status);
        emit NodeStatusChanged(nodeId, status);
    }

    /// @dev The number of a region code. The first node of a region stores the code for all of them. Counts in memory: the
    /// caller stores the totals.
    function _internRegion(bytes16 code, Totals memory totals) internal returns (uint16 region) {
        if (code == bytes16(0)) return 0;
        region = _regionOf[code];
        if (region != 0) return region;
        region = (uint256(totals.regionCount) + 1).toUint16();
        totals.regionCount = region;
        _regionOf[code] = region;
        _regions[region] = code;
    }

    function _requireNode(uint64 nodeId) internal view returns (NodeSlot storage node) {
        node = _nodes[nodeId];
        if (node.operator == address(0)) revert NodeRegistry_NodeNotFound(nodeId);
    }

    function _requireOwned(uint64 nodeId) internal view returns (NodeSlot storage node) {
        node = _requireNode(nodeId);
        address caller = _msgSender();
        if (caller != _ownerOf(node)) revert NodeRegistry_NotOwner(nodeId, caller);
    }

    function _requireOwnerOrOperator(uint64 nodeId) internal view returns (NodeSlot storage node) {
        node = _requireNode(nodeId);
        address caller = _msgSender();
        if (caller != node.operator && caller != _ownerOf(node)) {
            revert NodeRegistry_NotOwnerOrOperator(nodeId, caller);
        }
    }

    function _ownerOf(NodeSlot storage node) internal view returns (address owner) {
        return _byOperator[node.operator].owner;
    }

    /// @dev The memberships of a node that exited are void.
    function _membershipOf(uint64 nodeId, NodeState state, uint32 subnetId) internal view returns (bool, uint16) {
        if (state.statusOf() == NodeStatus.Exited) return (false, 0);
        Membership memory membership = _memberships[nodeId][subnetId];
        return (membership.joined, membership.acceptedCutBps);
    }

    /// @dev Where the memberships put a node that serves.
    function _servingStatus(NodeState state) internal pure returns (NodeStatus status) {
        return state.subnetCountOf() == 0 ? NodeStatus.Registered : NodeStatus.Active;
    }
}
