// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {Resources} from "./types/Resources.sol";

/// @title NodeRegistry
/// @notice See {INodeRegistry}.
contract NodeRegistry is INodeRegistry, EIP712, Ownable2Step {
    /// @dev What a node says about one subnet; one slot.
    struct Membership {
        bool joined;
        uint16 acceptedCutBps;
    }

    /// @dev One slot. `feesWei` is counted, so coins that were forced in are nobody's fee.
    struct Totals {
        uint64 nodeCount;
        uint128 feesWei;
    }

    /// @inheritdoc INodeRegistry
    uint256 public constant override REGISTRATION_FEE = 0.005 ether;

    /// @inheritdoc INodeRegistry
    uint32 public constant override MAX_SUBNETS = 8;

    bytes32 private constant _CONSENT_TYPEHASH = keccak256("OperatorConsent(address owner,address operator)");

    ISubnetRegistry private immutable _SUBNETS;

    /// @inheritdoc INodeRegistry
    address public override feeReceiver;

    Totals private _totals;
    mapping(uint64 nodeId => Node node) private _nodes;
    mapping(address operator => uint64 nodeId) private _nodeIdOf;
    mapping(uint64 nodeId => mapping(uint32 subnetId => Membership membership)) private _memberships;

    /// @notice Fixes the subnet registry.
    /// @param subnetRegistry Where subnets are looked up.
    /// @param feeReceiver_ Account of the reward pool.
    /// @param initialOwner Who may change that account.
    constructor(
        ISubnetRegistry subnetRegistry,
        address feeReceiver_,
        address initialOwner
    ) EIP712("Fizz", "1") Ownable(initialOwner) {
        _SUBNETS = subnetRegistry;
        _setFeeReceiver(feeReceiver_);
    }

    /// @inheritdoc INodeRegistry
    function register(
        Registration calldata registration,
        bytes calldata consent
    ) external payable override returns (uint64 nodeId) {
        // Check: the fee is exact.
        if (msg.value != REGISTRATION_FEE) revert NodeRegistry_WrongFee(msg.value, REGISTRATION_FEE);

        // Check: the operator key is free and agrees to serve the caller.
        address operator = registration.operator;
        if (operator == address(0)) revert NodeRegistry_ZeroOperator();
        if (_nodeIdOf[operator] != 0) revert NodeRegistry_OperatorTaken(operator, _nodeIdOf[operator]);
        _requireConsent(operator, consent);
        _requireOffer(registration.resources);

        // Effect: count the fee and store the node.
        nodeId = ++_totals.nodeCount;
        _totals.feesWei += uint128(REGISTRATION_FEE);
        _nodeIdOf[operator] = nodeId;
        _nodes[nodeId] = Node({
            owner: msg.sender,
            mode: registration.mode,
            status: NodeStatus.Registered,
            registeredAt: uint40(block.timestamp),
            cpuTier: registration.cpuTier,
            gpuTier: registration.gpuTier,
            operator: operator,
            subnetCount: 0,
            resources: registration.resources,
            region: registration.region
        });

        emit NodeRegistered({
            nodeId: nodeId,
            owner: msg.sender,
            operator: operator,
            mode: registration.mode,
            resources: registration.resources,
            cpuTier: registration.cpuTier,
            gpuTier: registration.gpuTier,
            region: registration.region
        });
    }

    /// @inheritdoc INodeRegistry
    function setResources(uint64 nodeId, Resources resources) external override {
        Node storage node = _requireNode(nodeId);

        // Check: the owner asks, and the node still lives.
        if (msg.sender != node.owner) revert NodeRegistry_NotOwner(nodeId, msg.sender);
        if (node.status == NodeStatus.Exited || node.status == NodeStatus.Suspended) {
            revert NodeRegistry_WrongStatus(nodeId, node.status);
        }
        _requireOffer(resources);

        // Effect: offer it from now on.
        node.resources = resources;
        emit NodeResourcesChanged(nodeId, resources);
    }

    /// @inheritdoc INodeRegistry
    function joinSubnet(uint64 nodeId, uint32 subnetId, uint16 acceptedCutBps) external override {
        Node storage node = _requireNode(nodeId);
        Membership storage membership = _memberships[nodeId][subnetId];

        // Check: the node may join one more subnet, and is not in this one.
        _requireOwnerOrOperator(nodeId, node);
        if (node.status != NodeStatus.Registered && node.status != NodeStatus.Active) {
            revert NodeRegistry_WrongStatus(nodeId, node.status);
        }
        if (membership.joined) revert NodeRegistry_AlreadyInSubnet(nodeId, subnetId);
        if (node.subnetCount >= MAX_SUBNETS) revert NodeRegistry_TooManySubnets(nodeId, MAX_SUBNETS);

        // Check: the subnet wants the node, at a cut that the node accepts.
        if (!_SUBNETS.isAdmitted(subnetId, nodeId, uint8(node.mode))) revert NodeRegistry_NotAdmitted(nodeId, subnetId);
        (, uint16 cutBps, ) = _SUBNETS.cutOf(subnetId);
        if (cutBps > acceptedCutBps) revert NodeRegistry_CutTooHigh(cutBps, acceptedCutBps);

        // Effect: join.
        node.subnetCount += 1;
        membership.joined = true;
        membership.acceptedCutBps = acceptedCutBps;
        emit SubnetJoined(nodeId, subnetId, acceptedCutBps);
        if (node.status == NodeStatus.Registered) _setStatus(nodeId, node, NodeStatus.Active);
    }

    /// @inheritdoc INodeRegistry
    function leaveSubnet(uint64 nodeId, uint32 subnetId) external override {
        Node storage node = _requireNode(nodeId);

        // Check: a key of the node asks, and the node is in the subnet.
        _requireOwnerOrOperator(nodeId, node);
        if (!_memberships[nodeId][subnetId].joined) revert NodeRegistry_NotInSubnet(nodeId, subnetId);

        // Effect: leave.
        delete _memberships[nodeId][subnetId];
        node.subnetCount -= 1;
        emit SubnetLeft(nodeId, subnetId);
        if (node.subnetCount == 0 && node.status == NodeStatus.Active) {
            _setStatus(nodeId, node, NodeStatus.Registered);
        }
    }

    /// @inheritdoc INodeRegistry
    function setDraining(uint64 nodeId, bool draining) external override {
        Node storage node = _requireNode(nodeId);
        NodeStatus status = node.status;

        // Check: a key of the node asks, in a status that knows draining.
        _requireOwnerOrOperator(nodeId, node);
        bool known =
            status == NodeStatus.Active ||
                status == NodeStatus.Draining ||
                (draining && status == NodeStatus.Registered);
        if (!known) revert NodeRegistry_WrongStatus(nodeId, status);

        // Effect: drain, or go back to where the memberships put the node.
        if (draining == (status == NodeStatus.Draining)) return;
        if (draining) _setStatus(nodeId, node, NodeStatus.Draining);
        else _setStatus(nodeId, node, node.subnetCount == 0 ? NodeStatus.Registered : NodeStatus.Active);
    }

    /// @inheritdoc INodeRegistry
    function withdrawFees() external override returns (uint256 amount) {
        amount = _totals.feesWei;
        if (amount == 0) return 0;
        address receiver = feeReceiver;

        // Effect: nothing is left to withdraw, whatever the receiver does when it gets the coin.
        _totals.feesWei = 0;
        emit FeesWithdrawn(receiver, amount);

        // Interaction: pay.
        if (!LowLevelCall.callNoReturn(receiver, amount, "")) revert NodeRegistry_TransferFailed(receiver, amount);
    }

    /// @inheritdoc INodeRegistry
    function setFeeReceiver(address receiver) external override onlyOwner {
        _setFeeReceiver(receiver);
    }

    /// @inheritdoc INodeRegistry
    function nodeOf(uint64 nodeId) external view override returns (Node memory node) {
        return _nodes[nodeId];
    }

    /// @inheritdoc INodeRegistry
    function nodeIdOf(address operator) external view override returns (uint64 nodeId) {
        return _nodeIdOf[operator];
    }

    /// @inheritdoc INodeRegistry
    function membershipOf(
        uint64 nodeId,
        uint32 subnetId
    ) external view override returns (bool joined, uint16 acceptedCutBps) {
        Membership memory membership = _memberships[nodeId][subnetId];
        return (membership.joined, membership.acceptedCutBps);
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
        Node storage node = _nodes[nodeId];
        Membership memory membership = _memberships[nodeId][subnetId];
        return (
            node.owner,
            node.operator,
            node.status,
            node.resources,
            membership.joined,
            membership.acceptedCutBps,
            node.cpuTier,
            node.gpuTier
        );
    }

    /// @inheritdoc INodeRegistry
    function ownerOf(uint64 nodeId) external view override returns (address owner) {
        return _nodes[nodeId].owner;
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

    function _setStatus(uint64 nodeId, Node storage node, NodeStatus status) private {
        node.status = status;
        emit NodeStatusChanged(nodeId, status);
    }

    function _setFeeReceiver(address receiver) private {
        if (receiver == address(0)) revert NodeRegistry_ZeroFeeReceiver();
        feeReceiver = receiver;
        emit FeeReceiverChanged(receiver);
    }

    function _requireNode(uint64 nodeId) private view returns (Node storage node) {
        node = _nodes[nodeId];
        if (node.status == NodeStatus.None) revert NodeRegistry_NodeNotFound(nodeId);
    }

    function _requireOwnerOrOperator(uint64 nodeId, Node storage node) private view {
        if (msg.sender != node.owner && msg.sender != node.operator) {
            revert NodeRegistry_NotOwnerOrOperator(nodeId, msg.sender);
        }
    }

    /// @dev A consent needs no nonce: an operator key is used once, by the owner that the consent names.
    function _requireConsent(address operator, bytes calldata consent) private view {
        if (consent.length == 0 && msg.sender == operator) return;
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_CONSENT_TYPEHASH, msg.sender, operator)));
        (address recovered, , ) = ECDSA.tryRecoverCalldata(digest, consent);
        if (recovered != operator) revert NodeRegistry_BadConsent(operator, recovered);
    }

    function _requireOffer(Resources resources) private pure {
        if (resources.milliCpu() == 0 || resources.memoryMiB() == 0) revert NodeRegistry_EmptyResources();
    }
}
