// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {ILeaseUpdates} from "../interfaces/ILeaseUpdates.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {LEASE_UPDATE_PENDING, LeaseRecord, LeaseStream, UpdateRecord} from "../types/LeaseRecord.sol";
import {Resources} from "../types/Resources.sol";
import {LeaseLedger} from "./LeaseLedger.sol";

/// @title LeaseUpdates
/// @notice How a running lease gets another manifest, and with a fresh quote other resources at another price.
abstract contract LeaseUpdates is LeaseLedger, ILeaseUpdates {
    using LeaseBilling for LeaseStream;
    using ResourceMath for Resources;
    using ResourceMath for uint96;

    /// @dev Where the quote is in the call data of {requestUpdateWithQuote}: after the selector, the number of the lease
    /// and the five words of the update.
    uint256 private constant _UPDATE_QUOTE_OFFSET = 4 + 32 + 5 * 32;

    /// @inheritdoc ILeaseUpdates
    function requestUpdate(uint256 lid, ILeaseMarket.Update calldata update) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _settleForUpdate(lid, update);

        // Check: what was priced stays as it is.
        bytes32 running = MarketHashes.ofManifest(update.openPartHash, update.currentSealedPartHash);
        if (running != lease.manifestHash) revert ILeaseMarket.LeaseMarket_OpenPartChanged(lid);

        // Effect: nothing more is reserved.
        (uint96 resources, uint96 rate, uint24 points) = (lease.resources, stream.ratePerSecond, stream.points);
        _storeUpdate(lid, stream, update, UpdateRecord(0, resources, rate, uint32(update.expiresAt), points));
        _store(lease, stream);
    }

    /// @inheritdoc ILeaseUpdates
    function requestUpdateWithQuote(
        uint256 lid,
        ILeaseMarket.Update calldata update,
        ILeaseMarket.Quote calldata quote,
        bytes calldata signature
    ) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _settleForUpdate(lid, update);

        // Check: the quote is for this lease and holds; it is spent here.
        _requireSameParties(lid, stream, quote);
        if (update.openPartHash != quote.openPartHash) {
            revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "openPartHash");
        }
        uint32 left = stream.secondsAt(block.timestamp, quote.ratePerSecond);
        if (left < quote.minSeconds) {
            revert ILeaseMarket.LeaseMarket_PrepaidOutOfRange(left, quote.minSeconds, quote.maxSeconds);
        }
        QuoteFacts memory facts = _useQuote(quote, signature, lease.tenant, _UPDATE_QUOTE_OFFSET);

        // Effect: reserve what the larger of both needs on top.
        Resources running = lease.resources.widen();
        _reserve(quote.nodeId, running.max(quote.resources).minus(running), facts.total);
        (uint96 resources, uint96 rate) = (quote.resources.compact(), quote.ratePerSecond);
        _storeUpdate(lid, stream, update, UpdateRecord(0, resources, rate, uint32(update.expiresAt), facts.points));
        _store(lease, stream);
    }

    /// @inheritdoc ILeaseUpdates
    function confirmUpdate(uint256 lid, uint16 version, bytes32 manifestHash) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);
        UpdateRecord memory update = _requirePending(lid, stream, version);

        // Check: the node confirms in time what the tenant asked for, while there is money.
        _requireOperator(lid, stream);
        if (block.timestamp > update.expiresAt) revert ILeaseMarket.LeaseMarket_UpdateExpired(lid, update.expiresAt);
        if (manifestHash != update.manifestHash) {
            revert ILeaseMarket.LeaseMarket_WrongManifestHash(lid, update.manifestHash, manifestHash);
        }
        _requireFunds(lid, stream);

        // Effect: the time until now costs the old price, and nothing of it is held back: a lease has one price.
        _settleTo(lid, stream, block.timestamp);

        // Effect: the new version holds, and only it is reserved.
        Resources next = update.resources.widen();
        _unreserve(stream.nodeId, lease.resources.widen().max(next).minus(next));
        stream.flags &= ~LEASE_UPDATE_PENDING;
        stream.ratePerSecond = update.ratePerSecond;
        stream.points = update.points;
        stream.version = version;
        _store(lease, stream);
        lease.resources = update.resources;
        lease.manifestHash = manifestHash;
        emit ILeaseMarket.UpdateConfirmed(lid, stream.nodeId, version, manifestHash);
    }

    /// @inheritdoc ILeaseUpdates
    function declineUpdate(uint256 lid, uint16 version, uint16 reason) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);
        UpdateRecord memory update = _requirePending(lid, stream, version);

        // Check: a party gives a reason of its own; once expired, anyone may clear it away.
        if (block.timestamp > update.expiresAt) {
            reason = _REASON_UPDATE_EXPIRED;
        } else if (_msgSender() == lease.tenant) {
            _requireTenantReason(reason);
        } else {
            _requireServing(lid, stream);
            _requireNodeReason(reason);
        }

        // Effect: the old version runs on.
        _dropUpdate(lid, lease, stream, reason);
        _store(lease, stream);
    }

    /// @dev Stores what is asked for, under the hash of its manifest.
    function _storeUpdate(
        uint256 lid,
        LeaseStream memory stream,
        ILeaseMarket.Update calldata update,
        UpdateRecord memory record
    ) private {
        record.manifestHash = MarketHashes.ofManifest(update.openPartHash, update.sealedPartHash);
        _updates[lid] = record;
        stream.flags |= LEASE_UPDATE_PENDING;
        emit ILeaseMarket.UpdateRequested({
            lid: lid,
            nodeId: stream.nodeId,
            version: update.version,
            manifestHash: record.manifestHash,
            ratePerSecond: record.ratePerSecond,
            resources: record.resources.widen(),
            expiresAt: update.expiresAt
        });
    }

    /// @dev Checks what both kinds of update need, and settles.
    function _settleForUpdate(
        uint256 lid,
        ILeaseMarket.Update calldata update
    ) private returns (LeaseRecord storage lease, LeaseStream memory stream) {
        (lease, stream) = _requireLease(lid);
        address caller = _msgSender();
        if (caller != lease.tenant) revert ILeaseMarket.LeaseMarket_NotTenant(lid, caller);
        _requireState(lid, stream, ILeaseMarket.LeaseState.Active);
        _requireFunds(lid, stream);
        _settle(lid, lease, stream); // drops a pending update that has expired

        if (stream.version == type(uint16).max) revert ILeaseMarket.LeaseMarket_TooManyUpdates(lid, stream.version);
        uint16 next = stream.version + 1;
        if (_isUpdatePending(stream)) revert ILeaseMarket.LeaseMarket_UpdatePending(lid, next);
        if (update.version != next) revert ILeaseMarket.LeaseMarket_WrongVersion(lid, next, update.version);
        if (update.expiresAt <= block.timestamp) {
            revert ILeaseMarket.LeaseMarket_UpdateExpired(lid, update.expiresAt);
        }
        uint256 limit = block.timestamp + MAX_START_WINDOW_SECONDS;
        if (update.expiresAt > limit) revert ILeaseMarket.LeaseMarket_UpdateWindowTooLong(update.expiresAt, limit);
    }

    function _requirePending(
        uint256 lid,
        LeaseStream memory stream,
        uint16 version
    ) private view returns (UpdateRecord memory update) {
        if (!_isUpdatePending(stream)) revert ILeaseMarket.LeaseMarket_NoUpdatePending(lid);
        uint16 pending = stream.version + 1;
        if (version != pending) revert ILeaseMarket.LeaseMarket_WrongVersion(lid, pending, version);
        return _updates[lid];
    }

    function _requireSameParties(
        uint256 lid,
        LeaseStream memory stream,
        ILeaseMarket.Quote calldata quote
    ) private view {
        if (quote.nodeId != stream.nodeId) revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "nodeId");
        if (quote.subnetId != stream.subnetId) revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "subnetId");
        if (quote.token != _tokenAt(stream.token)) revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "token");
        if (quote.subnetCutBps != stream.subnetCutBps) {
            revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "subnetCutBps");
        }
        if (quote.protocolCutBps != stream.protocolCutBps) {
            revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "protocolCutBps");
        }
    }
}
