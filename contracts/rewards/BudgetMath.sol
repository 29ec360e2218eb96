// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title BudgetMath
/// @notice How much a subnet may give for an era. `protocol/rewards` holds the same formulas; test/vectors/rewards.json
/// holds both to the same numbers. Everything rounds down.
library BudgetMath {
    uint256 private constant _BPS = 10_000;

    /// @dev Points of {TierPoints} are tenths.
    uint256 private constant _TENTHS = 10;

    /// @notice Part of an amount, in 1/10000.
    /// @param amount Wei.
    /// @param bps The part.
    /// @return part Wei.
    function partOf(uint256 amount, uint256 bps) internal pure returns (uint256 part) {
        return (amount * bps) / _BPS;
    }

    /// @notice amount × max(0, 1 − utilisation / target), utilisation = leased / (leased + proven); 0 when nothing is
    /// proven.
    /// @param amount Wei, below 2^96.
    /// @param leased Leased point-seconds, below 2^128.
    /// @param proven Proven point-seconds, below 2^128.
    /// @param targetBps Utilisation at which the result is 0, in 1/10000, not zero.
    /// @return scaled Wei.
    function whileUnused(
        uint256 amount,
        uint256 leased,
        uint256 proven,
        uint256 targetBps
    ) internal pure returns (uint256 scaled) {
        if (proven == 0) return 0;
        uint256 whole = targetBps * (leased + proven);
        uint256 used = _BPS * leased;
        return used >= whole ? 0 : Math.mulDiv(amount, whole - used, whole);
    }

    /// @notice A subnet's part of the cap, by stake.
    /// @param cap Wei.
    /// @param stake The subnet's stake.
    /// @param totalStake All stake; 0 gives 0.
    /// @return share Wei.
    function shareOf(uint256 cap, uint256 stake, uint256 totalStake) internal pure returns (uint256 share) {
        return totalStake == 0 ? 0 : Math.mulDiv(cap, stake, totalStake);
    }

    /// @notice What proven points may draw at most.
    /// @param proven Proven point-seconds, below 2^128.
    /// @param weiPerPoint Wei for one point over one era, below 2^96.
    /// @param eraSeconds Length of an era.
    /// @return limit Wei.
    function limitOf(uint256 proven, uint256 weiPerPoint, uint256 eraSeconds) internal pure returns (uint256 limit) {
        return (proven * weiPerPoint) / (_TENTHS * eraSeconds);
    }
}
