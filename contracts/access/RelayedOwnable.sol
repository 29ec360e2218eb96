// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";

/// @title RelayedOwnable
/// @notice An owned contract that takes calls through the forwarder for those of their signers.
abstract contract RelayedOwnable is Ownable2Step, ERC2771Context {
    /// @notice Fixes the forwarder and the first owner.
    /// @param initialOwner Who may set parameters.
    /// @param forwarder {FizzForwarder}.
    constructor(address initialOwner, address forwarder) Ownable(initialOwner) ERC2771Context(forwarder) {}

    function _msgSender() internal view override(Context, ERC2771Context) returns (address) {
        return ERC2771Context._msgSender();
    }

    function _msgData() internal view override(Context, ERC2771Context) returns (bytes calldata) {
        return ERC2771Context._msgData();
    }

    function _contextSuffixLength() internal view override(Context, ERC2771Context) returns (uint256) {
        return ERC2771Context._contextSuffixLength();
    }
}
