// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetStakes
/// @notice What a gateway has at stake. Implemented by the subnet registry; the rules are those of {INodeBonds}.
interface ISubnetStakes {
    /// @notice The stake of one subnet.
    /// @param amount Wei in all, thawing and locked included.
    /// @param thawing Wei on the way out; slashable until withdrawn.
    /// @param thawedAt Unix time from which `thawing` may be withdrawn; 0 when nothing thaws.
    /// @param locked Wei held for running reports and downtime claims; read 0 once `lockedUntil` is over.
    /// @param lockedUntil Unix time at which the lock expires by itself.
    struct Stake {
        uint96 amount;
        uint96 thawing;
        uint40 thawedAt;
        uint96 locked;
        uint40 lockedUntil;
    }

    /// @notice A stake grew or shrank, or thaws.
    /// @param subnetId Identifier of the subnet.
    /// @param amount Wei in all.
    /// @param thawing Wei of it on the way out.
    /// @param thawedAt Unix time from which they may be withdrawn.
    event StakeChanged(uint32 indexed subnetId, uint96 amount, uint96 thawing, uint40 thawedAt);

    /// @notice Part of a stake is held, or free again.
    /// @param subnetId Identifier of the subnet.
    /// @param locked Wei held in all.
    /// @param lockedUntil Unix time at which the lock expires.
    event StakeLocked(uint32 indexed subnetId, uint96 locked, uint40 lockedUntil);

    /// @notice Part of a stake was taken.
    /// @param subnetId Identifier of the subnet.
    /// @param amount Wei taken: at most what was there.
    event StakeSlashed(uint32 indexed subnetId, uint96 amount);

    /// @notice The contract that settles offences was named, for good.
    /// @param slasher The contract.
    event SlasherSet(address indexed slasher);

    error SubnetRegistry_ZeroAmount(uint32 subnetId);
    error SubnetRegistry_ThawTooMuch(uint32 subnetId, uint96 amount, uint96 available);
    error SubnetRegistry_NothingThaws(uint32 subnetId);
    error SubnetRegistry_StakeThawing(uint32 subnetId, uint40 thawedAt);
    error SubnetRegistry_StakeIsLocked(uint32 subnetId, uint96 locked, uint40 lockedUntil);
    error SubnetRegistry_TimeOutOfRange(uint40 until, uint256 earliest, uint256 latest);
    error SubnetRegistry_NotSlasher(address caller);
    error SubnetRegistry_ZeroSlasher();
    error SubnetRegistry_SlasherAlreadySet(address slasher);

    /// @notice Adds the value sent to the stake. What thaws goes on thawing.
    /// @dev Emits {StakeChanged}. Requirements: caller is the owner; not closed; value not zero.
    /// @param subnetId Identifier of the subnet.
    function addStake(uint32 subnetId) external payable;

    /// @notice Starts to take `amount` out of the stake; what thaws already starts anew together with it.
    /// @dev Emits {StakeChanged}. Requirements: caller is the owner; amount not zero, not thawing yet, leaves the minimum
    /// unless the subnet is closed.
    /// @param subnetId Identifier of the subnet.
    /// @param amount Wei.
    function thawStake(uint32 subnetId, uint96 amount) external;

    /// @notice Pays what has thawed to the owner, as far as it is not locked.
    /// @dev Emits {StakeChanged}. Requirements: caller is the owner; thawed; something is not locked.
    /// @param subnetId Identifier of the subnet.
    /// @return amount Wei paid.
    function withdrawStake(uint32 subnetId) external returns (uint96 amount);

    /// @notice Holds part of a stake. Holds what is there; see the return value.
    /// @dev Emits {StakeLocked} when something is held. Requirements: caller is the slasher; the subnet exists; `until` is
    /// in the future and at most {MAX_LOCK_SECONDS} away.
    /// @param subnetId Identifier of the subnet.
    /// @param amount Wei to hold on top of what is held.
    /// @param until Unix time at which the lock expires; a running later lock is not shortened.
    /// @return locked Wei that were there to hold.
    function lockStake(uint32 subnetId, uint96 amount, uint40 until) external returns (uint96 locked);

    /// @notice Frees what was held.
    /// @dev Emits {StakeLocked}. Requirements: caller is the slasher. Clamps.
    /// @param subnetId Identifier of the subnet.
    /// @param amount Wei.
    function unlockStake(uint32 subnetId, uint96 amount) external;

    /// @notice Takes part of a stake and sends it to the slasher. A subnet that falls below the minimum takes no new
    /// leases and nodes until the owner adds stake.
    /// @dev Emits {StakeSlashed} and {StakeChanged}. What thaws shrinks in proportion, rounded down. A lock shrinks to what
    /// is left: free the lock of the settled report first. Requirements: caller is the slasher, and takes the coin. Clamps:
    /// never reverts on less, and does nothing on zero.
    /// @param subnetId Identifier of the subnet.
    /// @param amount Wei.
    /// @return taken Wei taken and sent.
    function slashStake(uint32 subnetId, uint96 amount) external returns (uint96 taken);

    /// @notice Names the contract that may lock and slash, once and for good. Until then nobody may.
    /// @dev Emits {SlasherSet}. Requirements: caller is the protocol's owner; not zero; not named yet.
    /// @param newSlasher The contract.
    function setSlasher(address newSlasher) external;

    /// @notice The stake of a subnet.
    /// @param subnetId Identifier of the subnet.
    /// @return record The stake.
    function stakeOf(uint32 subnetId) external view returns (Stake memory record);

    /// @notice The contract that may lock and slash; zero before it is named.
    /// @return current The contract.
    function slasher() external view returns (address current);

    /// @notice Longest time for which a lock may be set.
    /// @return maxSeconds The time in seconds.
    function MAX_LOCK_SECONDS() external view returns (uint40 maxSeconds); // solhint-disable-line func-name-mixedcase
}
