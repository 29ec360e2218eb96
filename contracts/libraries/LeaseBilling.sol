// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {LeaseRecord} from "../types/LeaseRecord.sol";
import {EscrowLedger} from "./EscrowLedger.sol";

/// @title LeaseBilling
/// @notice How time becomes money: whole token units move, and every fraction is kept for the next settlement.
/// @dev `settledAt` is the time up to which a lease was released; what is earned after it is held back in the balance.
library LeaseBilling {
    /// @dev Rates are token units × 1e12 per second.
    uint256 private constant _RATE_SCALE = 1e12;

    /// @dev Cuts are in 1/10000.
    uint256 private constant _CUT_SCALE = 10_000;

    /// @notice Moves the lease's clock to `nowAt`, or to when the money ended, never back.
    /// @param lease Active or Reclaiming.
    /// @param nowAt Unix time in seconds.
    /// @return paid Whole token units earned by that; the caller takes them off the balance.
    /// @return duration Seconds by which the clock moved.
    function settleTo(LeaseRecord storage lease, uint256 nowAt) internal returns (uint256 paid, uint256 duration) {
        uint256 until = Math.min(nowAt, paidUntil(lease));
        uint256 settledAt = lease.settledAt;
        if (until <= settledAt) return (0, 0);

        duration = until - settledAt;
        uint256 remainder;
        (paid, remainder) = earnedIn(lease, duration);
        lease.settledAt = uint32(until); // paidUntil fits
        lease.scaledRemainder = uint40(remainder);
    }

    /// @notice Shares out units that a lease pays.
    /// @dev The subnet gets floor(n × cut) of the n units ever paid; the protocol gets its share of what the subnet
    /// leaves, and the node the rest. Each share is a function of n alone, that never falls: so it does not matter in
    /// how many settlements the units come, and no share of one settlement is negative. Computing both cuts from n
    /// would break that, where both pass a whole unit at once.
    /// @param lease Any lease.
    /// @param amount Token units.
    /// @return shares They add up to `amount`.
    function share(LeaseRecord storage lease, uint256 amount) internal returns (EscrowLedger.Shares memory shares) {
        if (amount == 0) return shares;
        uint256 subnetCut = lease.subnetCutBps;
        uint256 subnetScaled = amount * subnetCut + lease.subnetRest;
        uint256 toSubnet = subnetScaled / _CUT_SCALE;

        uint256 left = amount - toSubnet;
        uint256 leftScale = _CUT_SCALE - subnetCut;
        uint256 protocolScaled = left * lease.protocolCutBps + lease.protocolRest;
        uint256 toProtocol = protocolScaled / leftScale;

        lease.subnetRest = uint16(subnetScaled % _CUT_SCALE);
        lease.protocolRest = uint16(protocolScaled % leftScale);
        return EscrowLedger.Shares({toNode: left - toProtocol, toSubnet: toSubnet, toProtocol: toProtocol});
    }

    /// @notice What is earned at `nowAt` and not released, never more than the balance.
    /// @param lease Active or Reclaiming.
    /// @param nowAt Unix time in seconds.
    /// @return earned Whole token units.
    /// @return until Unix time up to which this pays; `settledAt` at least.
    function earnedAt(LeaseRecord storage lease, uint256 nowAt) internal view returns (uint256 earned, uint256 until) {
        uint256 settledAt = lease.settledAt;
        until = Math.max(Math.min(nowAt, paidUntil(lease)), settledAt);
        (earned, ) = earnedIn(lease, until - settledAt);
    }

    /// @notice What the next seconds after `settledAt` earn.
    /// @param lease Any lease.
    /// @param duration Seconds that the balance pays.
    /// @return earned Whole token units.
    /// @return remainder Earned below one unit, × 1e12.
    function earnedIn(
        LeaseRecord storage lease,
        uint256 duration
    ) internal view returns (uint256 earned, uint256 remainder) {
        uint256 scaled = lease.scaledRemainder + uint256(lease.ratePerSecond) * duration;
        return (scaled / _RATE_SCALE, scaled % _RATE_SCALE);
    }

    /// @notice The last second that the balance pays in full. From then on the lease is exhausted.
    /// @param lease Active or Reclaiming.
    /// @return until Unix time in seconds; the largest uint32 for a rate of zero.
    function paidUntil(LeaseRecord storage lease) internal view returns (uint256 until) {
        uint256 rate = lease.ratePerSecond;
        if (rate == 0) return type(uint32).max;
        uint256 scaled = uint256(lease.balance) * _RATE_SCALE - lease.scaledRemainder;
        return Math.min(lease.settledAt + scaled / rate, type(uint32).max);
    }

    /// @notice Price of a time at the lease's rate, at most the balance.
    /// @param lease Any lease.
    /// @param duration Seconds.
    /// @return amount Token units, rounded down.
    function priceOf(LeaseRecord storage lease, uint256 duration) internal view returns (uint256 amount) {
        return Math.min((uint256(lease.ratePerSecond) * duration) / _RATE_SCALE, lease.balance);
    }

    /// @notice How long what is not earned yet lasts at a rate.
    /// @param lease Active or Reclaiming.
    /// @param nowAt Unix time in seconds; not past `paidUntil`.
    /// @param ratePerSecond Token units × 1e12 per second.
    /// @return duration Seconds; the largest uint32 at most.
    function secondsAt(
        LeaseRecord storage lease,
        uint256 nowAt,
        uint96 ratePerSecond
    ) internal view returns (uint32 duration) {
        if (ratePerSecond == 0) return type(uint32).max;
        uint256 elapsed = nowAt > lease.settledAt ? nowAt - lease.settledAt : 0;
        (uint256 earned, uint256 remainder) = earnedIn(lease, elapsed);
        uint256 scaled = (lease.balance - earned) * _RATE_SCALE - remainder;
        return uint32(Math.min(scaled / ratePerSecond, type(uint32).max));
    }

    /// @notice What must be locked for a time at a rate.
    /// @param ratePerSecond Token units × 1e12 per second.
    /// @param duration Seconds.
    /// @return amount Token units, rounded up; below 2^89.
    function lockFor(uint96 ratePerSecond, uint32 duration) internal pure returns (uint256 amount) {
        return Math.ceilDiv(uint256(ratePerSecond) * duration, _RATE_SCALE);
    }
}
