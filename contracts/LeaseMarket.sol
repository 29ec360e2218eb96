// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDowntimeCredits} from "./interfaces/IDowntimeCredits.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {ILeaseNotices} from "./interfaces/ILeaseNotices.sol";
import {ILeaseUpdates} from "./interfaces/ILeaseUpdates.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {EscrowLedger} from "./libraries/EscrowLedger.sol";
import {LeaseBilling} from "./libraries/LeaseBilling.sol";
import {LeaseStreams} from "./libraries/LeaseStreams.sol";
import {MarketHashes} from "./libraries/MarketHashes.sol";
import {ResourceMath} from "./libraries/ResourceMath.sol";
import {LeaseAmendments} from "./market/LeaseAmendments.sol";
import {LeaseLedger} from "./market/LeaseLedger.sol";
import {MarketMeters} from "./market/MarketMeters.sol";
import {MarketViews} from "./market/MarketViews.sol";
import {LeaseRecord, LeaseStream} from "./types/LeaseRecord.sol";
import {Resources} from "./types/Resources.sol";

/// @title LeaseMarket
/// @notice See {ILeaseMarket} and {IMarketMeters}. Accounts, quotes, capacity, settlement, updates and meters are in
/// `market/`; here is the life of a lease.
contract LeaseMarket is MarketMeters {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseStreams for LeaseStream;
    using ResourceMath for Resources;
    using ResourceMath for uint96;
    using SafeCast for uint256;

    /// @notice Most leases that one {settleMany} takes.
    uint256 public constant MAX_SETTLE_BATCH = 100;

    /// @dev Where the quote is in the call data of {open}: after the selector.
    uint256 private constant _OPEN_QUOTE_OFFSET = 4;

    /// @dev Where the code of updates, notices and downtime credits is.
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
        QuoteFacts memory facts = _useQuote(quote, signature, tenant, _OPEN_QUOTE_OFFSET);

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
        (uint256 word0, uint256 word1) = _newStream(quote, facts, _book.lock(tenant, facts.token, 0, locked)).pack();
        _leases[lid] = LeaseRecord({
            word0: word0,
            word1: word1,
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
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireStartable(lid, leaseHash);

        // Effect: the clock starts now, not before.
        stream.state = LeaseState.Active;
        stream.settledAt = uint32(block.timestamp);
        _store(lease, stream);
        emit LeaseStarted({lid: lid, nodeId: stream.nodeId, leaseHash: leaseHash, startedAt: uint40(block.timestamp)});
    }

    /// @inheritdoc ILeaseMarket
    function decline(uint256 lid, bytes32 leaseHash, uint16 reason) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireStartable(lid, leaseHash);
        _requireNodeReason(reason);

        // Effect: all of it goes back.
        _close(lid, lease, stream, reason);
    }

    /// @inheritdoc ILeaseMarket
    function topUp(uint256 lid, uint256 amount) external payable override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);

        // Check: there is something to prolong, and something to prolong it with.
        if (stream.state == LeaseState.Closed) revert LeaseMarket_WrongState(lid, LeaseState.Closed);
        if (amount == 0) revert LeaseMarket_NothingDeposited();
        _requireFunds(lid, stream);

        // Effect: settle, then lock more.
        address payer = _msgSender();
        _settle(lid, lease, stream);
        _depositValueFor(payer, stream.token);
        _requireFree(payer, _tokenAt(stream.token), stream.token, amount);
        stream.balance = _book.lock(payer, stream.token, stream.balance, amount);
        _store(lease, stream);
        emit LeaseToppedUp(lid, payer, amount);
    }

    /// @inheritdoc ILeaseMarket
    function settle(uint256 lid) external override {
        _settleAndStore(lid);
    }

    /// @inheritdoc ILeaseMarket
    function settleMany(uint256[] calldata lids) external override {
        if (lids.length > MAX_SETTLE_BATCH) revert LeaseMarket_BatchTooLong(lids.length, MAX_SETTLE_BATCH);
        for (uint256 i = 0; i < lids.length; i++) _settleAndStore(lids[i]);
    }

    /// @inheritdoc ILeaseMarket
    function close(uint256 lid, uint16 reason) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);
        if (stream.state == LeaseState.Closed) revert LeaseMarket_WrongState(lid, LeaseState.Closed);

        // Check: the money is used up, or the caller may end it now.
        if (_isExhausted(stream)) reason = _REASON_EXHAUSTED;
        else if (_msgSender() == lease.tenant) _requireTenantReason(reason);
        else _requireReclaimed(lid, lease, stream, reason);

        // Effect: release what may be released, hold back the rest of what is earned, and give the tenant what is left.
        if (stream.state == LeaseState.Open) {
            _closeUnstarted(lid, lease, stream, reason);
            return;
        }
        _settle(lid, lease, stream);
        _close(lid, lease, stream, reason);
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

    /// @inheritdoc ILeaseNotices
    function expire(uint256, bytes calldata) external override {
        _amend();
    }

    /// @inheritdoc ILeaseNotices
    function giveNotice(uint256, uint16) external override {
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

    function _settleAndStore(uint256 lid) private {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);
        _settle(lid, lease, stream);
        _store(lease, stream);
    }

    /// @dev An Open lease that its node may still confirm or decline, called by that node's operator.
    function _requireStartable(
        uint256 lid,
        bytes32 leaseHash
    ) private view returns (LeaseRecord storage lease, LeaseStream memory stream) {
        (lease, stream) = _requireLease(lid);
        _requireOperator(lid, stream);
        _requireState(lid, stream, LeaseState.Open);
        if (leaseHash != lease.leaseHash) revert LeaseMarket_WrongLeaseHash(lid, lease.leaseHash, leaseHash);
        if (block.timestamp > lease.deadline) revert LeaseMarket_StartDeadlinePassed(lid, lease.deadline);
    }

    /// @dev The node may end a lease that has money only after its notice ran out.
    function _requireReclaimed(
        uint256 lid,
        LeaseRecord storage lease,
        LeaseStream memory stream,
        uint16 reason
    ) private view {
        _requireServing(lid, stream);
        if (stream.state == LeaseState.Open) revert LeaseMarket_WrongState(lid, LeaseState.Open);
        if (stream.state == LeaseState.Active) revert LeaseMarket_NoticeNotGiven(lid);
        if (block.timestamp < lease.deadline) revert LeaseMarket_NoticeRunning(lid, lease.deadline);
        _requireNodeReason(reason);
    }

    /// @dev The stream of a lease that opens now. The time and the start deadline after it fit 32 bits, which {open}
    /// checks; the id is one of a node that exists, and they are counted from 1.
    function _newStream(
        Quote calldata quote,
        QuoteFacts memory facts,
        uint96 balance
    ) private view returns (LeaseStream memory stream) {
        stream.ratePerSecond = quote.ratePerSecond;
        stream.balance = balance;
        stream.settledAt = uint32(block.timestamp);
        stream.points = facts.points;
        stream.state = LeaseState.Open;
        stream.subnetCutBps = quote.subnetCutBps;
        stream.protocolCutBps = quote.protocolCutBps;
        stream.nodeId = uint48(quote.nodeId);
        stream.subnetId = quote.subnetId;
        stream.token = facts.token;
        stream.version = 1;
    }

    function _requirePrepaid(Quote calldata quote, uint32 prepaidSeconds) private pure {
        if (prepaidSeconds < quote.minSeconds || prepaidSeconds > quote.maxSeconds) {
            revert LeaseMarket_PrepaidOutOfRange(prepaidSeconds, quote.minSeconds, quote.maxSeconds);
        }
    }
}
