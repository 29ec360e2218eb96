// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {ISubnetStakes} from "../interfaces/ISubnetStakes.sol";
import {ThawingStakes} from "../libraries/ThawingStakes.sol";
import {ThawingStake} from "../types/ThawingStake.sol";
import {SubnetRecords} from "./SubnetRecords.sol";

/// @title SubnetStakes
/// @notice What gateways have at stake, and what the slasher takes of it.
abstract contract SubnetStakes is SubnetRecords, ISubnetStakes {
    using ThawingStakes for ThawingStake;

    /// @inheritdoc ISubnetRegistry
    uint40 public constant override STAKE_THAW_SECONDS = 21 days;

    /// @inheritdoc ISubnetStakes
    uint40 public constant override MAX_LOCK_SECONDS = 60 days;

    /// @inheritdoc ISubnetStakes
    address public override slasher;

    mapping(uint32 subnetId => ThawingStake stake) private _stakes;

    modifier onlySlasher() {
        _requireSlasher();
        _;
    }

    /// @inheritdoc ISubnetStakes
    function addStake(uint32 subnetId) external payable override {
        Record storage subnet = _requireOwned(subnetId);

        // Check: there is something to add, to a subnet that goes on.
        _requireOpen(subnetId, subnet);
        if (msg.value == 0) revert SubnetRegistry_ZeroAmount(subnetId);

        // Effect: add it; enough of it takes nodes and leases again.
        _addStake(subnetId, msg.value);
        if (_has(subnet, _STAKE_TOO_LOW) && _stakes[subnetId].backing() >= MIN_STAKE) {
            _setFlag(subnet, _STAKE_TOO_LOW, false);
        }
    }

    /// @inheritdoc ISubnetStakes
    function thawStake(uint32 subnetId, uint96 amount) external override {
        Record storage subnet = _requireOwned(subnetId);
        ThawingStake storage stake = _stakes[subnetId];

        // Check: so much is there, does not thaw yet, and leaves the minimum.
        if (amount == 0) revert SubnetRegistry_ZeroAmount(subnetId);
        uint96 backing = stake.backing();
        if (amount > backing) revert SubnetRegistry_ThawTooMuch(subnetId, amount, backing);
        if (!_has(subnet, _CLOSED) && backing - amount < MIN_STAKE) {
            revert SubnetRegistry_StakeTooLow(backing - amount, MIN_STAKE);
        }

        // Effect: one thaw for all.
        _thaw(subnetId, amount);
    }

    /// @inheritdoc ISubnetStakes
    function withdrawStake(uint32 subnetId) external override returns (uint96 amount) {
        _requireOwned(subnetId);
        ThawingStake storage stake = _stakes[subnetId];

        // Check: something thawed.
        if (stake.thawing == 0) revert SubnetRegistry_NothingThaws(subnetId);
        if (block.timestamp < stake.thawedAt) revert SubnetRegistry_StakeThawing(subnetId, stake.thawedAt);

        // Effect: it is out before the coin leaves.
        amount = stake.withdraw();
        if (amount == 0) {
            (uint96 locked, uint40 until) = stake.lockOf();
            revert SubnetRegistry_StakeIsLocked(subnetId, locked, until);
        }
        _emitStake(subnetId, stake);

        // Interaction: pay.
        _pay(_msgSender(), amount);
    }

    /// @inheritdoc ISubnetStakes
    function lockStake(
        uint32 subnetId,
        uint96 amount,
        uint40 until
    ) external override onlySlasher returns (uint96 locked) {
        _requireSubnet(subnetId);
        uint256 latest = block.timestamp + MAX_LOCK_SECONDS;
        if (until <= block.timestamp || until > latest) {
            revert SubnetRegistry_TimeOutOfRange(until, block.timestamp + 1, latest);
        }

        ThawingStake storage stake = _stakes[subnetId];
        locked = stake.lock(amount, until);
        _emitLock(subnetId, stake);
    }

    /// @inheritdoc ISubnetStakes
    function unlockStake(uint32 subnetId, uint96 amount) external override onlySlasher {
        _requireSubnet(subnetId);
        ThawingStake storage stake = _stakes[subnetId];
        stake.unlock(amount);
        _emitLock(subnetId, stake);
    }

    /// @inheritdoc ISubnetStakes
    function slashStake(uint32 subnetId, uint96 amount) external override onlySlasher returns (uint96 taken) {
        Record storage subnet = _requireSubnet(subnetId);
        ThawingStake storage stake = _stakes[subnetId];

        // Effect: take it; below the minimum the subnet takes no nodes and no leases.
        taken = stake.slash(amount);
        if (taken == 0) return 0;
        emit StakeSlashed(subnetId, taken);
        _emitStake(subnetId, stake);
        if (stake.backing() < MIN_STAKE) _setFlag(subnet, _STAKE_TOO_LOW, true);

        // Interaction: send it to the slasher, which shares it out.
        _pay(_msgSender(), taken);
    }

    /// @inheritdoc ISubnetStakes
    function setSlasher(address newSlasher) external override onlyOwner {
        if (newSlasher == address(0)) revert SubnetRegistry_ZeroSlasher();
        if (slasher != address(0)) revert SubnetRegistry_SlasherAlreadySet(slasher);

        slasher = newSlasher;
        emit SlasherSet(newSlasher);
    }

    /// @inheritdoc ISubnetStakes
    function stakeOf(uint32 subnetId) external view override returns (Stake memory record) {
        ThawingStake storage stake = _stakes[subnetId];
        (record.amount, record.thawing, record.thawedAt) = (stake.amount, stake.thawing, stake.thawedAt);
        (record.locked, record.lockedUntil) = stake.lockOf();
    }

    function _addStake(uint32 subnetId, uint256 value) internal {
        ThawingStake storage stake = _stakes[subnetId];
        stake.add(value);
        _emitStake(subnetId, stake);
    }

    /// @dev All of it, for a subnet that closes. Returns when it is free.
    function _thawAll(uint32 subnetId) internal returns (uint40 thawedAt) {
        return _thaw(subnetId, _stakes[subnetId].backing());
    }

    function _amountOf(uint32 subnetId) internal view returns (uint96 amount) {
        return _stakes[subnetId].amount;
    }

    function _thaw(uint32 subnetId, uint96 amount) private returns (uint40 thawedAt) {
        thawedAt = uint40(block.timestamp) + STAKE_THAW_SECONDS;
        ThawingStake storage stake = _stakes[subnetId];
        stake.thaw(amount, thawedAt);
        _emitStake(subnetId, stake);
    }

    function _emitStake(uint32 subnetId, ThawingStake storage stake) private {
        emit StakeChanged(subnetId, stake.amount, stake.thawing, stake.thawedAt);
    }

    function _emitLock(uint32 subnetId, ThawingStake storage stake) private {
        emit StakeLocked(subnetId, stake.locked, stake.lockedUntil);
    }

    function _pay(address to, uint256 amount) private {
        if (!LowLevelCall.callNoReturn(to, amount, "")) revert SubnetRegistry_TransferFailed(to, amount);
    }

    function _requireSlasher() private view {
        address caller = _msgSender();
        if (caller != slasher) revert SubnetRegistry_NotSlasher(caller);
    }
}
