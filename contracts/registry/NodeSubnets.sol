// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {NodeSlot, NodeState, OperatorSlot} from "../types/PackedNode.sol";
import {NodeBonds} from "./NodeBonds.sol";

/// @title NodeSubnets
/// @notice Which subnets a node is in, and up to which cut: its own call, or its own signature.
abstract contract NodeSubnets is NodeBonds, EIP712 {
    /// @inheritdoc INodeRegistry
    uint32 public constant override MAX_SUBNETS = 8;

    uint16 private constant _MAX_BPS = 10_000;

    bytes32 private constant _OPT_IN_TYPEHASH = keccak256(
        "SubnetOptIn(uint64 nodeId,uint32 subnetId,uint16 acceptedCutBps,uint40 expiresAt,uint256 nonce)"
    );

    ISubnetRegistry private immutable _SUBNETS;

    /// @dev One bit a nonce, 256 of them a word.
    mapping(uint64 nodeId => mapping(uint256 word => uint256 bits)) private _spentOptIns;

    /// @notice Fixes the subnet registry.
    /// @param subnetRegistry Where subnets are looked up.
    constructor(ISubnetRegistry subnetRegistry) EIP712("Fizz", "1") {
        _SUBNETS = subnetRegistry;
    }

    /// @inheritdoc INodeRegistry
    function joinSubnet(uint64 nodeId, uint32 subnetId, uint16 acceptedCutBps) external override {
        _join(nodeId, _requireOwnerOrOperator(nodeId), subnetId, acceptedCutBps);
    }

    /// @inheritdoc INodeRegistry
    function joinSubnetWithSignature(SubnetOptIn calldata optIn, bytes calldata signature) external override {
        NodeSlot storage node = _requireNode(optIn.nodeId);

        // Check: in time, and the node's own word.
        if (block.timestamp > optIn.expiresAt) revert NodeRegistry_OptInExpired(optIn.expiresAt, block.timestamp);
        _requireOptIn(node, optIn, signature);

        // Effect: once.
        _spendOptIn(optIn.nodeId, optIn.nonce);
        _join(optIn.nodeId, node, optIn.subnetId, optIn.acceptedCutBps);
    }

    /// @inheritdoc INodeRegistry
    function invalidateOptIn(uint64 nodeId, uint256 nonce) external override {
        _requireOwnerOrOperator(nodeId);
        _spendOptIn(nodeId, nonce);
    }

    /// @inheritdoc INodeRegistry
    function setAcceptedCut(uint64 nodeId, uint32 subnetId, uint16 acceptedCutBps) external override {
        NodeSlot storage node = _requireOwnerOrOperator(nodeId);
        _requireMember(nodeId, node, subnetId);
        _requireBps(acceptedCutBps);

        _memberships[nodeId][subnetId].acceptedCutBps = acceptedCutBps;
        emit AcceptedCutChanged(nodeId, subnetId, acceptedCutBps);
    }

    /// @inheritdoc INodeRegistry
    function leaveSubnet(uint64 nodeId, uint32 subnetId) external override {
        // Check: a key of the node asks, and the node is in the subnet.
        NodeSlot storage node = _requireOwnerOrOperator(nodeId);
        _requireMember(nodeId, node, subnetId);

        // Effect: leave.
        Membership storage membership = _memberships[nodeId][subnetId];
        membership.joined = false;
        membership.acceptedCutBps = 0;
        membership.leftAt = uint40(block.timestamp);
        NodeState state = node.state;
        node.state = state.withSubnetCount(state.subnetCountOf() - 1);
        emit SubnetLeft(nodeId, subnetId);
        if (state.subnetCountOf() == 1 && state.statusOf() == NodeStatus.Active) {
            _setStatus(nodeId, node, NodeStatus.Registered);
        }
    }

    /// @inheritdoc INodeRegistry
    function isOptInSpent(uint64 nodeId, uint256 nonce) external view override returns (bool spent) {
        return (_spentOptIns[nodeId][nonce >> 8] & _bitOf(nonce)) != 0;
    }

    function _join(uint64 nodeId, NodeSlot storage node, uint32 subnetId, uint16 acceptedCutBps) private {
        NodeState state = node.state;
        NodeStatus status = state.statusOf();
        Membership storage membership = _memberships[nodeId][subnetId];

        // Check: the node may join one more subnet, has the bond for it, and is not in this one.
        if (status != NodeStatus.Registered && status != NodeStatus.Active) {
            revert NodeRegistry_WrongStatus(nodeId, status);
        }
        if (membership.joined) revert NodeRegistry_AlreadyInSubnet(nodeId, subnetId);
        if (state.subnetCountOf() >= MAX_SUBNETS) revert NodeRegistry_TooManySubnets(nodeId, MAX_SUBNETS);
        _requireBps(acceptedCutBps);
        _requireBacked(nodeId, node);
        _requireWanted(nodeId, node, subnetId, acceptedCutBps);

        // Effect: join.
        node.state = state.withSubnetCount(state.subnetCountOf() + 1);
        membership.joined = true;
        membership.acceptedCutBps = acceptedCutBps;
        membership.joinedAt = uint40(block.timestamp);
        emit SubnetJoined(nodeId, subnetId, acceptedCutBps);
        if (status == NodeStatus.Registered) _setStatus(nodeId, node, NodeStatus.Active);
    }

    function _spendOptIn(uint64 nodeId, uint256 nonce) private {
        uint256 bits = _spentOptIns[nodeId][nonce >> 8];
        if (bits & _bitOf(nonce) != 0) revert NodeRegistry_OptInUsed(nodeId, nonce);
        _spentOptIns[nodeId][nonce >> 8] = bits | _bitOf(nonce);
        emit OptInSpent(nodeId, nonce);
    }

    /// @dev The subnet wants the node, at a cut that the node accepts.
    function _requireWanted(uint64 nodeId, NodeSlot storage node, uint32 subnetId, uint16 acceptedCutBps) private view {
        OperatorSlot memory record = _byOperator[node.operator];
        if (!_SUBNETS.isAdmitted(subnetId, nodeId, uint8(node.state.modeOf()), record.cpuTier, record.gpuTier)) {
            revert NodeRegistry_NotAdmitted(nodeId, subnetId);
        }
        (, uint16 cutBps, ) = _SUBNETS.cutOf(subnetId);
        if (cutBps > acceptedCutBps) revert NodeRegistry_CutTooHigh(cutBps, acceptedCutBps);
    }

    function _requireMember(uint64 nodeId, NodeSlot storage node, uint32 subnetId) private view {
        (bool joined, ) = _membershipOf(nodeId, node.state, subnetId);
        if (!joined) revert NodeRegistry_NotInSubnet(nodeId, subnetId);
    }

    /// @dev Signed by the operator or the owner; an owner that is a contract is asked.
    function _requireOptIn(NodeSlot storage node, SubnetOptIn calldata optIn, bytes calldata signature) private view {
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    _OPT_IN_TYPEHASH,
                    optIn.nodeId,
                    optIn.subnetId,
                    optIn.acceptedCutBps,
                    optIn.expiresAt,
                    optIn.nonce
                )
            )
        );
        (address recovered, , ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (recovered == node.operator) return;
        if (!SignatureChecker.isValidSignatureNowCalldata(_ownerOf(node), digest, signature)) {
            revert NodeRegistry_BadOptInSignature(optIn.nodeId, recovered);
        }
    }

    function _requireBps(uint16 acceptedCutBps) private pure {
        if (acceptedCutBps > _MAX_BPS) revert NodeRegistry_BadAcceptedCut(acceptedCutBps, _MAX_BPS);
    }

    function _bitOf(uint256 nonce) private pure returns (uint256) {
        return 1 << (nonce & 0xff);
    }
}
