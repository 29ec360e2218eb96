// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {LeaseRecord} from "../types/LeaseRecord.sol";
import {Resources} from "../types/Resources.sol";
import {LeaseLedger} from "./LeaseLedger.sol";

/// @title LeaseUpdates
/// @notice How a running lease gets another manifest, and with a fresh quote other resources at another price.
abstract contract LeaseUpdates is LeaseLedger {
    using LeaseBilling for LeaseRecord;
    using ResourceMath for Resources;

    /// @inheritdoc ILeaseMarket
    function requestUpdate(uint256 lid, Update calldata update) external override {
        LeaseRecord storage lease = _settleForUpdate(lid, update);

        // Check: what was priced stays as it is.
        bytes32 running = MarketHashes.ofManifest(update.openPartHash, update.currentSealedPartHash);
        if (running != lease.manifestHash) revert LeaseMarket_OpenPartChanged(lid);

        // Effect: nothing more is reserved.
        _storeUpdate(lid, update, lease.resources, lease.ratePerSecond);
    }

    /// @inheritdoc ILeaseMarket
    function requestUpdateWithQuote(
        uint256 lid,
        Update calldata update,
        Quote calldata quote,
        bytes calldata signature
    ) external override {
        LeaseRecord storage lease = _settleForUpdate(lid, update);

        // Check: the quote is for this lease and holds; it is spent here.
        _requireSameParties(lid, lease, quote);
        if (update.openPartHash != quote.openPartHash) revert LeaseMarket_QuoteNotForLease(lid, "openPartHash");
        uint32 left = lease.secondsAt(quote.ratePerSecond);
        if (left < quote.minSeconds) revert LeaseMarket_PrepaidOutOfRange(left, quote.minSeconds, quote.maxSeconds);
        (, Resources total) = _useQuote(quote, signature);
        _requireGpuModel(quote.resources, total);

        // Effect: reserve what the larger of both needs on top.
        _reserve(lease.nodeId, lease.resources.max(quote.resources).minus(lease.resources), total);
        _storeUpdate(lid, update, quote.resources, quote.ratePerSecond);
    }

    /// @inheritdoc ILeaseMarket
    function confirmUpdate(uint256 lid, uint16 version, bytes32 manifestHash) external override {
        LeaseRecord storage lease = _requireLease(lid);
        PendingUpdate memory update = _requirePending(lid, version);

        // Check: the node confirms in time what the tenant asked for, while there is money.
        _requireOperator(lid, lease);
        if (block.timestamp > update.expiresAt) revert LeaseMarket_UpdateExpired(lid, update.expiresAt);
        if (manifestHash != update.manifestHash) {
            revert LeaseMarket_WrongManifestHash(lid, update.manifestHash, manifestHash);
        }
        _requireFunds(lid, lease);

        // Effect: the time until now costs the old price.
        _settle(lid, lease);

        // Effect: the new version holds, and only it is reserved.
        delete _updates[lid];
        _unreserve(lease.nodeId, lease.resources.max(update.resources).minus(update.resources));
        lease.resources = update.resources;
        lease.ratePerSecond = update.ratePerSecond;
        lease.version = version;
        lease.manifestHash = manifestHash;
        emit UpdateConfirmed({lid: lid, nodeId: lease.nodeId, version: version, manifestHash: manifestHash});
    }

    /// @inheritdoc ILeaseMarket
    function declineUpdate(uint256 lid, uint16 version, uint16 reason) external override {
        LeaseRecord storage lease = _requireLease(lid);
        PendingUpdate memory update = _requirePending(lid, version);

        // Check: a party gives a reason of its own; once expired, anyone may clear it away.
        if (block.timestamp > update.expiresAt) reason = _REASON_UPDATE_EXPIRED;
        else if (msg.sender == lease.tenant) _requireTenantReason(reason);
        else if (_isNode(lease)) _requireNodeReason(reason);
        else revert LeaseMarket_NotParty(lid, msg.sender);

        // Effect: the old version runs on.
        _dropUpdate(lid, lease, reason);
    }

    function _storeUpdate(uint256 lid, Update calldata update, Resources resources, uint96 ratePerSecond) private {
        bytes32 manifestHash = MarketHashes.ofManifest(update.openPartHash, update.sealedPartHash);
        _updates[lid] = PendingUpdate({
            manifestHash: manifestHash,
            resources: resources,
            ratePerSecond: ratePerSecond,
            version: update.version,
            expiresAt: update.expiresAt
        });
        emit UpdateRequested({
            lid: lid,
            nodeId: _leases[lid].nodeId,
            version: update.version,
            manifestHash: manifestHash,
            ratePerSecond: ratePerSecond,
            resources: resources,
            expiresAt: update.expiresAt
        });
    }

    /// @dev Checks what both kinds of update need, and settles, so that the time until now costs the old price.
    function _settleForUpdate(uint256 lid, Update calldata update) private returns (LeaseRecord storage lease) {
        lease = _requireLease(lid);
        _requireTenant(lid, lease);
        _requireState(lid, lease, LeaseState.Active);
        _requireFunds(lid, lease);
        _settle(lid, lease); // drops a pending update that has expired

        uint16 pending = _updates[lid].version;
        if (pending != 0) revert LeaseMarket_UpdatePending(lid, pending);
        if (update.version != lease.version + 1) {
            revert LeaseMarket_WrongVersion(lid, lease.version + 1, update.version);
        }
        if (update.expiresAt <= block.timestamp) revert LeaseMarket_UpdateExpired(lid, update.expiresAt);
        uint256 limit = block.timestamp + MAX_START_WINDOW_SECONDS;
        if (update.expiresAt > limit) revert LeaseMarket_UpdateWindowTooLong(update.expiresAt, limit);
    }

    function _requirePending(uint256 lid, uint16 version) private view returns (PendingUpdate memory update) {
        update = _updates[lid];
        if (update.version == 0) revert LeaseMarket_NoUpdatePending(lid);
        if (update.version != version) revert LeaseMarket_WrongVersion(lid, update.version, version);
    }

    function _requireSameParties(uint256 lid, LeaseRecord storage lease, Quote calldata quote) private view {
        if (quote.nodeId != lease.nodeId) revert LeaseMarket_QuoteNotForLease(lid, "nodeId");
        if (quote.subnetId != lease.subnetId) revert LeaseMarket_QuoteNotForLease(lid, "subnetId");
        if (quote.token != lease.token) revert LeaseMarket_QuoteNotForLease(lid, "token");
        if (quote.subnetCutBps != lease.subnetCutBps) revert LeaseMarket_QuoteNotForLease(lid, "subnetCutBps");
        if (quote.protocolCutBps != lease.protocolCutBps) revert LeaseMarket_QuoteNotForLease(lid, "protocolCutBps");
    }
}
