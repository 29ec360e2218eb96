// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {LeaseBilling} from "./libraries/LeaseBilling.sol";
import {MarketHashes} from "./libraries/MarketHashes.sol";
import {LeaseLedger} from "./market/LeaseLedger.sol";
import {LeaseUpdates} from "./market/LeaseUpdates.sol";
import {QuoteBook} from "./market/QuoteBook.sol";
import {LeaseRecord} from "./types/LeaseRecord.sol";
import {Resources} from "./types/Resources.sol";

/// @title LeaseMarket
/// @notice See {ILeaseMarket}. Accounts, quotes, capacity, settlement and updates are in `market/`; here is the life of
/// a lease.
contract LeaseMarket is LeaseUpdates {
    using LeaseBilling for LeaseRecord;
    using SafeCast for uint256;

    /// @notice After a missed start deadline only the tenant may act for so long: it may hold a receipt of the node.
    uint256 public constant TENANT_GRACE_SECONDS = 600;

    /// @notice Most leases that one {settleMany} takes.
    uint256 public constant MAX_SETTLE_BATCH = 100;

    /// @notice Fixes the registries; the rest may be changed by the owner.
    /// @param nodeRegistry Where nodes are looked up.
    /// @param subnetRegistry Where subnets are looked up.
    /// @param initialTreasury Account that gets the protocol's cut.
    /// @param initialOwner Who sets the protocol's cut, its account and the allowed tokens.
    /// @param initialCutBps First cut of the protocol, in 1/10000.
    constructor(
        INodeRegistry nodeRegistry,
        ISubnetRegistry subnetRegistry,
        address initialTreasury,
        address initialOwner,
        uint16 initialCutBps
    ) QuoteBook(nodeRegistry, subnetRegistry, initialCutBps) LeaseLedger(initialTreasury) Ownable(initialOwner) {}

    /// @inheritdoc ILeaseMarket
    function open(
        Quote calldata quote,
        bytes calldata signature,
        Terms calldata terms
    ) external payable override returns (uint256 lid) {
        // Check: the prepaid time is what the node wants, and the quote holds; it is spent here.
        if (terms.prepaidSeconds < quote.minSeconds || terms.prepaidSeconds > quote.maxSeconds) {
            revert LeaseMarket_PrepaidOutOfRange(terms.prepaidSeconds, quote.minSeconds, quote.maxSeconds);
        }
        (bytes32 quoteHash, Resources total) = _useQuote(quote, signature);
        _requireGpuModel(quote.resources, total);

        // Effect: reserve resources, lock money.
        _reserve(quote.nodeId, quote.resources, total);
        _depositValueFor(quote.token);
        uint128 locked = LeaseBilling.lockFor(quote.ratePerSecond, terms.prepaidSeconds);
        _lock(msg.sender, msg.sender, quote.token, locked);

        // Effect: store the lease.
        lid = ++leaseCount;
        bytes32 manifestHash = MarketHashes.ofManifest(quote.openPartHash, terms.sealedPartHash);
        bytes32 leaseHash = MarketHashes.ofLease(quoteHash, manifestHash, terms.salt);
        uint40 startDeadline = uint40(block.timestamp) + quote.startWindowSeconds;
        _leases[lid] = LeaseRecord({
            tenant: msg.sender,
            nodeId: quote.nodeId,
            subnetId: quote.subnetId,
            token: quote.token,
            ratePerSecond: quote.ratePerSecond,
            balance: locked,
            settledAt: uint40(block.timestamp),
            deadline: startDeadline,
            state: LeaseState.Open,
            version: 1,
            subnetRest: 0,
            resources: quote.resources,
            scaledRemainder: 0,
            subnetCutBps: quote.subnetCutBps,
            protocolCutBps: quote.protocolCutBps,
            noticeSeconds: uint24(quote.noticeSeconds), // at most 30 days, checked with the quote
            reservationSeconds: quote.reservationSeconds,
            protocolRest: 0,
            leaseHash: leaseHash,
            manifestHash: manifestHash
        });

        emit LeaseOpened({
            lid: lid,
            nodeId: quote.nodeId,
            tenant: msg.sender,
            subnetId: quote.subnetId,
            leaseHash: leaseHash,
            manifestHash: manifestHash,
            quoteHash: quoteHash,
            token: quote.token,
            ratePerSecond: quote.ratePerSecond,
            locked: locked,
            startDeadline: startDeadline
        });
    }

    /// @inheritdoc ILeaseMarket
    function confirmStart(uint256 lid, bytes32 leaseHash) external override {
        LeaseRecord storage lease = _requireStartable(lid, leaseHash);

        // Effect: the clock starts now, not before.
        lease.state = LeaseState.Active;
        lease.settledAt = uint40(block.timestamp);
        lease.deadline = 0;
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
        if (block.timestamp <= graceEnds && msg.sender != lease.tenant) revert LeaseMarket_TenantFirst(lid, graceEnds);

        // Effect: whoever failed to do its part bears the cost.
        if (receipt.length == 0) {
            _closeUnstarted(lid, lease, _REASON_START_DEADLINE);
            return;
        }
        _requireReceipt(lid, lease, receipt);
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
        _settle(lid, lease);
        _depositValueFor(lease.token);
        _lock(msg.sender, lease.tenant, lease.token, amount);
        lease.balance += amount.toUint128();
        emit LeaseToppedUp(lid, msg.sender, amount);
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
        if (!_isNode(lease)) revert LeaseMarket_NotParty(lid, msg.sender);
        _requireState(lid, lease, LeaseState.Active);
        _requireNodeReason(reason);

        // Effect: the window starts; the rate runs on.
        uint40 closableAt = uint40(block.timestamp) + lease.noticeSeconds;
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
        else if (msg.sender == lease.tenant) _requireTenantReason(reason);
        else _requireReclaimed(lid, lease, reason);

        // Effect: credit the node up to now, and the tenant with the rest.
        if (lease.state == LeaseState.Open) {
            _closeUnstarted(lid, lease, reason);
            return;
        }
        _settle(lid, lease);
        _close(lid, lease, reason);
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
        if (!_isNode(lease)) revert LeaseMarket_NotParty(lid, msg.sender);
        if (lease.state == LeaseState.Open) revert LeaseMarket_WrongState(lid, LeaseState.Open);
        if (lease.state == LeaseState.Active) revert LeaseMarket_NoticeNotGiven(lid);
        if (block.timestamp < lease.deadline) revert LeaseMarket_NoticeRunning(lid, lease.deadline);
        _requireNodeReason(reason);
    }
}
