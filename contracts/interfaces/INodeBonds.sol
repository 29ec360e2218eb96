// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title INodeBonds
/// @notice What a node has at stake: a bond in the native coin that thaws slowly, stays slashable while it thaws, and
/// leaves by its owner alone. Implemented by the node registry.
/// @dev Locks are merged into one and expire by themselves, so that a lost reporter freezes nothing for ever.
interface INodeBonds {
    /// @notice The bond of one node.
    /// @param amount Wei in all, thawing and locked included.
    /// @param thawing Wei on the way out. It backs no new lease and stays slashable until it is withdrawn.
    /// @param thawedAt Unix time from which `thawing` may be withdrawn; 0 when nothing thaws.
    /// @param locked Wei held for a running report; read 0 once `lockedUntil` is over.
    /// @param lockedUntil Unix time at which the lock expires by itself.
    struct Bond {
        uint96 amount;
        uint96 thawing;
        uint40 thawedAt;
        uint96 locked;
        uint40 lockedUntil;
    }

    /// @notice A bond grew or shrank, or thaws.
    /// @param nodeId Identifier of the node.
    /// @param amount Wei in all.
    /// @param thawing Wei of it on the way out.
    /// @param thawedAt Unix time from which they may be withdrawn.
    event BondChanged(uint64 indexed nodeId, uint96 amount, uint96 thawing, uint40 thawedAt);

    /// @notice Part of a bond is held for a running report, or free again.
    /// @param nodeId Identifier of the node.
    /// @param locked Wei held in all.
    /// @param lockedUntil Unix time at which the lock expires.
    event BondLocked(uint64 indexed nodeId, uint96 locked, uint40 lockedUntil);

    /// @notice Part of a bond was taken.
    /// @param nodeId Identifier of the node.
    /// @param amount Wei taken: at most what was there.
    event BondSlashed(uint64 indexed nodeId, uint96 amount);

    /// @notice A node may not serve for a while.
    /// @param nodeId Identifier of the node.
    /// @param until Unix time from which its owner may reinstate it.
    event NodeSuspended(uint64 indexed nodeId, uint40 until);

    /// @notice Adds the value sent to the bond. What thaws goes on thawing.
    /// @dev Emits {BondChanged}. Requirements: caller is the owner; node not Exited; value not zero.
    /// @param nodeId Identifier of the node.
    function bond(uint64 nodeId) external payable;

    /// @notice Starts to take `amount` out of the bond; what thaws already starts anew together with it.
    /// @dev Emits {BondChanged}; a provider node whose rest falls below its minimum becomes Draining.
    /// Requirements: caller is the owner; amount not zero and not thawing yet.
    /// @param nodeId Identifier of the node.
    /// @param amount Wei.
    function thawBond(uint64 nodeId, uint96 amount) external;

    /// @notice Keeps what thaws in the bond after all.
    /// @dev Emits {BondChanged}. Requirements: caller is the owner; something thaws.
    /// @param nodeId Identifier of the node.
    function cancelThaw(uint64 nodeId) external;

    /// @notice Pays what has thawed to the owner, as far as it is not locked.
    /// @dev Emits {BondChanged}. Requirements: caller is the owner; thawed; something is not locked.
    /// @param nodeId Identifier of the node.
    /// @return amount Wei paid.
    function withdrawBond(uint64 nodeId) external returns (uint96 amount);

    /// @notice Holds part of a bond for a report. Never reverts on less: holds what is there.
    /// @dev Emits {BondLocked}. Requirements: caller is the slasher; the node exists.
    /// @param nodeId Identifier of the node.
    /// @param amount Wei to hold on top of what is held.
    /// @param until Unix time at which the lock expires; a running later lock is not shortened.
    /// @return locked Wei that were there to hold.
    function lockBond(uint64 nodeId, uint96 amount, uint40 until) external returns (uint96 locked);

    /// @notice Frees what a report held.
    /// @dev Emits {BondLocked}. Requirements: caller is the slasher. Clamps.
    /// @param nodeId Identifier of the node.
    /// @param amount Wei.
    function unlockBond(uint64 nodeId, uint96 amount) external;

    /// @notice Takes part of a bond, thawing or not, locked or not, and sends it to the slasher.
    /// @dev Emits {BondSlashed} and {BondChanged}; a provider node that falls below its minimum is Suspended.
    /// Requirements: caller is the slasher. Clamps: never reverts on less.
    /// @param nodeId Identifier of the node.
    /// @param amount Wei.
    /// @return taken Wei taken and sent.
    function slashBond(uint64 nodeId, uint96 amount) external returns (uint96 taken);

    /// @notice Suspends a node: it takes no new lease until its owner reinstates it.
    /// @dev Emits {NodeSuspended}. Requirements: caller is the slasher; the node is neither Exiting nor Exited
    /// (those keep their status and their exit time is not shortened).
    /// @param nodeId Identifier of the node.
    /// @param until Unix time before which it cannot be reinstated.
    function suspend(uint64 nodeId, uint40 until) external;

    /// @notice Brings a suspended node back to where its memberships put it.
    /// @dev Requirements: caller is the owner; Suspended; the time is over; a provider node has its minimum bond.
    /// @param nodeId Identifier of the node.
    function reinstate(uint64 nodeId) external;

    /// @notice The bond of a node.
    /// @param nodeId Identifier of the node.
    /// @return record The bond.
    function bondOf(uint64 nodeId) external view returns (Bond memory record);
}
