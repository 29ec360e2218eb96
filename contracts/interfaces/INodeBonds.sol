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

    /// @notice The contract that settles offences was named, for good.
    /// @param slasher The contract.
    event SlasherSet(address indexed slasher);

    error NodeRegistry_ZeroAmount(uint64 nodeId);
    error NodeRegistry_BondTooLow(uint64 nodeId, uint256 backing, uint256 required);
    error NodeRegistry_ThawTooMuch(uint64 nodeId, uint96 amount, uint96 available);
    error NodeRegistry_NothingThaws(uint64 nodeId);
    error NodeRegistry_BondThawing(uint64 nodeId, uint40 thawedAt);
    error NodeRegistry_BondIsLocked(uint64 nodeId, uint96 locked, uint40 lockedUntil);
    error NodeRegistry_TimeOutOfRange(uint40 until, uint256 earliest, uint256 latest);
    error NodeRegistry_SuspensionRunning(uint64 nodeId, uint40 until);
    error NodeRegistry_NotSlasher(address caller);
    error NodeRegistry_ZeroSlasher();
    error NodeRegistry_SlasherAlreadySet(address slasher);

    /// @notice Adds the value sent to the bond. What thaws goes on thawing.
    /// @dev Emits {BondChanged}. Requirements: caller is the owner; node not Exited; value not zero.
    /// @param nodeId Identifier of the node.
    function bond(uint64 nodeId) external payable;

    /// @notice Starts to take `amount` out of the bond; what thaws already starts anew together with it.
    /// @dev Emits {BondChanged}; an Active node whose rest falls below what its mode and offer need becomes Draining.
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
    /// @dev Emits {BondLocked} when something is held. Requirements: caller is the slasher; the node exists; `until` is in
    /// the future and at most {MAX_LOCK_SECONDS} away.
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
    /// @dev Emits {BondSlashed} and {BondChanged}; a Registered, Active or Draining node that is left with less than its
    /// mode and offer need is Suspended, to be reinstated once the bond is there again. What thaws shrinks in proportion,
    /// rounded down. A lock shrinks to what is left: free the lock of the settled report first.
    /// Requirements: caller is the slasher, and takes the coin. Clamps: never reverts on less, and does nothing on zero.
    /// @param nodeId Identifier of the node.
    /// @param amount Wei.
    /// @return taken Wei taken and sent.
    function slashBond(uint64 nodeId, uint96 amount) external returns (uint96 taken);

    /// @notice Suspends a node: it takes no new lease until its owner reinstates it.
    /// @dev Emits {NodeSuspended} and, when it was not, {NodeStatusChanged}. A running later suspension is not shortened.
    /// Requirements: caller is the slasher; the node is neither Exiting nor Exited (those keep their status and their exit
    /// time is not shortened); `until` is at most {MAX_SUSPENSION_SECONDS} away.
    /// @param nodeId Identifier of the node.
    /// @param until Unix time before which it cannot be reinstated.
    function suspend(uint64 nodeId, uint40 until) external;

    /// @notice Brings a suspended node back to where its memberships put it.
    /// @dev Emits {NodeStatusChanged}. Requirements: caller is the owner; Suspended; the time is over; the bond is what its
    /// mode and offer need.
    /// @param nodeId Identifier of the node.
    function reinstate(uint64 nodeId) external;

    /// @notice Names the contract that may lock and slash, once and for good. Until then nobody may.
    /// @dev Emits {SlasherSet}. Requirements: caller is the protocol's owner; not zero; not named yet.
    /// @param newSlasher The contract.
    function setSlasher(address newSlasher) external;

    /// @notice The bond of a node.
    /// @param nodeId Identifier of the node.
    /// @return record The bond.
    function bondOf(uint64 nodeId) external view returns (Bond memory record);

    /// @notice The contract that may lock and slash; zero before it is named.
    /// @return current The contract.
    function slasher() external view returns (address current);

    /// @notice Time from `thawBond` until the coin may be withdrawn: longer than offences take to be reported and settled.
    /// @return thawSeconds The time in seconds.
    function BOND_THAW_SECONDS() external view returns (uint40 thawSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Least bond, not thawing, of a provider node that serves, in wei.
    /// @return minBond The bond.
    function PROVIDER_MIN_BOND() external view returns (uint96 minBond); // solhint-disable-line func-name-mixedcase

    /// @notice Bond, not thawing, with which a Fizz node may offer four times as much, in wei.
    /// @return raisedBond The bond.
    function FIZZ_RAISED_BOND() external view returns (uint96 raisedBond); // solhint-disable-line func-name-mixedcase

    /// @notice Longest time for which a lock may be set.
    /// @return maxSeconds The time in seconds.
    function MAX_LOCK_SECONDS() external view returns (uint40 maxSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Longest time for which a node may be suspended.
    /// @return maxSeconds The time in seconds.
    function MAX_SUSPENSION_SECONDS() external view returns (uint40 maxSeconds); // solhint-disable-line func-name-mixedcase
}
