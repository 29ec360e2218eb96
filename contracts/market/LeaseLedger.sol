// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {LeaseRecord} from "../types/LeaseRecord.sol";
import {Resources} from "../types/Resources.sol";
import {NodeCapacity} from "./NodeCapacity.sol";
import {QuoteBook} from "./QuoteBook.sol";

/// @title LeaseLedger
/// @notice Stored leases: how they are read, settled and closed.
abstract contract LeaseLedger is QuoteBook, NodeCapacity {
    using LeaseBilling for LeaseRecord;
    using ResourceMath for Resources;

    uint16 internal constant _REASON_START_DEADLINE = 20_000;
    uint16 internal constant _REASON_EXHAUSTED = 20_001;
    uint16 internal constant _REASON_NO_SHOW = 20_002;
    uint16 internal constant _REASON_UPDATE_EXPIRED = 20_003;

    uint16 private constant _MIN_TENANT_REASON = 1;
    uint16 private constant _MAX_TENANT_REASON = 9_999;
    uint16 private constant _MIN_NODE_REASON = 10_000;
    uint16 private constant _MAX_NODE_REASON = 19_999;

    /// @inheritdoc ILeaseMarket
    address public override treasury;

    /// @inheritdoc ILeaseMarket
    uint256 public override leaseCount;

    mapping(uint256 lid => LeaseRecord lease) internal _leases;
    mapping(uint256 lid => PendingUpdate update) internal _updates;

    /// @notice Fixes the first treasury.
    /// @param initialTreasury First account for the protocol's cut.
    constructor(address initialTreasury) {
        _setTreasury(initialTreasury);
    }

    /// @inheritdoc ILeaseMarket
    function setTreasury(address newTreasury) external override onlyOwner {
        _setTreasury(newTreasury);
    }

    /// @inheritdoc ILeaseMarket
    function leaseOf(uint256 lid) external view override returns (Lease memory lease) {
        LeaseRecord storage stored = _leases[lid];
        return
            Lease({
                tenant: stored.tenant,
                nodeId: stored.nodeId,
                subnetId: stored.subnetId,
                token: stored.token,
                ratePerSecond: stored.ratePerSecond,
                balance: stored.balance,
                settledAt: stored.settledAt,
                deadline: stored.deadline,
                state: stored.state,
                version: stored.version,
                resources: stored.resources,
                scaledRemainder: stored.scaledRemainder,
                subnetCutBps: stored.subnetCutBps,
                protocolCutBps: stored.protocolCutBps,
                noticeSeconds: stored.noticeSeconds,
                reservationSeconds: stored.reservationSeconds,
                leaseHash: stored.leaseHash,
                manifestHash: stored.manifestHash
            });
    }

    /// @inheritdoc ILeaseMarket
    function pendingUpdateOf(uint256 lid) external view override returns (PendingUpdate memory update) {
        return _updates[lid];
    }

    /// @inheritdoc ILeaseMarket
    function paidUntil(uint256 lid) external view override returns (uint256 until) {
        LeaseRecord storage lease = _leases[lid];
        return _isBilled(lease) ? lease.paidUntil() : 0;
    }

    /// @inheritdoc ILeaseMarket
    function previewClose(uint256 lid) external view override returns (uint256 earned, uint256 refund) {
        LeaseRecord storage lease = _leases[lid];
        if (lease.state == LeaseState.Open) earned = lease.priceOf(lease.reservationSeconds);
        else if (_isBilled(lease)) (earned, , ) = lease.earnedAt(block.timestamp);
        return (earned, lease.balance - earned);
    }

    /// @dev Brings a lease up to now: credits what was earned, and drops an update that nobody confirmed in time.
    function _settle(uint256 lid, LeaseRecord storage lease) internal {
        if (!_isBilled(lease)) return;
        _credit(lid, lease, lease.settleTo(block.timestamp));

        PendingUpdate storage update = _updates[lid];
        if (update.version != 0 && block.timestamp > update.expiresAt) {
            _dropUpdate(lid, lease, _REASON_UPDATE_EXPIRED);
        }
    }

    /// @dev Pays the node for the time that it held the resources, and gives the rest back.
    function _closeUnstarted(uint256 lid, LeaseRecord storage lease, uint16 reason) internal {
        _credit(lid, lease, lease.take(lease.priceOf(lease.reservationSeconds)));
        _close(lid, lease, reason);
    }

    /// @dev Ends a settled lease: the balance goes back to the tenant, the resources to the node.
    function _close(uint256 lid, LeaseRecord storage lease, uint16 reason) internal {
        if (_updates[lid].version != 0) _dropUpdate(lid, lease, reason);
        uint64 nodeId = lease.nodeId;
        address tenant = lease.tenant;
        uint256 refund = lease.balance;

        lease.state = LeaseState.Closed;
        lease.balance = 0;
        lease.deadline = 0;
        _unreserve(nodeId, lease.resources);
        _unlock(tenant, lease.token, refund);
        _give(tenant, lease.token, refund);
        emit LeaseClosed({lid: lid, nodeId: nodeId, tenant: tenant, reason: reason, refunded: refund});
    }

    /// @dev Gives back what the update had reserved on top of the running version.
    function _dropUpdate(uint256 lid, LeaseRecord storage lease, uint16 reason) internal {
        PendingUpdate memory update = _updates[lid];
        delete _updates[lid];
        _unreserve(lease.nodeId, lease.resources.max(update.resources).minus(lease.resources));
        emit UpdateDropped(lid, lease.nodeId, update.version, reason);
    }

    function _requireLease(uint256 lid) internal view returns (LeaseRecord storage lease) {
        lease = _leases[lid];
        if (lease.state == LeaseState.None) revert LeaseMarket_LeaseNotFound(lid);
    }

    function _requireTenant(uint256 lid, LeaseRecord storage lease) internal view {
        if (msg.sender != lease.tenant) revert LeaseMarket_NotTenant(lid, msg.sender);
    }

    function _requireOperator(uint256 lid, LeaseRecord storage lease) internal view {
        if (msg.sender != _NODES.operatorOf(lease.nodeId)) revert LeaseMarket_NotOperator(lid, msg.sender);
    }

    function _requireState(uint256 lid, LeaseRecord storage lease, LeaseState state) internal view {
        if (lease.state != state) revert LeaseMarket_WrongState(lid, lease.state);
    }

    function _requireFunds(uint256 lid, LeaseRecord storage lease) internal view {
        if (_isExhausted(lease)) revert LeaseMarket_Exhausted(lid, lease.paidUntil());
    }

    function _isNode(LeaseRecord storage lease) internal view returns (bool) {
        return msg.sender == _NODES.operatorOf(lease.nodeId) || msg.sender == _NODES.ownerOf(lease.nodeId);
    }

    /// @dev True in the states in which time costs money.
    function _isBilled(LeaseRecord storage lease) internal view returns (bool) {
        return lease.state == LeaseState.Active || lease.state == LeaseState.Reclaiming;
    }

    function _isExhausted(LeaseRecord storage lease) internal view returns (bool) {
        return _isBilled(lease) && block.timestamp >= lease.paidUntil();
    }

    function _requireTenantReason(uint16 reason) internal pure {
        if (reason < _MIN_TENANT_REASON || reason > _MAX_TENANT_REASON) {
            revert LeaseMarket_ReasonOutOfRange(reason, _MIN_TENANT_REASON, _MAX_TENANT_REASON);
        }
    }

    function _requireNodeReason(uint16 reason) internal pure {
        if (reason < _MIN_NODE_REASON || reason > _MAX_NODE_REASON) {
            revert LeaseMarket_ReasonOutOfRange(reason, _MIN_NODE_REASON, _MAX_NODE_REASON);
        }
    }

    /// @dev Credits inside the market only. Nobody is paid here, so nobody can block the others.
    function _credit(uint256 lid, LeaseRecord storage lease, LeaseBilling.Split memory split) private {
        if (split.paid == 0) return;
        address token = lease.token;
        _unlock(lease.tenant, token, split.paid);
        _give(_NODES.ownerOf(lease.nodeId), token, split.toNode);
        _give(treasury, token, split.toProtocol);
        if (split.toSubnet != 0) {
            (address subnetOwner, , ) = _SUBNETS.cutOf(lease.subnetId);
            _give(subnetOwner, token, split.toSubnet);
        }
        emit LeaseSettled({
            lid: lid,
            paid: split.paid,
            toNode: split.toNode,
            toSubnet: split.toSubnet,
            toProtocol: split.toProtocol
        });
    }

    function _setTreasury(address newTreasury) private {
        if (newTreasury == address(0)) revert LeaseMarket_ZeroTreasury();
        treasury = newTreasury;
        emit TreasuryChanged(newTreasury);
    }
}
