// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {EscrowLedger} from "../libraries/EscrowLedger.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {LEASE_UPDATE_PENDING, LeaseRecord, UpdateRecord} from "../types/LeaseRecord.sol";
import {Resources} from "../types/Resources.sol";
import {QuoteBook} from "./QuoteBook.sol";

/// @title LeaseLedger
/// @notice Stored leases: how they are settled and closed.
/// @dev A settlement writes two slots of the lease and the earnings of its node and its subnet, and calls nobody.
abstract contract LeaseLedger is QuoteBook {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseRecord;
    using ResourceMath for Resources;
    using ResourceMath for uint96;

    /// @notice Longest time for which earnings may be held back.
    uint32 public constant MAX_HOLDBACK_SECONDS = 7 days;

    uint16 internal constant _REASON_START_DEADLINE = 20_000;
    uint16 internal constant _REASON_EXHAUSTED = 20_001;
    uint16 internal constant _REASON_NO_SHOW = 20_002;
    uint16 internal constant _REASON_UPDATE_EXPIRED = 20_003;

    uint16 private constant _MIN_TENANT_REASON = 1;
    uint16 private constant _MAX_TENANT_REASON = 9_999;
    uint16 private constant _MIN_NODE_REASON = 10_000;
    uint16 private constant _MAX_NODE_REASON = 19_999;

    uint32 internal immutable _HOLDBACK;

    mapping(uint256 lid => LeaseRecord lease) internal _leases;
    mapping(uint256 lid => UpdateRecord update) internal _updates;
    address internal _slasher;

    /// @notice Fixes what never changes.
    /// @param nodeRegistry Where nodes are looked up.
    /// @param subnetRegistry Where subnets are looked up.
    /// @param holdbackSeconds Time for which earnings stay in the lease.
    /// @param forwarder Whose appended senders are believed.
    constructor(
        INodeRegistry nodeRegistry,
        ISubnetRegistry subnetRegistry,
        uint32 holdbackSeconds,
        address forwarder
    ) QuoteBook(nodeRegistry, subnetRegistry) ERC2771Context(forwarder) {
        if (holdbackSeconds > MAX_HOLDBACK_SECONDS) {
            revert ILeaseMarket.LeaseMarket_HoldbackTooLong(holdbackSeconds, MAX_HOLDBACK_SECONDS);
        }
        _HOLDBACK = holdbackSeconds;
    }

    /// @dev Releases what is no longer held back, and drops an update that nobody confirmed in time.
    function _settle(uint256 lid, LeaseRecord storage lease) internal {
        if (lease.state == ILeaseMarket.LeaseState.Closed) {
            _settleClosed(lid, lease);
        } else if (_isBilled(lease)) {
            _settleTo(lid, lease, block.timestamp - _HOLDBACK);
            if (_isUpdatePending(lease) && block.timestamp > _updates[lid].expiresAt) {
                _dropUpdate(lid, lease, _REASON_UPDATE_EXPIRED);
            }
        }
    }

    /// @dev Releases what a running lease earned up to a time.
    function _settleTo(uint256 lid, LeaseRecord storage lease, uint256 nowAt) internal {
        (uint256 paid, uint256 duration) = lease.settleTo(nowAt);
        _release(lid, lease, paid, duration);
    }

    /// @dev Pays the node for the time that it held the resources, and gives the rest back.
    function _closeUnstarted(uint256 lid, LeaseRecord storage lease, uint16 reason) internal {
        _release(lid, lease, lease.priceOf(lease.reservationSeconds), 0);
        _close(lid, lease, reason);
    }

    /// @dev Ends a settled lease: what is earned stays in it until it is released, the rest of the balance goes back to
    /// the tenant, the resources to the node.
    function _close(uint256 lid, LeaseRecord storage lease, uint16 reason) internal {
        if (_isUpdatePending(lease)) _dropUpdate(lid, lease, reason);
        (uint64 nodeId, address tenant, uint256 refund) = (lease.nodeId, lease.tenant, lease.balance);

        if (lease.state != ILeaseMarket.LeaseState.Open) {
            (uint256 held, uint256 until) = lease.earnedAt(block.timestamp);
            if (held != 0) lease.deadline = uint32(until + _HOLDBACK);
            refund -= held;
        }
        lease.state = ILeaseMarket.LeaseState.Closed;
        lease.balance = _book.refund(tenant, lease.token, lease.balance, refund);
        _unreserve(nodeId, lease.resources.widen());
        emit ILeaseMarket.LeaseClosed({lid: lid, nodeId: nodeId, tenant: tenant, reason: reason, refunded: refund});
    }

    /// @dev Gives back what the update had reserved on top of the running version.
    function _dropUpdate(uint256 lid, LeaseRecord storage lease, uint16 reason) internal {
        Resources running = lease.resources.widen();
        lease.flags &= ~LEASE_UPDATE_PENDING;
        _unreserve(lease.nodeId, running.max(_updates[lid].resources.widen()).minus(running));
        emit ILeaseMarket.UpdateDropped(lid, lease.nodeId, lease.version + 1, reason);
    }

    function _requireLease(uint256 lid) internal view returns (LeaseRecord storage lease) {
        lease = _leases[lid];
        if (lease.state == ILeaseMarket.LeaseState.None) revert ILeaseMarket.LeaseMarket_LeaseNotFound(lid);
    }

    function _requireTenant(uint256 lid, LeaseRecord storage lease) internal view {
        address caller = _msgSender();
        if (caller != lease.tenant) revert ILeaseMarket.LeaseMarket_NotTenant(lid, caller);
    }

    function _requireOperator(uint256 lid, LeaseRecord storage lease) internal view {
        address caller = _msgSender();
        if (caller != _NODES.operatorOf(lease.nodeId)) revert ILeaseMarket.LeaseMarket_NotOperator(lid, caller);
    }

    function _requireState(uint256 lid, LeaseRecord storage lease, ILeaseMarket.LeaseState state) internal view {
        if (lease.state != state) revert ILeaseMarket.LeaseMarket_WrongState(lid, lease.state);
    }

    function _requireFunds(uint256 lid, LeaseRecord storage lease) internal view {
        if (_isExhausted(lease)) revert ILeaseMarket.LeaseMarket_Exhausted(lid, lease.paidUntil());
    }

    function _requireServing(uint256 lid, LeaseRecord storage lease) internal view {
        address caller = _msgSender();
        if (!_servesNode(lease.nodeId, caller)) revert ILeaseMarket.LeaseMarket_NotParty(lid, caller);
    }

    /// @dev True in the states in which time costs money.
    function _isBilled(LeaseRecord storage lease) internal view returns (bool) {
        return lease.state == ILeaseMarket.LeaseState.Active || lease.state == ILeaseMarket.LeaseState.Reclaiming;
    }

    function _isExhausted(LeaseRecord storage lease) internal view returns (bool) {
        return _isBilled(lease) && block.timestamp >= lease.paidUntil();
    }

    function _isUpdatePending(LeaseRecord storage lease) internal view returns (bool) {
        return lease.flags & LEASE_UPDATE_PENDING != 0;
    }

    function _requireTenantReason(uint16 reason) internal pure {
        _requireReason(reason, _MIN_TENANT_REASON, _MAX_TENANT_REASON);
    }

    function _requireNodeReason(uint16 reason) internal pure {
        _requireReason(reason, _MIN_NODE_REASON, _MAX_NODE_REASON);
    }

    function _settleClosed(uint256 lid, LeaseRecord storage lease) private {
        uint256 held = lease.balance;
        if (held == 0 || block.timestamp < lease.deadline) return;
        uint256 until = lease.deadline - _HOLDBACK;
        uint256 duration = until - lease.settledAt;
        lease.settledAt = uint32(until);
        lease.scaledRemainder = 0;
        _release(lid, lease, held, duration);
    }

    /// @dev Credits inside the market only. Nobody is paid here, so nobody can block the others. Time that cost nothing
    /// counts nothing.
    function _release(uint256 lid, LeaseRecord storage lease, uint256 paid, uint256 duration) private {
        uint256 pointSeconds = lease.ratePerSecond == 0 ? 0 : lease.points * duration;
        if (paid == 0 && pointSeconds == 0) return;
        EscrowLedger.Shares memory shares = lease.share(paid);
        uint256 key = EscrowLedger.nodeKey(lease.nodeId, lease.subnetId, lease.token);
        lease.balance = _book.release(key, lease.balance, shares, pointSeconds);
        if (paid == 0) return;
        emit ILeaseMarket.LeaseSettled({
            lid: lid,
            paid: paid,
            toNode: shares.toNode,
            toSubnet: shares.toSubnet,
            toProtocol: shares.toProtocol
        });
    }

    function _requireReason(uint16 reason, uint16 min, uint16 max) private pure {
        if (reason < min || reason > max) revert ILeaseMarket.LeaseMarket_ReasonOutOfRange(reason, min, max);
    }
}
