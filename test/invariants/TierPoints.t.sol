// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {TierPoints} from "../../contracts/libraries/TierPoints.sol";
import {Resources} from "../../contracts/types/Resources.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice Points, held against the multipliers of the performance tiers written out.
contract TierPointsTest is VmTest {
    uint256[12] private _percents = [uint256(10), 10, 25, 50, 75, 100, 150, 200, 300, 600, 1_200, 1_500];

    /// Threads weigh five times their multiplier, a GPU five hundred times; tenths are rounded down once.
    function testFuzz_PointsFollowTheFormula(
        uint24 milliCpu,
        uint8 gpus,
        uint16 cpuTier,
        uint16 gpuTier
    ) external view {
        cpuTier %= 14;
        gpuTier %= 14;
        uint256 cpu = (uint256(milliCpu) * 50 * _percentOf(cpuTier)) / 100_000;
        uint256 gpu = (uint256(gpus) * 5_000 * _percentOf(gpuTier)) / 100;
        uint256 expected = cpu + gpu > type(uint24).max ? type(uint24).max : cpu + gpu;
        vm.assertEq(uint256(TierPoints.pointsOf(_vector(milliCpu, gpus), cpuTier, gpuTier)), expected, "points");
    }

    /// Every tier, and the first that there is not: what is not rated counts as Entry 1.
    function test_EveryTierHasItsMultiplier() external view {
        for (uint16 tier = 0; tier < 14; ++tier) {
            uint256 percent = _percentOf(tier);
            vm.assertEq(uint256(TierPoints.pointsOf(_vector(200_000, 0), tier, 0)), 100 * percent, "CPU");
            vm.assertEq(uint256(TierPoints.pointsOf(_vector(0, 1), 0, tier)), 50 * percent, "GPU");
        }
        vm.assertEq(uint256(TierPoints.pointsOf(_vector(1_999_999, 0), 0, 0)), 9_999, "rounded down");
    }

    /// More than fits in 24 bits counts as the most that does.
    function test_PointsSaturate() external pure {
        uint256 most = type(uint24).max;
        vm.assertEq(uint256(TierPoints.pointsOf(_vector(type(uint32).max, type(uint16).max), 11, 11)), most, "most");
        vm.assertEq(uint256(TierPoints.pointsOf(_vector(0, 33_555), 0, 0)), most, "one more");
        vm.assertEq(uint256(TierPoints.pointsOf(_vector(43_000, 33_554), 0, 0)), most, "exactly the most");
        vm.assertEq(uint256(TierPoints.pointsOf(_vector(42_800, 33_554), 0, 0)), most - 1, "one less");
    }

    function _percentOf(uint16 tier) private view returns (uint256) {
        return tier < 12 ? _percents[tier] : _percents[0];
    }

    function _vector(uint32 milliCpu, uint16 gpus) private pure returns (Resources) {
        return Resources.wrap(uint128(milliCpu) | (uint128(gpus) << 96));
    }
}
