// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {EscrowLedger} from "../libraries/EscrowLedger.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {LeaseStreams} from "../libraries/LeaseStreams.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {LEASE_UPDATE_PENDING, LeaseRecord, LeaseStream, UpdateRecord} from "../types/LeaseRecord.sol";
import {Resources} from "../types/Resources.sol";
import {QuoteBook} from "./QuoteBook.sol";

/// @title LeaseLedger
/// @notice Stored leases: how they are settled and closed.
/// @dev A settlement writes two slots of the lease and the earnings of its node and its subnet, and calls nobody. The
/// functions change a stream in memory; the external function that read it stores it, {_close} for itself.
abstract contract LeaseLedger is QuoteBook {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseStream;
    using LeaseStreams for LeaseStream;
    using ResourceMath for Resources;
    using ResourceMath for uint96;

    /// @notice After a missed start deadline only the tenant may act for so long: it may hold a receipt of the node.
    uint256 public constant TENANT_GRACE_SECONDS = 600;

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
    function _settle(uint256 lid, LeaseRecord storage lease, LeaseStream memory stream) internal {
        if (stream.state == ILeaseMarket.LeaseState.Closed) {
            _settleClosed(lid, lease, stream);
        } else if (_isBilled(stream)) {
            _settleTo(lid, stream, block.timestamp - _HOLDBACK);
            if (_isUpdatePending(stream) && block.timestamp > _updates[lid].expiresAt) {
                _dropUpdate(lid, lease, stream, _REASON_UPDATE_EXPIRED);
            }
        }
    }

    /// @dev Releases what a running lease earned up to a time.
    function _settleTo(uint256 lid, LeaseStream memory stream, uint256 nowAt) internal {
        (uint256 paid, uint256 duration) = stream.settleTo(nowAt);
        _release(lid, stream, paid, duration);
    }

    /// @dev Pays the node for the time that it held the resources, and gives the rest back.
    function _closeUnstarted(
        uint256 lid,
        LeaseRecord storage lease,
        LeaseStream memory stream,
        uint16 reason
    ) internal {
        _release(lid, stream, stream.priceOf(lease.reservationSeconds), 0);
        _close(lid, lease, stream, reason);
    }

    /// @dev Ends a settled lease, and stores it: what is earned stays in it until it is released, the rest of the balance
    /// goes back to the tenant, the resources to the node.
    function _close(uint256 lid, LeaseRecord storage lease, LeaseStream memory stream, uint16 reason) internal {
        if (_isUpdatePending(stream)) _dropUpdate(lid, lease, stream, reason);
        (uint64 nodeId, address tenant, uint256 refund) = (stream.nodeId, lease.tenant, stream.balance);

        if (stream.state != ILeaseMarket.LeaseState.Open) {
            (uint256 held, uint256 until) = stream.earnedAt(block.timestamp);
            if (held != 0) lease.deadline = uint32(until + _HOLDBACK);
            refund -= held;
        }
        stream.state = ILeaseMarket.LeaseState.Closed;
        stream.balance = _book.refund(tenant, stream.token, stream.balance, refund);
        _store(lease, stream);
        _unreserve(nodeId, lease.resources.widen());
        emit ILeaseMarket.LeaseClosed({lid: lid, nodeId: nodeId, tenant: tenant, reason: reason, refunded: refund});
    }

    /// @dev Gives back what the update had reserved on top of the running version.
    function _dropUpdate(uint256 lid, LeaseRecord storage lease, LeaseStream memory stream, uint16 reason) internal {
        Resources running = lease.resources.widen();
        stream.flags &= ~LEASE_UPDATE_PENDING;
        _unreserve(stream.nodeId, running.max(_updates[lid].resources.widen()).minus(running));
        emit ILeaseMarket.UpdateDropped(lid, stream.nodeId, stream.version + 1, reason);
    }

    /// @dev The one place where a stream is written.
    function _store(LeaseRecord storage lease, LeaseStream memory stream) internal {
        (lease.word0, lease.word1) = stream.pack();
    }

    /// @dev A lease that exists. Whoever changes its stream stores it.
    function _requireLease(uint256 lid) internal view returns (LeaseRecord storage lease, LeaseStream memory stream) {
        lease = _leases[lid];
        stream.unpack(lease.word0, lease.word1);
        if (stream.state == ILeaseMarket.LeaseState.None) revert ILeaseMarket.LeaseMarket_LeaseNotFound(lid);
    }

    function _requireOperator(uint256 lid, LeaseStream memory stream) internal view {
        address caller = _msgSender();
        if (caller != _NODES.operatorOf(stream.nodeId)) revert ILeaseMarket.LeaseMarket_NotOperator(lid, caller);
    }

    function _requireFunds(uint256 lid, LeaseStream memory stream) internal view {
        if (_isExhausted(stream)) revert ILeaseMarket.LeaseMarket_Exhausted(lid, stream.paidUntil());
    }

    function _requireServing(uint256 lid, LeaseStream memory stream) internal view {
        address caller = _msgSender();
        if (!_servesNode(stream.nodeId, caller)) revert ILeaseMarket.LeaseMarket_NotParty(lid, caller);
    }

    function _isExhausted(LeaseStream memory stream) internal view returns (bool) {
        return _isBilled(stream) && block.timestamp >= stream.paidUntil();
    }

    function _streamOf(uint256 lid) internal view returns (LeaseStream memory stream) {
        stream.unpack(_leases[lid].word0, _leases[lid].word1);
    }

    /// @dev True in the states in which time costs money.
    function _isBilled(LeaseStream memory stream) internal pure returns (bool) {
        return stream.state == ILeaseMarket.LeaseState.Active || stream.state == ILeaseMarket.LeaseState.Reclaiming;
    }

    function _isUpdatePending(LeaseStream memory stream) internal pure returns (bool) {
        return stream.flags & LEASE_UPDATE_PENDING != 0;
    }

    function _requireState(uint256 lid, LeaseStream memory stream, ILeaseMarket.LeaseState state) internal pure {
        if (stream.state != state) revert ILeaseMarket.LeaseMarket_WrongState(lid, stream.state);
    }

    function _requireTenantReason(uint16 reason) internal pure {
        _requireReason(reason, _MIN_TENANT_REASON, _MAX_TENANT_REASON);
    }

    function _requireNodeReason(uint16 reason) internal pure {
        _requireReason(reason, _MIN_NODE_REASON, _MAX_NODE_REASON);
    }

    function _settleClosed(uint256 lid, LeaseRecord storage lease, LeaseStream memory stream) private {
        if (stream.balance == 0 || block.timestamp < lease.deadline) return;
        uint256 until = lease.deadline - _HOLDBACK;
        uint256 duration = until - stream.settledAt;
        stream.settledAt = uint32(until);
        stream.scaledRemainder = 0;
        _release(lid, stream, stream.balance, duration);
    }

    /// @dev Credits inside the market only. Nobody is paid here, so nobody can block the others. Time that cost nothing
    /// counts nothing.
    function _release(uint256 lid, LeaseStream memory stream, uint256 paid, uint256 duration) private {
        uint256 pointSeconds = stream.ratePerSecond == 0 ? 0 : stream.points * duration;
        if (paid == 0 && pointSeconds == 0) return;
        EscrowLedger.Shares memory shares = stream.share(paid);
        uint256 key = EscrowLedger.nodeKey(stream.nodeId, stream.subnetId, stream.token);
        stream.balance = _book.release(key, stream.balance, shares, pointSeconds);
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
