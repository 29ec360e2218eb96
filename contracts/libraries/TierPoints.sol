// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Resources} from "../types/Resources.sol";

/// @title TierPoints
/// @notice Points of a resource vector: the weight with which capacity counts on chain, leased and proven alike, in
/// tenths of a point. They set how much a subnet's era may pay in all; what each node gets of it follows the finer
/// formula of `protocol/rewards`, which knows the CPU classes.
/// @dev points × 10 = (GPU units × m(gpuTier) × 500 + threads × m(cpuTier) × 5) × 10, where m is the multiplier of the
/// performance tier in `protocol/tiers` and 5 is what a general-purpose thread of Medium 1 weighs (25 × 0.2).
library TierPoints {
    /// @dev Percent by tier index, 16 bits each, index 0 lowest. Index 0 is "not rated" and counts as Entry 1.
    uint256 private constant _PERCENT = 0x05dc_04b0_0258_012c_00c8_0096_0064_004b_0032_0019_000a_000a;

    /// @dev Number of tier indices.
    uint256 private constant _TIERS = 12;

    /// @dev What fits the 24 bits that a lease has for it.
    uint256 private constant _MAX = type(uint24).max;

    /// @notice Weight of a resource vector.
    /// @param resources Threads and GPUs count.
    /// @param cpuTier Performance tier of the CPU; unknown indices count as not rated.
    /// @param gpuTier Performance tier of the GPU; unknown indices count as not rated.
    /// @return tenths Tenths of a point, rounded down, at most 2^24 − 1.
    function pointsOf(Resources resources, uint16 cpuTier, uint16 gpuTier) internal pure returns (uint24 tenths) {
        uint256 cpu = (uint256(resources.milliCpu()) * _percentOf(cpuTier)) / 2_000;
        uint256 gpu = uint256(resources.gpuUnits()) * _percentOf(gpuTier) * 50;
        return uint24(Math.min(cpu + gpu, _MAX));
    }

    function _percentOf(uint256 tier) private pure returns (uint256 percent) {
        return (_PERCENT >> (tier < _TIERS ? 16 * tier : 0)) & 0xffff;
    }
}
