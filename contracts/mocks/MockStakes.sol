// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {INodeBonds} from "../interfaces/INodeBonds.sol";

/// @title MockStakes
/// @notice For tests of the slasher: bonds and stakes alike, by the rules of {INodeBonds}, without owners and fees.
abstract contract MockStakes {
    /// @dev The time that it takes out.
    uint40 private constant _THAW_SECONDS = 21 days;

    mapping(uint256 id => INodeBonds.Bond record) internal _staked;

    /// @notice The receiver did not take the coin, or nothing was free.
    error MockStakes_Failed(uint256 id);

    /// @notice Adds the value sent.
    /// @param id Node or subnet.
    function stake(uint256 id) external payable {
        _staked[id].amount += uint96(msg.value);
    }

    /// @notice Starts to take something out.
    /// @param id Node or subnet.
    /// @param amount Wei.
    function thaw(uint256 id, uint96 amount) external {
        _staked[id].thawing += amount;
        _staked[id].thawedAt = uint40(block.timestamp) + _THAW_SECONDS;
    }

    /// @notice Pays what has thawed and is not locked to the caller.
    /// @param id Node or subnet.
    /// @return amount Wei.
    function withdrawThawed(uint256 id) external returns (uint256 amount) {
        INodeBonds.Bond storage record = _staked[id];
        if (block.timestamp < record.thawedAt) revert MockStakes_Failed(id);
        uint256 locked = block.timestamp >= record.lockedUntil ? 0 : record.locked;
        amount = Math.min(record.thawing, record.amount - Math.min(record.amount, locked));
        if (amount == 0) revert MockStakes_Failed(id);
        record.amount -= uint96(amount);
        record.thawing -= uint96(amount);
        _send(id, amount);
    }

    function _lock(uint256 id, uint96 amount, uint40 until) internal returns (uint96 locked) {
        INodeBonds.Bond storage record = _staked[id];
        if (block.timestamp >= record.lockedUntil) record.locked = 0;
        locked = uint96(Math.min(amount, record.amount - record.locked));
        record.locked += locked;
        if (until > record.lockedUntil) record.lockedUntil = until;
    }

    function _unlock(uint256 id, uint96 amount) internal {
        INodeBonds.Bond storage record = _staked[id];
        record.locked -= uint96(Math.min(amount, record.locked));
    }

    function _slash(uint256 id, uint96 amount) internal returns (uint96 taken) {
        INodeBonds.Bond storage record = _staked[id];
        taken = uint96(Math.min(amount, record.amount));
        record.amount -= taken;
        record.thawing = uint96(Math.min(record.thawing, record.amount));
        record.locked = uint96(Math.min(record.locked, record.amount));
        _send(id, taken);
    }

    function _send(uint256 id, uint256 amount) private {
        (bool sent, ) = msg.sender.call{value: amount}(""); // solhint-disable-line avoid-low-level-calls
        if (!sent) revert MockStakes_Failed(id);
    }
}
