// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ThawingStake} from "../types/ThawingStake.sol";

/// @title ThawingStakes
/// @notice The arithmetic of stakes, one for bonds of nodes and stakes of subnets. Who may do what is the callers' part.
/// @dev Always: `thawing <= amount`. There is one thaw and one lock, never a list of them. A slash leaves the lock as it
/// is, so that freeing what one report held, before or after, leaves what another holds; what is locked therefore reads at
/// most what is there.
library ThawingStakes {
    using SafeCast for uint256;

    /// @notice Adds coin. What thaws goes on thawing, and what is locked stays so.
    /// @param self Stake.
    /// @param value Wei.
    function add(ThawingStake storage self, uint256 value) internal {
        self.amount = (self.amount + value).toUint96();
    }

    /// @notice Lets more of the stake thaw. All that thaws is free at the new time.
    /// @param self Stake.
    /// @param value Wei; the caller checked that so much is not thawing.
    /// @param thawedAt Unix time.
    function thaw(ThawingStake storage self, uint96 value, uint40 thawedAt) internal {
        self.thawing += value;
        self.thawedAt = thawedAt;
    }

    /// @notice Ends the thaw; the coin stays in.
    /// @param self Stake.
    function cancelThaw(ThawingStake storage self) internal {
        self.thawing = 0;
        self.thawedAt = 0;
    }

    /// @notice Takes out what has thawed, as far as it is not locked. The caller checked the time.
    /// @param self Stake.
    /// @return value Wei taken out; may be 0.
    function withdraw(ThawingStake storage self) internal returns (uint96 value) {
        (uint96 locked, ) = lockOf(self);
        value = uint96(Math.min(self.thawing, self.amount - locked));
        _remove(self, value, self.thawing - value);
    }

    /// @notice Holds more of the stake, as far as there is more. One time holds for all that is held: the later one, even
    /// if nothing more was there: else who had all of it held before would walk away from a later report.
    /// @param self Stake.
    /// @param value Wei wanted.
    /// @param until Unix time.
    /// @return held Wei held by this call.
    function lock(ThawingStake storage self, uint96 value, uint40 until) internal returns (uint96 held) {
        (uint96 before, uint40 beforeUntil) = _storedLock(self);
        held = uint96(Math.min(value, self.amount - Math.min(before, self.amount)));
        if (before + held == 0) return 0;
        self.locked = before + held;
        self.lockedUntil = uint40(Math.max(until, beforeUntil));
    }

    /// @notice Frees what was held, at most what is held.
    /// @param self Stake.
    /// @param value Wei.
    function unlock(ThawingStake storage self, uint96 value) internal {
        (uint96 before, uint40 until) = _storedLock(self);
        self.locked = before - uint96(Math.min(value, before));
        self.lockedUntil = self.locked == 0 ? 0 : until;
    }

    /// @notice Takes coin out of all of the stake, thawing or not, locked or not; at most what is there.
    /// @dev What thaws shrinks in proportion and is rounded down, so that a slash is never rounded away from it.
    /// @param self Stake.
    /// @param value Wei wanted.
    /// @return taken Wei taken.
    function slash(ThawingStake storage self, uint96 value) internal returns (uint96 taken) {
        uint96 amount = self.amount;
        taken = uint96(Math.min(value, amount));
        if (taken == 0) return 0;
        uint96 rest = amount - taken;
        _remove(self, taken, uint96((uint256(self.thawing) * rest) / amount));
    }

    /// @notice What of the stake is not on its way out.
    /// @param self Stake.
    /// @return value Wei.
    function backing(ThawingStake storage self) internal view returns (uint96 value) {
        return self.amount - self.thawing;
    }

    /// @notice What is held now.
    /// @param self Stake.
    /// @return value Wei, at most what is there; 0 once the time is over.
    /// @return until Unix time; 0 when nothing is held.
    function lockOf(ThawingStake storage self) internal view returns (uint96 value, uint40 until) {
        (value, until) = _storedLock(self);
        value = uint96(Math.min(value, self.amount));
    }

    function _remove(ThawingStake storage self, uint96 value, uint96 thawing) private {
        self.amount -= value;
        self.thawing = thawing;
        if (thawing == 0) self.thawedAt = 0;
    }

    function _storedLock(ThawingStake storage self) private view returns (uint96 value, uint40 until) {
        (value, until) = (self.locked, self.lockedUntil);
        if (block.timestamp >= until) return (0, 0);
    }
}
