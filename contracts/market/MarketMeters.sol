// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {IMarketMeters} from "../interfaces/IMarketMeters.sol";
import {EscrowLedger} from "../libraries/EscrowLedger.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {LEASE_NO_SHOW, LeaseRecord, LeaseStream} from "../types/LeaseRecord.sol";
import {MarketViews} from "./MarketViews.sol";

/// @title MarketMeters
/// @notice What was earned, how it is collected, and what is held back.
abstract contract MarketMeters is MarketViews, IMarketMeters {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseStream;

    /// @inheritdoc ILeaseMarket
    function collect(uint64 nodeId, uint32 subnetId, address token) external override returns (uint256 amount) {
        uint16 index = _indexOf(token);
        address owner = _NODES.ownerOf(nodeId);

        // Effect: to the owner's account, whoever calls.
        amount = _book.collectNode(EscrowLedger.nodeKey(nodeId, subnetId, index), owner, index);
        if (amount != 0) emit EarningsCollected(nodeId, subnetId, token, owner, amount);
    }

    /// @inheritdoc ILeaseMarket
    function collectSubnet(
        uint32 subnetId,
        address token
    ) external override returns (uint256 toSubnet, uint256 toProtocol) {
        uint16 index = _indexOf(token);
        (address owner, , ) = _SUBNETS.cutOf(subnetId);

        // Effect: to the accounts of the owner and of the treasury, whoever calls.
        uint256 key = EscrowLedger.nodeKey(0, subnetId, index);
        (toSubnet, toProtocol) = _book.collectSubnet(key, owner, _totals.treasury, index);
        if (toSubnet + toProtocol != 0) emit SubnetEarningsCollected(subnetId, token, owner, toSubnet, toProtocol);
    }

    /// @inheritdoc IMarketMeters
    function subnetMetersOf(
        uint32 subnetId,
        address token
    ) external view override returns (uint256 pointSeconds, uint256 protocolFees) {
        uint256 key = EscrowLedger.nodeKey(0, subnetId, _indexOf(token));
        EscrowLedger.SubnetEarnings storage earnings = _book.subnets[key];
        return (earnings.pointSeconds, uint256(earnings.toProtocol) + earnings.protocolCollected);
    }

    /// @inheritdoc ILeaseMarket
    function subnetEarningsOf(
        uint32 subnetId,
        address token
    ) external view override returns (uint256 toSubnet, uint256 toProtocol) {
        uint256 key = EscrowLedger.nodeKey(0, subnetId, _indexOf(token));
        EscrowLedger.SubnetEarnings storage earnings = _book.subnets[key];
        return (earnings.toSubnet, earnings.toProtocol);
    }

    /// @inheritdoc IMarketMeters
    function earningsOf(
        uint64 nodeId,
        uint32 subnetId,
        address token
    ) external view override returns (uint256 outstanding, uint256 earned, uint256 pointSeconds) {
        uint256 key = EscrowLedger.nodeKey(nodeId, subnetId, _indexOf(token));
        EscrowLedger.NodeEarnings storage earnings = _book.nodes[key];
        return (earnings.outstanding, earnings.earned, earnings.pointSeconds);
    }

    /// @inheritdoc IMarketMeters
    function isNoShow(uint256 lid) external view override returns (bool noShow) {
        return _streamOf(lid).flags & LEASE_NO_SHOW != 0;
    }

    /// @inheritdoc IMarketMeters
    function heldOf(uint256 lid) external view override returns (uint32 heldSeconds, uint256 amount) {
        LeaseRecord storage lease = _leases[lid];
        LeaseStream memory stream = _streamOf(lid);
        if (stream.state == LeaseState.Closed) {
            if (stream.balance == 0 || block.timestamp >= lease.deadline) return (0, 0);
            return (uint32(lease.deadline - _HOLDBACK - stream.settledAt), stream.balance);
        }
        if (!_isBilled(stream)) return (0, 0);
        (uint256 earned, uint256 until) = stream.earnedAt(block.timestamp);
        (uint256 released, uint256 from) = stream.earnedAt(block.timestamp - _HOLDBACK);
        return (uint32(until - from), earned - released);
    }

    /// @inheritdoc IMarketMeters
    function downtimeOf(uint256 lid) external view override returns (uint32 cumulativeSeconds) {
        return _streamOf(lid).downtimeSeconds;
    }

    /// @inheritdoc IMarketMeters
    function HOLDBACK_SECONDS() external view override returns (uint32 holdbackSeconds) {
        // solhint-disable-previous-line func-name-mixedcase
        return _HOLDBACK;
    }
}
