// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {IDowntimeCredits} from "../interfaces/IDowntimeCredits.sol";
import {EscrowLedger} from "../libraries/EscrowLedger.sol";
import {LeaseBilling} from "../libraries/LeaseBilling.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {LeaseRecord} from "../types/LeaseRecord.sol";
import {LeaseLedger} from "./LeaseLedger.sol";

/// @title DowntimeCredits
/// @notice How time that was not delivered comes off a bill, as long as it is held back.
abstract contract DowntimeCredits is LeaseLedger, IDowntimeCredits {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseRecord;

    /// @inheritdoc IDowntimeCredits
    function creditDowntime(uint256 lid, uint32 cumulativeSeconds) external override {
        LeaseRecord storage lease = _requireLease(lid);
        _requireServing(lid, lease);
        _creditUpTo(lid, lease, cumulativeSeconds);
    }

    /// @inheritdoc IDowntimeCredits
    function creditDowntimeWithSignature(
        uint256 lid,
        uint32 cumulativeSeconds,
        bytes calldata signature
    ) external override {
        LeaseRecord storage lease = _requireLease(lid);
        address operator = _NODES.operatorOf(lease.nodeId);
        address signer = _signerOf(MarketHashes.ofDowntime(lease.leaseHash, cumulativeSeconds), signature);
        if (signer != operator) revert ILeaseMarket.LeaseMarket_BadDowntimeSignature(lid, operator, signer);
        _creditUpTo(lid, lease, cumulativeSeconds);
    }

    /// @inheritdoc IDowntimeCredits
    function claimDowntime(
        uint256 lid,
        uint32 moreSeconds
    ) external override returns (uint32 credited, uint256 amount) {
        (LeaseRecord storage lease, uint256 held) = _requireHeldForSlasher(lid);
        credited = uint32(Math.min(moreSeconds, held));
        amount = _creditHeld(lid, lease, credited);
    }

    /// @inheritdoc IDowntimeCredits
    function forfeitHeld(uint256 lid) external override returns (uint256 amount) {
        (LeaseRecord storage lease, uint256 held) = _requireHeldForSlasher(lid);
        return _creditHeld(lid, lease, held);
    }

    /// @dev What the node admits: no more than is held back, and never less than before.
    function _creditUpTo(uint256 lid, LeaseRecord storage lease, uint32 cumulativeSeconds) private {
        uint256 before = lease.downtimeSeconds;
        if (cumulativeSeconds <= before)
            revert ILeaseMarket.LeaseMarket_DowntimeNotMore(lid, before, cumulativeSeconds);
        _settle(lid, lease);
        uint256 held = _heldSeconds(lease);
        uint256 duration = cumulativeSeconds - before;
        if (duration > held) revert ILeaseMarket.LeaseMarket_DowntimeNotHeld(lid, duration, held);
        _creditHeld(lid, lease, duration);
    }

    /// @dev Takes seconds that are held back off the bill of a settled lease. While it has money, it lasts longer by
    /// them. An exhausted one must not come to life again, and a closed one needs no money: there the tenant gets it.
    function _creditHeld(uint256 lid, LeaseRecord storage lease, uint256 duration) private returns (uint256 amount) {
        if (duration == 0) return 0;
        uint256 remainder;
        uint256 refund = 0;
        (amount, remainder) = lease.earnedIn(duration);
        if (lease.state == ILeaseMarket.LeaseState.Closed || _isExhausted(lease)) {
            refund = amount;
            lease.scaledRemainder = uint40(remainder);
            lease.balance = _book.refund(lease.tenant, lease.token, lease.balance, amount);
        }
        lease.settledAt += uint32(duration);
        uint32 cumulative = lease.downtimeSeconds + uint32(duration);
        lease.downtimeSeconds = cumulative;
        emit DowntimeCredited(lid, lease.nodeId, cumulative, refund);
    }

    function _requireHeldForSlasher(uint256 lid) private returns (LeaseRecord storage lease, uint256 held) {
        address caller = _msgSender();
        if (caller != _slasher) revert ILeaseMarket.LeaseMarket_NotSlasher(caller);
        lease = _requireLease(lid);
        if (lease.state == ILeaseMarket.LeaseState.Open)
            revert ILeaseMarket.LeaseMarket_WrongState(lid, ILeaseMarket.LeaseState.Open);
        _settle(lid, lease);
        return (lease, _heldSeconds(lease));
    }

    /// @dev Of a settled lease, whose clock stands where the holdback begins.
    function _heldSeconds(LeaseRecord storage lease) private view returns (uint256 held) {
        if (lease.state == ILeaseMarket.LeaseState.Closed) {
            return lease.balance == 0 ? 0 : lease.deadline - _HOLDBACK - lease.settledAt;
        }
        if (!_isBilled(lease)) return 0;
        (, uint256 until) = lease.earnedAt(block.timestamp);
        return until - lease.settledAt;
    }
}
