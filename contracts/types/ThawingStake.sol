// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Native coin at stake, of a node or of a subnet. Two slots; the second is written by locks only.
/// @param amount Wei in all, thawing and locked included.
/// @param thawing Wei on the way out.
/// @param thawedAt Unix time from which `thawing` may be withdrawn; 0 when nothing thaws.
/// @param locked Wei held; void once `lockedUntil` is over.
/// @param lockedUntil Unix time at which the lock expires by itself.
struct ThawingStake {
    // slot 0
    uint96 amount;
    uint96 thawing;
    uint40 thawedAt;
    // slot 1
    uint96 locked;
    uint40 lockedUntil;
}
