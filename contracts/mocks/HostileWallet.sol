// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title HostileWallet
/// @notice For tests: a wallet that refuses the native coin, or makes a call of its own while it is paid.
contract HostileWallet {
    /// @notice Whether it takes the coin.
    bool public refuses;

    address private _target;
    bytes private _data;

    /// @notice It does not want the coin, or its call failed.
    error HostileWallet_Refused();

    /// @notice Takes the payment, or not, or calls.
    receive() external payable {
        _onPaid();
    }

    /// @notice Chooses whether it takes the coin.
    /// @param choice Whether it refuses.
    function setRefuses(bool choice) external {
        refuses = choice;
    }

    /// @notice Chooses the call that it makes when it is paid next.
    /// @param target Contract; zero for no call.
    /// @param data Call data.
    function setCall(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    /// @notice Calls anything, so that it can own nodes and subnets too.
    /// @param target Contract to call.
    /// @param data Call data.
    function execute(address target, bytes calldata data) external payable {
        if (!LowLevelCall.callNoReturn(target, msg.value, data)) revert HostileWallet_Refused();
    }

    function _onPaid() private {
        if (refuses) revert HostileWallet_Refused();
        address target = _target;
        if (target == address(0)) return;

        // Once: a thief that went on until nothing is left would undo its own first theft.
        _target = address(0);
        if (!LowLevelCall.callNoReturn(target, 0, _data)) revert HostileWallet_Refused();
    }
}
