// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {IDowntimeCredits} from "../interfaces/IDowntimeCredits.sol";
import {EscrowLedger} from "../libraries/EscrowLedger.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {LeaseRecord, LeaseStream} from "../types/LeaseRecord.sol";
import {LeaseLedger} from "./LeaseLedger.sol";

/// @title DowntimeCredits
/// @notice How time that was not delivered comes off a bill, as long as it is held back.
abstract contract DowntimeCredits is LeaseLedger, IDowntimeCredits {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseStream;

    /// @inheritdoc IDowntimeCredits
    function creditDowntime(uint256 lid, uint32 cumulativeSeconds) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);
        _requireServing(lid, stream);
        _creditUpTo(lid, lease, stream, cumulativeSeconds);
    }

    /// @inheritdoc IDowntimeCredits
    function creditDowntimeWithSignature(
        uint256 lid,
        uint32 cumulativeSeconds,
        bytes calldata signature
    ) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);
        address operator = _NODES.operatorOf(stream.nodeId);
        address signer = _signerOf(MarketHashes.ofDowntime(lease.leaseHash, cumulativeSeconds), signature);
        if (signer != operator) revert ILeaseMarket.LeaseMarket_BadDowntimeSignature(lid, operator, signer);
        _creditUpTo(lid, lease, stream, cumulativeSeconds);
    }

    /// @inheritdoc IDowntimeCredits
    function claimDowntime(
        uint256 lid,
        uint32 moreSeconds
    ) external override returns (uint32 credited, uint256 amount) {
        (LeaseRecord storage lease, LeaseStream memory stream, uint256 held) = _requireHeldForSlasher(lid);
        credited = uint32(Math.min(moreSeconds, held));
        amount = _creditHeld(lid, lease, stream, credited);
    }

    /// @inheritdoc IDowntimeCredits
    function forfeitHeld(uint256 lid) external override returns (uint256 amount) {
        (LeaseRecord storage lease, LeaseStream memory stream, uint256 held) = _requireHeldForSlasher(lid);
        return _creditHeld(lid, lease, stream, held);
    }

    /// @dev What the node admits: no more than is held back, and never less than before.
    function _creditUpTo(
        uint256 lid,
        LeaseRecord storage lease,
        LeaseStream memory stream,
        uint32 cumulativeSeconds
    ) private {
        uint256 before = stream.downtimeSeconds;
        if (cumulativeSeconds <= before) {
            revert ILeaseMarket.LeaseMarket_DowntimeNotMore(lid, before, cumulativeSeconds);
        }
        _settle(lid, lease, stream);
        uint256 held = _heldSeconds(lease, stream);
        uint256 duration = cumulativeSeconds - before;
        if (duration > held) revert ILeaseMarket.LeaseMarket_DowntimeNotHeld(lid, duration, held);
        _creditHeld(lid, lease, stream, duration);
    }

    /// @dev Takes seconds that are held back off the bill of a settled lease, and stores it. While it has money, it lasts
    /// longer by them. An exhausted one must not come to life again, and a closed one needs no money: there the tenant
    /// gets it.
    function _creditHeld(
        uint256 lid,
        LeaseRecord storage lease,
        LeaseStream memory stream,
        uint256 duration
    ) private returns (uint256 amount) {
        uint256 remainder;
        uint256 refund = 0;
        (amount, remainder) = stream.earnedIn(duration);
        if (stream.state == ILeaseMarket.LeaseState.Closed || _isExhausted(stream)) {
            refund = amount;
            stream.scaledRemainder = uint40(remainder);
            stream.balance = _book.refund(lease.tenant, stream.token, stream.balance, amount);
        }
        stream.settledAt += uint32(duration);
        stream.downtimeSeconds += uint32(duration);
        _store(lease, stream);
        if (duration != 0) emit DowntimeCredited(lid, stream.nodeId, stream.downtimeSeconds, refund);
    }

    function _requireHeldForSlasher(
        uint256 lid
    ) private returns (LeaseRecord storage lease, LeaseStream memory stream, uint256 held) {
        address caller = _msgSender();
        if (caller != _slasher) revert ILeaseMarket.LeaseMarket_NotSlasher(caller);
        (lease, stream) = _requireLease(lid);
        if (stream.state == ILeaseMarket.LeaseState.Open) {
            revert ILeaseMarket.LeaseMarket_WrongState(lid, ILeaseMarket.LeaseState.Open);
        }
        _settle(lid, lease, stream);
        return (lease, stream, _heldSeconds(lease, stream));
    }

    /// @dev Of a settled lease, whose clock stands where the holdback begins.
    function _heldSeconds(LeaseRecord storage lease, LeaseStream memory stream) private view returns (uint256 held) {
        if (stream.state == ILeaseMarket.LeaseState.Closed) {
            return stream.balance == 0 ? 0 : lease.deadline - _HOLDBACK - stream.settledAt;
        }
        if (!_isBilled(stream)) return 0;
        (, uint256 until) = stream.earnedAt(block.timestamp);
        return until - stream.settledAt;
    }
}
