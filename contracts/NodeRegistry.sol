// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {RelayedOwnable} from "./access/RelayedOwnable.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {NodeSubnets} from "./registry/NodeSubnets.sol";
import {newNodeState, NodeSlot, OperatorSlot, packOffer} from "./types/PackedNode.sol";
import {Resources} from "./types/Resources.sol";

/// @title NodeRegistry
/// @notice See {INodeRegistry} and {INodeBonds}.
contract NodeRegistry is NodeSubnets {
    using SafeCast for uint256;

    /// @inheritdoc INodeRegistry
    uint256 public constant override REGISTRATION_FEE = 0.005 ether;

    /// @inheritdoc INodeRegistry
    uint40 public constant override EXIT_SECONDS = 3 days;

    bytes32 private constant _CONSENT_TYPEHASH = keccak256("OperatorConsent(address owner,address operator)");

    /// @inheritdoc INodeRegistry
    address public override feeReceiver;

    /// @notice Fixes the subnet registry and the forwarder.
    /// @param subnetRegistry Where subnets are looked up.
    /// @param feeReceiver_ Account of the reward pool.
    /// @param initialOwner Who may change that account, and names the slasher.
    /// @param forwarder {FizzForwarder}.
    constructor(
        ISubnetRegistry subnetRegistry,
        address feeReceiver_,
        address initialOwner,
        address forwarder
    ) NodeSubnets(subnetRegistry) RelayedOwnable(initialOwner, forwarder) {
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
        address owner = _msgSender();
        address operator = registration.operator;
        if (operator == address(0)) revert NodeRegistry_ZeroOperator();
        uint64 servedId = _byOperator[operator].nodeId;
        if (servedId != 0) revert NodeRegistry_OperatorTaken(operator, servedId);
        _requireConsent(owner, operator, consent);

        // Check: what is offered is within what a node may offer without a bond.
        _requireOffer(registration.mode, registration.resources, 0);

        // Effect: count the fee and store the node.
        nodeId = _store(owner, registration);
        emit NodeRegistered({
            nodeId: nodeId,
            owner: owner,
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
        // Check: the owner asks, the node still lives, and may offer so much.
        NodeSlot storage node = _requireOwned(nodeId);
        _requireNotExited(nodeId, node);
        _requireOffer(node.state.modeOf(), resources, _backingOf(nodeId));

        // Effect: offer it from now on.
        node.offer = packOffer(resources);
        emit NodeResourcesChanged(nodeId, resources);
    }

    /// @inheritdoc INodeRegistry
    function setDraining(uint64 nodeId, bool draining) external override {
        NodeSlot storage node = _requireOwnerOrOperator(nodeId);
        NodeStatus status = node.state.statusOf();

        // Check: a key of the node asks, in a status that knows draining.
        bool known =
            status == NodeStatus.Active ||
                status == NodeStatus.Draining ||
                (draining && status == NodeStatus.Registered);
        if (!known) revert NodeRegistry_WrongStatus(nodeId, status);
        if (draining == (status == NodeStatus.Draining)) return;

        // Check: a node that serves again has the bond for it.
        if (!draining) _requireBacked(nodeId, node);

        // Effect: drain, or go back to where the memberships put the node.
        _setStatus(nodeId, node, draining ? NodeStatus.Draining : _servingStatus(node.state));
    }

    /// @inheritdoc INodeRegistry
    function requestExit(uint64 nodeId) external override {
        NodeSlot storage node = _requireOwned(nodeId);

        // Check: it does not leave yet.
        NodeStatus status = node.state.statusOf();
        if (status == NodeStatus.Exiting || status == NodeStatus.Exited) {
            revert NodeRegistry_WrongStatus(nodeId, status);
        }

        // Effect: no new lease from now.
        uint40 exitAt = uint40(block.timestamp) + EXIT_SECONDS;
        _deadlines[nodeId].exitAt = exitAt;
        emit NodeExitRequested(nodeId, exitAt);
        _setStatus(nodeId, node, NodeStatus.Exiting);
    }

    /// @inheritdoc INodeRegistry
    function finishExit(uint64 nodeId) external override {
        NodeSlot storage node = _requireNode(nodeId);

        // Check: it is leaving, and the time is over.
        NodeStatus status = node.state.statusOf();
        if (status != NodeStatus.Exiting) revert NodeRegistry_WrongStatus(nodeId, status);
        uint40 exitAt = _deadlines[nodeId].exitAt;
        if (block.timestamp < exitAt) revert NodeRegistry_ExitTimeNotReached(nodeId, exitAt);

        // Effect: gone; the memberships count for nothing from now on.
        node.state = node.state.withSubnetCount(0);
        _setStatus(nodeId, node, NodeStatus.Exited);
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
        _pay(receiver, amount);
    }

    /// @inheritdoc INodeRegistry
    function setFeeReceiver(address receiver) external override onlyOwner {
        _setFeeReceiver(receiver);
    }

    function _store(address owner, Registration calldata registration) private returns (uint64 nodeId) {
        Totals memory totals = _totals;
        uint16 region = _internRegion(registration.region, totals);
        totals.nodeCount += 1;
        totals.feesWei += uint128(REGISTRATION_FEE);
        _totals = totals;

        nodeId = totals.nodeCount;
        _byOperator[registration.operator] = OperatorSlot({
            owner: owner,
            nodeId: totals.nodeCount,
            registeredAt: block.timestamp.toUint32(),
            cpuTier: _tierOf(registration.cpuTier),
            gpuTier: _tierOf(registration.gpuTier),
            region: region
        });
        _nodes[nodeId] = NodeSlot({
            operator: registration.operator,
            state: newNodeState(registration.mode),
            offer: packOffer(registration.resources)
        });
    }

    function _setFeeReceiver(address receiver) private {
        if (receiver == address(0)) revert NodeRegistry_ZeroFeeReceiver();
        feeReceiver = receiver;
        emit FeeReceiverChanged(receiver);
    }

    /// @dev A consent needs no nonce: an operator key is used once, by the owner that the consent names.
    function _requireConsent(address owner, address operator, bytes calldata consent) private view {
        if (consent.length == 0 && owner == operator) return;
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_CONSENT_TYPEHASH, owner, operator)));
        (address recovered, , ) = ECDSA.tryRecoverCalldata(digest, consent);
        if (recovered != operator) revert NodeRegistry_BadConsent(operator, recovered);
    }

    function _tierOf(uint16 tier) private pure returns (uint8) {
        if (tier > type(uint8).max) revert NodeRegistry_TierTooLarge(tier, type(uint8).max);
        return uint8(tier);
    }
}
