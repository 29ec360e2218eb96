// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {ILeaseUpdates} from "../interfaces/ILeaseUpdates.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {LEASE_UPDATE_PENDING, LeaseRecord, UpdateRecord} from "../types/LeaseRecord.sol";
import {Resources} from "../types/Resources.sol";
import {LeaseLedger} from "./LeaseLedger.sol";

/// @title LeaseUpdates
/// @notice How a running lease gets another manifest, and with a fresh quote other resources at another price.
abstract contract LeaseUpdates is LeaseLedger, ILeaseUpdates {
    using LeaseBilling for LeaseRecord;
    using ResourceMath for Resources;
    using ResourceMath for uint96;

    /// @inheritdoc ILeaseUpdates
    function requestUpdate(uint256 lid, ILeaseMarket.Update calldata update) external override {
        LeaseRecord storage lease = _settleForUpdate(lid, update);

        // Check: what was priced stays as it is.
        bytes32 running = MarketHashes.ofManifest(update.openPartHash, update.currentSealedPartHash);
        if (running != lease.manifestHash) revert ILeaseMarket.LeaseMarket_OpenPartChanged(lid);

        // Effect: nothing more is reserved.
        (uint96 resources, uint96 rate, uint24 points) = (lease.resources, lease.ratePerSecond, lease.points);
        _storeUpdate(lid, update, UpdateRecord(0, resources, rate, uint32(update.expiresAt), points));
    }

    /// @inheritdoc ILeaseUpdates
    function requestUpdateWithQuote(
        uint256 lid,
        ILeaseMarket.Update calldata update,
        ILeaseMarket.Quote calldata quote,
        bytes calldata signature
    ) external override {
        LeaseRecord storage lease = _settleForUpdate(lid, update);

        // Check: the quote is for this lease and holds; it is spent here.
        _requireSameParties(lid, lease, quote);
        if (update.openPartHash != quote.openPartHash)
            revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "openPartHash");
        uint32 left = lease.secondsAt(block.timestamp, quote.ratePerSecond);
        if (left < quote.minSeconds)
            revert ILeaseMarket.LeaseMarket_PrepaidOutOfRange(left, quote.minSeconds, quote.maxSeconds);
        QuoteFacts memory facts = _useQuote(quote, signature, lease.tenant);

        // Effect: reserve what the larger of both needs on top.
        Resources running = lease.resources.widen();
        _reserve(quote.nodeId, running.max(quote.resources).minus(running), facts.total);
        (uint96 resources, uint96 rate) = (quote.resources.compact(), quote.ratePerSecond);
        _storeUpdate(lid, update, UpdateRecord(0, resources, rate, uint32(update.expiresAt), facts.points));
    }

    /// @inheritdoc ILeaseUpdates
    function confirmUpdate(uint256 lid, uint16 version, bytes32 manifestHash) external override {
        LeaseRecord storage lease = _requireLease(lid);
        UpdateRecord memory update = _requirePending(lid, lease, version);

        // Check: the node confirms in time what the tenant asked for, while there is money.
        _requireOperator(lid, lease);
        if (block.timestamp > update.expiresAt) revert ILeaseMarket.LeaseMarket_UpdateExpired(lid, update.expiresAt);
        if (manifestHash != update.manifestHash) {
            revert ILeaseMarket.LeaseMarket_WrongManifestHash(lid, update.manifestHash, manifestHash);
        }
        _requireFunds(lid, lease);

        // Effect: the time until now costs the old price, and nothing of it is held back: a lease has one price.
        _settleTo(lid, lease, block.timestamp);

        // Effect: the new version holds, and only it is reserved.
        Resources next = update.resources.widen();
        _unreserve(lease.nodeId, lease.resources.widen().max(next).minus(next));
        lease.flags &= ~LEASE_UPDATE_PENDING;
        lease.resources = update.resources;
        lease.ratePerSecond = update.ratePerSecond;
        lease.points = update.points;
        lease.version = version;
        lease.manifestHash = manifestHash;
        emit ILeaseMarket.UpdateConfirmed({
            lid: lid,
            nodeId: lease.nodeId,
            version: version,
            manifestHash: manifestHash
        });
    }

    /// @inheritdoc ILeaseUpdates
    function declineUpdate(uint256 lid, uint16 version, uint16 reason) external override {
        LeaseRecord storage lease = _requireLease(lid);
        UpdateRecord memory update = _requirePending(lid, lease, version);

        // Check: a party gives a reason of its own; once expired, anyone may clear it away.
        if (block.timestamp > update.expiresAt) {
            reason = _REASON_UPDATE_EXPIRED;
        } else if (_msgSender() == lease.tenant) {
            _requireTenantReason(reason);
        } else {
            _requireServing(lid, lease);
            _requireNodeReason(reason);
        }

        // Effect: the old version runs on.
        _dropUpdate(lid, lease, reason);
    }

    /// @dev Stores what is asked for, under the hash of its manifest.
    function _storeUpdate(uint256 lid, ILeaseMarket.Update calldata update, UpdateRecord memory record) private {
        LeaseRecord storage lease = _leases[lid];
        record.manifestHash = MarketHashes.ofManifest(update.openPartHash, update.sealedPartHash);
        _updates[lid] = record;
        lease.flags |= LEASE_UPDATE_PENDING;
        emit ILeaseMarket.UpdateRequested({
            lid: lid,
            nodeId: lease.nodeId,
            version: update.version,
            manifestHash: record.manifestHash,
            ratePerSecond: record.ratePerSecond,
            resources: record.resources.widen(),
            expiresAt: update.expiresAt
        });
    }

    /// @dev Checks what both kinds of update need, and settles, so that the time until now costs the old price.
    function _settleForUpdate(
        uint256 lid,
        ILeaseMarket.Update calldata update
    ) private returns (LeaseRecord storage lease) {
        lease = _requireLease(lid);
        _requireTenant(lid, lease);
        _requireState(lid, lease, ILeaseMarket.LeaseState.Active);
        _requireFunds(lid, lease);
        _settle(lid, lease); // drops a pending update that has expired

        if (_isUpdatePending(lease)) revert ILeaseMarket.LeaseMarket_UpdatePending(lid, lease.version + 1);
        if (update.version != lease.version + 1) {
            revert ILeaseMarket.LeaseMarket_WrongVersion(lid, lease.version + 1, update.version);
        }
        if (update.expiresAt <= block.timestamp) revert ILeaseMarket.LeaseMarket_UpdateExpired(lid, update.expiresAt);
        uint256 limit = block.timestamp + MAX_START_WINDOW_SECONDS;
        if (update.expiresAt > limit) revert ILeaseMarket.LeaseMarket_UpdateWindowTooLong(update.expiresAt, limit);
    }

    function _requirePending(
        uint256 lid,
        LeaseRecord storage lease,
        uint16 version
    ) private view returns (UpdateRecord memory update) {
        if (!_isUpdatePending(lease)) revert ILeaseMarket.LeaseMarket_NoUpdatePending(lid);
        if (version != lease.version + 1) revert ILeaseMarket.LeaseMarket_WrongVersion(lid, lease.version + 1, version);
        return _updates[lid];
    }

    function _requireSameParties(
        uint256 lid,
        LeaseRecord storage lease,
        ILeaseMarket.Quote calldata quote
    ) private view {
        if (quote.nodeId != lease.nodeId) revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "nodeId");
        if (quote.subnetId != lease.subnetId) revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "subnetId");
        if (quote.token != _tokenAt(lease.token)) revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "token");
        if (quote.subnetCutBps != lease.subnetCutBps)
            revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "subnetCutBps");
        if (quote.protocolCutBps != lease.protocolCutBps)
            revert ILeaseMarket.LeaseMarket_QuoteNotForLease(lid, "protocolCutBps");
    }
}
