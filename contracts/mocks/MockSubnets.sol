// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnetStakes} from "../interfaces/ISubnetStakes.sol";
import {MockStakes} from "./MockStakes.sol";

/// @title MockSubnets
/// @notice For tests of the slasher: the part of a subnet registry with stakes that the slasher calls.
contract MockSubnets is MockStakes {
    /// @notice The subnet that a gateway's key runs.
    mapping(address operator => uint32 subnetId) public subnetIdOf;

    mapping(uint32 subnetId => bool active) private _active;
    mapping(uint32 subnetId => address owner) private _owners;

    /// @notice Puts a subnet there.
    /// @param subnetId Subnet.
    /// @param owner Wallet that earns.
    /// @param operator Hot key.
    /// @param active Whether it is active.
    function setSubnet(uint32 subnetId, address owner, address operator, bool active) external {
        subnetIdOf[operator] = subnetId;
        _owners[subnetId] = owner;
        _active[subnetId] = active;
    }

    /// @notice See {ISubnetStakes}.
    /// @param subnetId Subnet.
    /// @param amount Wei.
    /// @param until Unix time.
    /// @return locked Wei.
    function lockStake(uint32 subnetId, uint96 amount, uint40 until) external returns (uint96 locked) {
        return _lock(subnetId, amount, until);
    }

    /// @notice See {ISubnetStakes}.
    /// @param subnetId Subnet.
    /// @param amount Wei.
    function unlockStake(uint32 subnetId, uint96 amount) external {
        _unlock(subnetId, amount);
    }

    /// @notice See {ISubnetStakes}.
    /// @param subnetId Subnet.
    /// @param amount Wei.
    /// @return taken Wei.
    function slashStake(uint32 subnetId, uint96 amount) external returns (uint96 taken) {
        return _slash(subnetId, amount);
    }

    /// @notice See {ISubnetStakes}.
    /// @param subnetId Subnet.
    /// @return record The stake.
    function stakeOf(uint32 subnetId) external view returns (ISubnetStakes.Stake memory record) {
        return
            ISubnetStakes.Stake({
                amount: _staked[subnetId].amount,
                thawing: _staked[subnetId].thawing,
                thawedAt: _staked[subnetId].thawedAt,
                locked: _staked[subnetId].locked,
                lockedUntil: _staked[subnetId].lockedUntil
            });
    }

    /// @notice See {ISubnetRegistry}.
    /// @param subnetId Subnet.
    /// @return owner The wallet.
    /// @return cutBps Zero.
    /// @return active Whether it is active.
    function cutOf(uint32 subnetId) external view returns (address owner, uint16 cutBps, bool active) {
        return (_owners[subnetId], 0, _active[subnetId]);
    }
}
