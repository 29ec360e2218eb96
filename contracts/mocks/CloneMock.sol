// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

/// @title CloneMock
/// @notice For tests: a clone that nobody has set up.
contract CloneMock {
    /// @notice The clone.
    address public immutable clone;

    /// @notice Makes the clone.
    /// @param implementation Its code.
    constructor(address implementation) {
        clone = Clones.clone(implementation);
    }
}
