// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {LeaseRecord} from "../types/LeaseRecord.sol";

/// @title LeaseBilling
/// @notice How time becomes money: whole token units move, and every fraction is kept for the next settlement.
library LeaseBilling {
    using SafeCast for uint256;

    /// @notice What one settlement shares out.
    /// @param paid Token units in all.
    /// @param toNode Share of the node: what the cuts leave.
    /// @param toSubnet Cut of the subnet.
    /// @param toProtocol Cut of the protocol.
    struct Split {
        uint256 paid;
        uint256 toNode;
        uint256 toSubnet;
        uint256 toProtocol;
    }

    /// @dev Rates are token units × 1e12 per second.
    uint256 private constant _RATE_SCALE = 1e12;

    /// @dev Cuts are in 1/10000.
    uint256 private constant _CUT_SCALE = 10_000;

    /// @notice Moves the lease's clock to `nowAt`, or to when the money ended, and takes the earned units off its
    /// balance.
    /// @param lease Active or Reclaiming.
    /// @param nowAt Unix time in seconds, not before `lease.settledAt`.
    /// @return split What was earned; the caller credits it.
    function settleTo(LeaseRecord storage lease, uint256 nowAt) internal returns (Split memory split) {
        (uint256 earned, uint256 remainder, uint256 until) = earnedAt(lease, nowAt);

        lease.settledAt = until.toUint40();
        lease.scaledRemainder = remainder.toUint40();
        return take(lease, earned);
    }

    /// @notice Takes units off the balance of a lease, and splits them.
    /// @dev The subnet gets floor(n × cut) of the n units ever paid; the protocol gets its share of what the subnet
    /// leaves, and the node the rest. Each share is a function of n alone, that never falls: so it does not matter in
    /// how many settlements the units come, and no share of one settlement is negative. Computing both cuts from n
    /// would break that, where both pass a whole unit at once.
    /// @param lease Any lease whose balance covers `amount`.
    /// @param amount Token units.
    /// @return split The shares; they add up to `amount`.
    function take(LeaseRecord storage lease, uint256 amount) internal returns (Split memory split) {
        if (amount == 0) return split;
        uint256 subnetScaled = amount * lease.subnetCutBps + lease.subnetRest;
        uint256 toSubnet = subnetScaled / _CUT_SCALE;

        uint256 left = amount - toSubnet;
        uint256 leftScale = _CUT_SCALE - lease.subnetCutBps;
        uint256 protocolScaled = left * lease.protocolCutBps + lease.protocolRest;
        uint256 toProtocol = protocolScaled / leftScale;

        lease.balance -= amount.toUint128();
        lease.subnetRest = uint16(subnetScaled % _CUT_SCALE);
        lease.protocolRest = uint16(protocolScaled % leftScale);
        return Split({paid: amount, toNode: left - toProtocol, toSubnet: toSubnet, toProtocol: toProtocol});
    }

    /// @notice What is earned at `nowAt` since the last settlement, never more than the balance.
    /// @param lease Active or Reclaiming.
    /// @param nowAt Unix time in seconds.
    /// @return earned Whole token units.
    /// @return remainder Earned below one unit, × 1e12.
    /// @return until Unix time up to which this pays.
    function earnedAt(
        LeaseRecord storage lease,
        uint256 nowAt
    ) internal view returns (uint256 earned, uint256 remainder, uint256 until) {
        until = Math.min(nowAt, paidUntil(lease));
        uint256 scaled = lease.scaledRemainder + uint256(lease.ratePerSecond) * (until - lease.settledAt);
        return (scaled / _RATE_SCALE, scaled % _RATE_SCALE, until);
    }

    /// @notice The last second that the balance pays in full. From then on the lease is exhausted.
    /// @param lease Active or Reclaiming.
    /// @return until Unix time in seconds; the largest uint40 for a rate of zero.
    function paidUntil(LeaseRecord storage lease) internal view returns (uint256 until) {
        uint256 rate = lease.ratePerSecond;
        if (rate == 0) return type(uint40).max;
        uint256 scaled = uint256(lease.balance) * _RATE_SCALE - lease.scaledRemainder;
        return Math.min(lease.settledAt + scaled / rate, type(uint40).max);
    }

    /// @notice Price of a time at the lease's rate, at most the balance.
    /// @param lease Any lease.
    /// @param duration Seconds.
    /// @return amount Token units, rounded down.
    function priceOf(LeaseRecord storage lease, uint256 duration) internal view returns (uint256 amount) {
        return Math.min((uint256(lease.ratePerSecond) * duration) / _RATE_SCALE, lease.balance);
    }

    /// @notice How long a balance lasts at a rate.
    /// @param lease Lease whose balance it is.
    /// @param ratePerSecond Token units × 1e12 per second.
    /// @return duration Seconds; the largest uint32 at most.
    function secondsAt(LeaseRecord storage lease, uint96 ratePerSecond) internal view returns (uint32 duration) {
        if (ratePerSecond == 0) return type(uint32).max;
        uint256 scaled = uint256(lease.balance) * _RATE_SCALE - lease.scaledRemainder;
        return uint32(Math.min(scaled / ratePerSecond, type(uint32).max));
    }

    /// @notice What must be locked for a time at a rate.
    /// @param ratePerSecond Token units × 1e12 per second.
    /// @param duration Seconds.
    /// @return amount Token units, rounded up.
    function lockFor(uint96 ratePerSecond, uint32 duration) internal pure returns (uint128 amount) {
        return Math.ceilDiv(uint256(ratePerSecond) * duration, _RATE_SCALE).toUint128();
    }
}
