// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDowntimeCredits} from "./interfaces/IDowntimeCredits.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {ILeaseUpdates} from "./interfaces/ILeaseUpdates.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {EscrowLedger} from "./libraries/EscrowLedger.sol";
import {LeaseBilling} from "./libraries/LeaseBilling.sol";
import {MarketHashes} from "./libraries/MarketHashes.sol";
import {ResourceMath} from "./libraries/ResourceMath.sol";
import {LeaseAmendments} from "./market/LeaseAmendments.sol";
import {LeaseLedger} from "./market/LeaseLedger.sol";
import {MarketMeters} from "./market/MarketMeters.sol";
import {MarketViews} from "./market/MarketViews.sol";
import {LEASE_NO_SHOW, LeaseRecord} from "./types/LeaseRecord.sol";
import {Resources} from "./types/Resources.sol";

/// @title LeaseMarket
/// @notice See {ILeaseMarket} and {IMarketMeters}. Accounts, quotes, capacity, settlement, updates and meters are in
/// `market/`; here is the life of a lease.
contract LeaseMarket is MarketMeters {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseRecord;
    using ResourceMath for Resources;
    using ResourceMath for uint96;
    using SafeCast for uint256;

    /// @notice After a missed start deadline only the tenant may act for so long: it may hold a receipt of the node.
    uint256 public constant TENANT_GRACE_SECONDS = 600;

    /// @notice Most leases that one {settleMany} takes.
    uint256 public constant MAX_SETTLE_BATCH = 100;

    /// @dev Where the code of updates and downtime credits is.
    address private immutable _AMENDMENTS;

    /// @notice Fixes the registries; the rest may be changed by the owner.
    /// @param nodeRegistry Where nodes are looked up.
    /// @param subnetRegistry Where subnets are looked up.
    /// @param initialTreasury Account that gets the protocol's cut.
    /// @param initialOwner Who sets the protocol's cut, its account and the allowed tokens.
    /// @param initialCutBps First cut of the protocol, in 1/10000.
    /// @param holdbackSeconds Time for which earnings stay in the lease; at most {MAX_HOLDBACK_SECONDS}.
    /// @param forwarder Whose appended senders are believed.
    constructor(
        INodeRegistry nodeRegistry,
        ISubnetRegistry subnetRegistry,
        address initialTreasury,
        address initialOwner,
        uint16 initialCutBps,
        uint32 holdbackSeconds,
        address forwarder
    )
        LeaseLedger(nodeRegistry, subnetRegistry, holdbackSeconds, forwarder)
        MarketViews(initialTreasury, initialCutBps)
        Ownable(initialOwner)
    {
        _AMENDMENTS = address(new LeaseAmendments(nodeRegistry, subnetRegistry, holdbackSeconds, forwarder));
    }

    /// @inheritdoc ILeaseMarket
    function open(
        Quote calldata quote,
        bytes calldata signature,
        Terms calldata terms
    ) external payable override returns (uint256 lid) {
        address tenant = _msgSender();

        // Check: the prepaid time is what the node wants, and the quote holds; it is spent here.
        _requirePrepaid(quote, terms.prepaidSeconds);
        QuoteFacts memory facts = _useQuote(quote, signature, tenant);

        // Effect: reserve resources, lock money.
        _reserve(quote.nodeId, quote.resources, facts.total);
        _depositValueFor(tenant, facts.token);
        uint256 locked = LeaseBilling.lockFor(quote.ratePerSecond, terms.prepaidSeconds);
        _requireFree(tenant, quote.token, facts.token, locked);

        // Effect: store the lease.
        lid = ++_totals.leaseCount;
        uint32 startDeadline = (block.timestamp + quote.startWindowSeconds).toUint32();
        bytes32 manifestHash = MarketHashes.ofManifest(quote.openPartHash, terms.sealedPartHash);
        bytes23 leaseHash = MarketHashes.ofLease(tenant, facts.quoteHash, manifestHash, terms.salt);
        _leases[lid] = LeaseRecord({
            ratePerSecond: quote.ratePerSecond,
            balance: _book.lock(tenant, facts.token, 0, locked),
            settledAt: uint32(block.timestamp), // before the start deadline, which fits
            points: facts.points,
            state: LeaseState.Open,
            scaledRemainder: 0,
            subnetRest: 0,
            protocolRest: 0,
            subnetCutBps: quote.subnetCutBps,
            protocolCutBps: quote.protocolCutBps,
            nodeId: uint48(quote.nodeId), // of a node that exists; they are counted from 1
            subnetId: quote.subnetId,
            token: facts.token,
            version: 1,
            downtimeSeconds: 0,
            flags: 0,
            tenant: tenant,
            resources: quote.resources.compact(),
            leaseHash: leaseHash,
            deadline: startDeadline,
            noticeSeconds: uint24(quote.noticeSeconds), // at most 30 days, checked with the quote
            reservationSeconds: quote.reservationSeconds,
            manifestHash: manifestHash
        });

        emit LeaseOpened({
            lid: lid,
            nodeId: quote.nodeId,
            tenant: tenant,
            subnetId: quote.subnetId,
            leaseHash: leaseHash,
            manifestHash: manifestHash,
            quoteHash: facts.quoteHash,
            token: quote.token,
            ratePerSecond: quote.ratePerSecond,
            locked: uint128(locked),
            startDeadline: startDeadline
        });
    }

    /// @inheritdoc ILeaseMarket
    function confirmStart(uint256 lid, bytes32 leaseHash) external override {
        LeaseRecord storage lease = _requireStartable(lid, leaseHash);

        // Effect: the clock starts now, not before.
        lease.state = LeaseState.Active;
        lease.settledAt = uint32(block.timestamp);
        emit LeaseStarted({lid: lid, nodeId: lease.nodeId, leaseHash: leaseHash, startedAt: uint40(block.timestamp)});
    }

    /// @inheritdoc ILeaseMarket
    function decline(uint256 lid, bytes32 leaseHash, uint16 reason) external override {
        LeaseRecord storage lease = _requireStartable(lid, leaseHash);
        _requireNodeReason(reason);

        // Effect: all of it goes back.
        _close(lid, lease, reason);
    }

    /// @inheritdoc ILeaseMarket
    function expire(uint256 lid, bytes calldata receipt) external override {
        LeaseRecord storage lease = _requireLease(lid);

        // Check: the node is late, and for a while only the tenant may say so.
        _requireState(lid, lease, LeaseState.Open);
        uint256 deadline = lease.deadline;
        if (block.timestamp <= deadline) revert LeaseMarket_StartDeadlineNotReached(lid, deadline);
        uint256 graceEnds = deadline + TENANT_GRACE_SECONDS;
        if (block.timestamp <= graceEnds && _msgSender() != lease.tenant)
            revert LeaseMarket_TenantFirst(lid, graceEnds);

        // Effect: whoever failed to do its part bears the cost.
        if (receipt.length == 0) {
            _closeUnstarted(lid, lease, _REASON_START_DEADLINE);
            return;
        }
        _requireReceipt(lid, lease, receipt);
        lease.flags |= LEASE_NO_SHOW;
        _strike(lease.nodeId, lid);
        _close(lid, lease, _REASON_NO_SHOW);
    }

    /// @inheritdoc ILeaseMarket
    function topUp(uint256 lid, uint256 amount) external payable override {
        LeaseRecord storage lease = _requireLease(lid);

        // Check: there is something to prolong, and something to prolong it with.
        if (lease.state == LeaseState.Closed) revert LeaseMarket_WrongState(lid, lease.state);
        if (amount == 0) revert LeaseMarket_NothingDeposited();
        _requireFunds(lid, lease);

        // Effect: settle, then lock more.
        address payer = _msgSender();
        uint16 token = lease.token;
        _settle(lid, lease);
        _depositValueFor(payer, token);
        _requireFree(payer, _tokenAt(token), token, amount);
        lease.balance = _book.lock(payer, token, lease.balance, amount);
        emit LeaseToppedUp(lid, payer, amount);
    }

    /// @inheritdoc ILeaseMarket
    function settle(uint256 lid) external override {
        _settle(lid, _requireLease(lid));
    }

    /// @inheritdoc ILeaseMarket
    function settleMany(uint256[] calldata lids) external override {
        if (lids.length > MAX_SETTLE_BATCH) revert LeaseMarket_BatchTooLong(lids.length, MAX_SETTLE_BATCH);
        for (uint256 i = 0; i < lids.length; i++) _settle(lids[i], _requireLease(lids[i]));
    }

    /// @inheritdoc ILeaseMarket
    function giveNotice(uint256 lid, uint16 reason) external override {
        LeaseRecord storage lease = _requireLease(lid);

        // Check: the node asks, with a reason of its own.
        _requireServing(lid, lease);
        _requireState(lid, lease, LeaseState.Active);
        _requireNodeReason(reason);

        // Effect: the window starts; the rate runs on.
        uint32 closableAt = (block.timestamp + lease.noticeSeconds).toUint32();
        lease.state = LeaseState.Reclaiming;
        lease.deadline = closableAt;
        emit ReclaimNoticed({lid: lid, nodeId: lease.nodeId, closableAt: closableAt, reason: reason});
    }

    /// @inheritdoc ILeaseMarket
    function close(uint256 lid, uint16 reason) external override {
        LeaseRecord storage lease = _requireLease(lid);
        if (lease.state == LeaseState.Closed) revert LeaseMarket_WrongState(lid, LeaseState.Closed);

        // Check: the money is used up, or the caller may end it now.
        if (_isExhausted(lease)) reason = _REASON_EXHAUSTED;
        else if (_msgSender() == lease.tenant) _requireTenantReason(reason);
        else _requireReclaimed(lid, lease, reason);

        // Effect: release what may be released, hold back the rest of what is earned, and give the tenant what is left.
        if (lease.state == LeaseState.Open) {
            _closeUnstarted(lid, lease, reason);
            return;
        }
        _settle(lid, lease);
        _close(lid, lease, reason);
    }

    /// @inheritdoc ILeaseUpdates
    function requestUpdate(uint256, Update calldata) external override {
        _amend();
    }

    /// @inheritdoc ILeaseUpdates
    function requestUpdateWithQuote(uint256, Update calldata, Quote calldata, bytes calldata) external override {
        _amend();
    }

    /// @inheritdoc ILeaseUpdates
    function confirmUpdate(uint256, uint16, bytes32) external override {
        _amend();
    }

    /// @inheritdoc ILeaseUpdates
    function declineUpdate(uint256, uint16, uint16) external override {
        _amend();
    }

    /// @inheritdoc IDowntimeCredits
    function creditDowntime(uint256, uint32) external override {
        _amend();
    }

    /// @inheritdoc IDowntimeCredits
    function creditDowntimeWithSignature(uint256, uint32, bytes calldata) external override {
        _amend();
    }

    /// @inheritdoc IDowntimeCredits
    function claimDowntime(uint256, uint32) external override returns (uint32, uint256) {
        return abi.decode(_amend(), (uint32, uint256));
    }

    /// @inheritdoc IDowntimeCredits
    function forfeitHeld(uint256) external override returns (uint256) {
        return abi.decode(_amend(), (uint256));
    }

    /// @dev Runs the call as it came in the code of {LeaseAmendments}: same caller, same value, same storage.
    function _amend() private returns (bytes memory result) {
        return Address.functionDelegateCall(_AMENDMENTS, msg.data);
    }

    /// @dev An Open lease that its node may still confirm or decline, called by that node's operator.
    function _requireStartable(uint256 lid, bytes32 leaseHash) private view returns (LeaseRecord storage lease) {
        lease = _requireLease(lid);
        _requireOperator(lid, lease);
        _requireState(lid, lease, LeaseState.Open);
        if (leaseHash != lease.leaseHash) revert LeaseMarket_WrongLeaseHash(lid, lease.leaseHash, leaseHash);
        if (block.timestamp > lease.deadline) revert LeaseMarket_StartDeadlinePassed(lid, lease.deadline);
    }

    function _requireReceipt(uint256 lid, LeaseRecord storage lease, bytes calldata receipt) private view {
        address operator = _NODES.operatorOf(lease.nodeId);
        address signer = _signerOf(MarketHashes.ofReceipt(lid, lease.leaseHash, lease.manifestHash), receipt);
        if (signer != operator) revert LeaseMarket_BadReceipt(lid, operator, signer);
    }

    /// @dev The node may end a lease that has money only after its notice ran out.
    function _requireReclaimed(uint256 lid, LeaseRecord storage lease, uint16 reason) private view {
        _requireServing(lid, lease);
        if (lease.state == LeaseState.Open) revert LeaseMarket_WrongState(lid, LeaseState.Open);
        if (lease.state == LeaseState.Active) revert LeaseMarket_NoticeNotGiven(lid);
        if (block.timestamp < lease.deadline) revert LeaseMarket_NoticeRunning(lid, lease.deadline);
        _requireNodeReason(reason);
    }

    function _requirePrepaid(Quote calldata quote, uint32 prepaidSeconds) private pure {
        if (prepaidSeconds < quote.minSeconds || prepaidSeconds > quote.maxSeconds) {
            revert LeaseMarket_PrepaidOutOfRange(prepaidSeconds, quote.minSeconds, quote.maxSeconds);
        }
    }
}
