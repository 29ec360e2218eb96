// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {LeaseRecord, LeaseStream, UpdateRecord} from "../types/LeaseRecord.sol";
import {Resources} from "../types/Resources.sol";
import {EscrowAccounts} from "./EscrowAccounts.sol";

/// @title MarketViews
/// @notice What the owner sets, and how everything is read.
abstract contract MarketViews is EscrowAccounts {
    using LeaseBilling for LeaseStream;
    using ResourceMath for uint96;

    /// @notice Fixes the first settings.
    /// @param initialTreasury First account for the protocol's cut.
    /// @param initialCutBps First cut of the protocol.
    constructor(address initialTreasury, uint16 initialCutBps) {
        _setTreasury(initialTreasury);
        _setProtocolCut(initialCutBps);
    }

    /// @inheritdoc ILeaseMarket
    function invalidateNonce(uint64 nodeId, uint256 nonce) external override {
        address caller = _msgSender();
        if (!_servesNode(nodeId, caller)) revert LeaseMarket_NotNode(nodeId, caller);
        _spendNonce(nodeId, nonce);
        emit NonceInvalidated(nodeId, nonce);
    }

    /// @inheritdoc ILeaseMarket
    function setProtocolCut(uint16 cutBps) external override onlyOwner {
        _setProtocolCut(cutBps);
    }

    /// @inheritdoc ILeaseMarket
    function setTreasury(address newTreasury) external override onlyOwner {
        _setTreasury(newTreasury);
    }

    /// @inheritdoc ILeaseMarket
    function setSlasher(address newSlasher) external override onlyOwner {
        if (_slasher != address(0)) revert LeaseMarket_SlasherAlreadySet(_slasher);
        if (newSlasher == address(0)) revert LeaseMarket_ZeroSlasher();
        _slasher = newSlasher;
        emit SlasherSet(newSlasher);
    }

    /// @inheritdoc ILeaseMarket
    function leaseOf(uint256 lid) external view override returns (Lease memory lease) {
        LeaseRecord storage stored = _leases[lid];
        LeaseStream memory stream = _streamOf(lid);
        return
            Lease({
                tenant: stored.tenant,
                nodeId: stream.nodeId,
                subnetId: stream.subnetId,
                token: _tokenAt(stream.token),
                ratePerSecond: stream.ratePerSecond,
                balance: stream.balance,
                settledAt: stream.settledAt,
                deadline: _isDeadlineSet(stream) ? stored.deadline : 0,
                state: stream.state,
                version: stream.version,
                resources: stored.resources.widen(),
                scaledRemainder: stream.scaledRemainder,
                subnetCutBps: stream.subnetCutBps,
                protocolCutBps: stream.protocolCutBps,
                noticeSeconds: stored.noticeSeconds,
                reservationSeconds: stored.reservationSeconds,
                leaseHash: stored.leaseHash,
                manifestHash: stored.manifestHash
            });
    }

    /// @inheritdoc ILeaseMarket
    function pendingUpdateOf(uint256 lid) external view override returns (PendingUpdate memory update) {
        LeaseStream memory stream = _streamOf(lid);
        if (!_isUpdatePending(stream)) return update;
        UpdateRecord memory stored = _updates[lid];
        return
            PendingUpdate({
                manifestHash: stored.manifestHash,
                resources: stored.resources.widen(),
                ratePerSecond: stored.ratePerSecond,
                version: stream.version + 1,
                expiresAt: stored.expiresAt
            });
    }

    /// @inheritdoc ILeaseMarket
    function paidUntil(uint256 lid) external view override returns (uint256 until) {
        LeaseStream memory stream = _streamOf(lid);
        return _isBilled(stream) ? stream.paidUntil() : 0;
    }

    /// @inheritdoc ILeaseMarket
    function previewClose(uint256 lid) external view override returns (uint256 earned, uint256 refund) {
        LeaseStream memory stream = _streamOf(lid);
        if (stream.state == LeaseState.Open) earned = stream.priceOf(_leases[lid].reservationSeconds);
        else if (_isBilled(stream)) (earned, ) = stream.earnedAt(block.timestamp);
        else earned = stream.balance;
        return (earned, stream.balance - earned);
    }

    /// @inheritdoc ILeaseMarket
    function treasury() external view override returns (address account) {
        return _totals.treasury;
    }

    /// @inheritdoc ILeaseMarket
    function leaseCount() external view override returns (uint256 count) {
        return _totals.leaseCount;
    }

    /// @inheritdoc ILeaseMarket
    function protocolCutBps() external view override returns (uint16 cutBps) {
        return _totals.protocolCutBps;
    }

    /// @inheritdoc ILeaseMarket
    function slasher() external view override returns (address account) {
        return _slasher;
    }

    /// @inheritdoc ILeaseMarket
    function usedOf(uint64 nodeId) external view override returns (Resources used) {
        return _loads[nodeId].used;
    }

    /// @inheritdoc ILeaseMarket
    function strikesOf(uint64 nodeId) external view override returns (uint32 strikes) {
        return _loads[nodeId].strikes;
    }

    /// @inheritdoc ILeaseMarket
    function isNonceUsed(uint64 nodeId, uint256 nonce) external view override returns (bool used) {
        return (_spentNonces[nodeId][nonce >> 8] & _bitOf(nonce)) != 0;
    }

    /// @inheritdoc ILeaseMarket
    function quoteHashOf(Quote calldata) external pure override returns (bytes32 structHash) {
        return _hashOfQuoteAt(4);
    }

    function _setTreasury(address newTreasury) private {
        if (newTreasury == address(0)) revert LeaseMarket_ZeroTreasury();
        _totals.treasury = newTreasury;
        emit TreasuryChanged(newTreasury);
    }

    function _setProtocolCut(uint16 cutBps) private {
        if (cutBps > MAX_PROTOCOL_CUT_BPS) revert LeaseMarket_CutTooHigh(cutBps, MAX_PROTOCOL_CUT_BPS);
        _totals.protocolCutBps = cutBps;
        emit ProtocolCutChanged(cutBps);
    }

    function _isDeadlineSet(LeaseStream memory stream) private pure returns (bool) {
        LeaseState state = stream.state;
        if (state == LeaseState.Closed) return stream.balance != 0;
        return state == LeaseState.Open || state == LeaseState.Reclaiming;
    }
}
