// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ContractWallet
/// @notice For tests: an account that is a contract. It signs by ERC-1271 with a key, calls anything and hands errors
/// through, refuses coin when told to, and calls back while it is paid.
contract ContractWallet is IERC1271 {
    address private immutable _SIGNER;

    /// @notice Whether it takes coin.
    bool public refuses;

    /// @notice Whether the call while it was paid went through.
    bool public reentered;

    address private _target;
    bytes private _data;

    /// @notice It does not want the coin.
    error ContractWallet_Refused();

    /// @notice Fixes the key.
    /// @param signer Whose signatures are its own.
    constructor(address signer) {
        _SIGNER = signer;
    }

    /// @notice Takes the payment, or not, and calls back.
    receive() external payable {
        _onPaid();
    }

    /// @notice Calls anything.
    /// @param target Contract to call.
    /// @param data Call data.
    /// @return result What came back.
    function execute(address target, bytes calldata data) external payable returns (bytes memory result) {
        return Address.functionCallWithValue(target, data, msg.value);
    }

    /// @notice Chooses whether it takes coin.
    /// @param refuse The choice.
    function setRefuses(bool refuse) external {
        refuses = refuse;
    }

    /// @notice Chooses what it calls while it is paid.
    /// @param target Contract to call; zero for none.
    /// @param data Call data.
    function setCallback(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view override returns (bytes4 magic) {
        (address recovered, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return recovered == _SIGNER ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function _onPaid() private {
        if (refuses) revert ContractWallet_Refused();
        if (_target != address(0)) reentered = LowLevelCall.callNoReturn(_target, _data);
    }
}
