// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Resources} from "../types/Resources.sol";

/// @title ResourceMath
/// @notice Sums of resource vectors, field by field. Sums carry no GPU model: it is a name, not an amount.
library ResourceMath {
    /// @notice Whether `used` plus `wanted` stays within `total`. A field of which nothing is wanted always fits, so
    /// that a node which lowered its offer still serves what runs.
    /// @param used Reserved so far.
    /// @param wanted To be reserved.
    /// @param total Upper bound.
    /// @return fit Whether it fits.
    function fits(Resources used, Resources wanted, Resources total) internal pure returns (bool fit) {
        return
            _fieldFits(used.milliCpu(), wanted.milliCpu(), total.milliCpu()) &&
            _fieldFits(used.memoryMiB(), wanted.memoryMiB(), total.memoryMiB()) &&
            _fieldFits(used.storageGiB(), wanted.storageGiB(), total.storageGiB()) &&
            _fieldFits(used.gpuUnits(), wanted.gpuUnits(), total.gpuUnits());
    }

    /// @notice Field-wise sum; reverts when a field overflows.
    /// @param a One.
    /// @param b Other.
    /// @return sum Without a GPU model.
    function plus(Resources a, Resources b) internal pure returns (Resources sum) {
        return
            _pack(
                a.milliCpu() + b.milliCpu(),
                a.memoryMiB() + b.memoryMiB(),
                a.storageGiB() + b.storageGiB(),
                a.gpuUnits() + b.gpuUnits()
            );
    }

    /// @notice Field-wise difference; reverts when a field would be negative.
    /// @param a From.
    /// @param b What is taken off.
    /// @return difference Without a GPU model.
    function minus(Resources a, Resources b) internal pure returns (Resources difference) {
        return
            _pack(
                a.milliCpu() - b.milliCpu(),
                a.memoryMiB() - b.memoryMiB(),
                a.storageGiB() - b.storageGiB(),
                a.gpuUnits() - b.gpuUnits()
            );
    }

    /// @notice Field-wise larger one.
    /// @param a One.
    /// @param b Other.
    /// @return larger Without a GPU model.
    function max(Resources a, Resources b) internal pure returns (Resources larger) {
        return
            _pack(
                uint32(Math.max(a.milliCpu(), b.milliCpu())),
                uint32(Math.max(a.memoryMiB(), b.memoryMiB())),
                uint32(Math.max(a.storageGiB(), b.storageGiB())),
                uint16(Math.max(a.gpuUnits(), b.gpuUnits()))
            );
    }

    /// @notice Whether a vector can be stored in {compact} form.
    /// @param wanted The vector.
    /// @return small Whether CPU, memory and storage fit 24 bits each, and the GPU units 8.
    function isCompact(Resources wanted) internal pure returns (bool small) {
        return
            (wanted.milliCpu() | wanted.memoryMiB() | wanted.storageGiB()) <= type(uint24).max &&
            wanted.gpuUnits() <= type(uint8).max;
    }

    /// @notice 96 bits for what a lease reserves, least significant first:
    /// milliCpu (24) | memoryMiB (24) | storageGiB (24) | gpuUnits (8) | gpuModel (16).
    /// @param wanted For which {isCompact} is true.
    /// @return compacted The bits.
    function compact(Resources wanted) internal pure returns (uint96 compacted) {
        return
            uint96(wanted.milliCpu()) |
            (uint96(wanted.memoryMiB()) << 24) |
            (uint96(wanted.storageGiB()) << 48) |
            (uint96(wanted.gpuUnits()) << 72) |
            (uint96(wanted.gpuModel()) << 80);
    }

    /// @notice The opposite of {compact}.
    /// @param compacted The bits.
    /// @return wanted The vector.
    function widen(uint96 compacted) internal pure returns (Resources wanted) {
        Resources amounts = _pack(
            uint24(compacted),
            uint24(compacted >> 24),
            uint24(compacted >> 48),
            uint8(compacted >> 72)
        );
        return Resources.wrap(Resources.unwrap(amounts) | (uint128(uint16(compacted >> 80)) << 112));
    }

    function _fieldFits(uint256 used, uint256 wanted, uint256 total) private pure returns (bool) {
        return wanted == 0 || used + wanted <= total;
    }

    function _pack(uint32 cpu, uint32 memory_, uint32 storage_, uint16 gpu) private pure returns (Resources) {
        return
            Resources.wrap(uint128(cpu) | (uint128(memory_) << 32) | (uint128(storage_) << 64) | (uint128(gpu) << 96));
    }
}
