// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice What the proofs assume of OpenZeppelin's Math: its own code is bit tricks that the solver does not see
/// through.
library Math {
    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}

/// @notice What the proofs assume of OpenZeppelin's SafeCast: it reverts when the value does not fit.
library SafeCast {
    function toUint96(uint256 value) internal pure returns (uint256) {
        require(value <= type(uint96).max);
        return value;
    }

    function toUint128(uint256 value) internal pure returns (uint256) {
        require(value <= type(uint128).max);
        return value;
    }

    function toUint40(uint256 value) internal pure returns (uint256) {
        require(value <= type(uint40).max);
        return value;
    }
}
