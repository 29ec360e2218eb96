// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";

/// @title HostileReceiver
/// @notice For tests: an account of the market that refuses the native coin, or asks for more while it is paid.
contract HostileReceiver {
    /// @notice What it does when it is paid.
    enum Mood {
        Refuse,
        Reenter,
        Accept
    }

    ILeaseMarket private immutable _MARKET;
    Mood private _mood;

    /// @notice It does not want the coin.
    error HostileReceiver_Refused();

    /// @notice Fixes the market.
    /// @param market Where it has an account.
    constructor(ILeaseMarket market) {
        _MARKET = market;
    }

    /// @notice Takes the payment, or not.
    receive() external payable {
        _onPaid();
    }

    /// @notice Deposits what is sent along.
    function deposit() external payable {
        _MARKET.deposit{value: msg.value}();
    }

    /// @notice Withdraws to itself.
    /// @param amount Wei.
    function withdraw(uint256 amount) external {
        _MARKET.withdraw(address(0), amount);
    }

    /// @notice Calls anything, so that it can own nodes and subnets too.
    /// @param target Contract to call.
    /// @param data Call data.
    /// @return result What came back.
    function execute(address target, bytes calldata data) external payable returns (bytes memory result) {
        bool ok;
        (ok, result) = target.call{value: msg.value}(data);
        if (!ok) revert HostileReceiver_Refused();
    }

    /// @notice Chooses what it does when it is paid.
    /// @param mood The choice.
    function setMood(Mood mood) external {
        _mood = mood;
    }

    function _onPaid() private {
        if (_mood == Mood.Refuse) revert HostileReceiver_Refused();
        if (_mood == Mood.Reenter) _MARKET.withdraw(address(0), msg.value);
    }
}
