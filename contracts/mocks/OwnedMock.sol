// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title OwnedMock
/// @notice For tests: a parameter of the protocol and its owner.
contract OwnedMock is Ownable2Step {
    /// @notice The parameter.
    uint256 public value;

    /// @notice Fixes the first owner.
    /// @param initialOwner The owner.
    constructor(address initialOwner) Ownable(initialOwner) {}

    /// @notice Sets the parameter.
    /// @param newValue What it becomes.
    function setValue(uint256 newValue) external onlyOwner {
        value = newValue;
    }
}
