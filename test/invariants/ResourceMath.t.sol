// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ResourceMath} from "../../contracts/libraries/ResourceMath.sol";
import {Resources} from "../../contracts/types/Resources.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice Resource vectors: number 6 of the list in README.md.
contract ResourceMathTest is VmTest {
    using ResourceMath for Resources;

    uint128 private constant AMOUNTS = type(uint128).max >> 16;
    uint128 private constant HALVES = 0x7fff_7fffffff_7fffffff_7fffffff;

    /// 6a. What is added and taken off again leaves what was there.
    function testFuzz_MinusUndoesPlus(uint128 a, uint128 b) external pure {
        Resources left = Resources.wrap(a & HALVES);
        Resources right = Resources.wrap(b & HALVES);
        Resources back = left.plus(right).minus(right);
        vm.assertEq(Resources.unwrap(back), Resources.unwrap(left), "6: a + b - b != a");
    }

    /// 6b. The larger of two is at least both, field by field, and one of them in each field.
    function testFuzz_MaxCoversBoth(uint128 a, uint128 b) external pure {
        Resources larger = Resources.wrap(a).max(Resources.wrap(b));
        uint128 overA = Resources.unwrap(larger.minus(Resources.wrap(a)));
        uint128 overB = Resources.unwrap(larger.minus(Resources.wrap(b)));
        vm.assertTrue(_zeroInEither(overA, overB), "6: a field of max(a, b) is neither a's nor b's");
    }

    /// 6c. What fits leaves no field above the total, unless nothing more of it was wanted.
    function testFuzz_FitsIsExact(uint128 used, uint128 wanted, uint128 total) external pure {
        used &= HALVES;
        wanted &= HALVES;
        bool fit = Resources.wrap(used).fits(Resources.wrap(wanted), Resources.wrap(total));
        bool expected =
            _fits(uint32(used), uint32(wanted), uint32(total)) &&
                _fits(uint32(used >> 32), uint32(wanted >> 32), uint32(total >> 32)) &&
                _fits(uint32(used >> 64), uint32(wanted >> 64), uint32(total >> 64)) &&
                _fits(uint16(used >> 96), uint16(wanted >> 96), uint16(total >> 96));
        vm.assertTrue(fit == expected, "6: fits() != field by field");
    }

    /// 6e. What is stored in fewer bits comes back as it was.
    function testFuzz_CompactIsLossless(uint128 a) external pure {
        Resources small = Resources.wrap(a & 0xffff_00ff_00ffffff_00ffffff_00ffffff);
        vm.assertTrue(small.isCompact(), "6: 24, 24, 24, 8 and 16 bits are not compact");
        Resources back = ResourceMath.widen(small.compact());
        vm.assertEq(Resources.unwrap(back), Resources.unwrap(small), "6: widen(compact(a)) != a");
        Resources any = Resources.wrap(a);
        bool same = Resources.unwrap(ResourceMath.widen(any.compact())) == a;
        vm.assertTrue(!any.isCompact() || same, "6: a compact vector was changed");
    }

    /// 6d. Sums carry no GPU model.
    function testFuzz_SumsHaveNoModel(uint128 a, uint128 b) external pure {
        Resources sum = Resources.wrap(a & (HALVES | ~AMOUNTS)).plus(Resources.wrap(b & (HALVES | ~AMOUNTS)));
        vm.assertEq(sum.gpuModel(), 0, "6: sum names a model");
    }

    function _fits(uint256 used, uint256 wanted, uint256 total) private pure returns (bool) {
        return wanted == 0 || used + wanted <= total;
    }

    function _zeroInEither(uint128 a, uint128 b) private pure returns (bool) {
        return
            (uint32(a) == 0 || uint32(b) == 0) &&
            (uint32(a >> 32) == 0 || uint32(b >> 32) == 0) &&
            (uint32(a >> 64) == 0 || uint32(b >> 64) == 0) &&
            (uint16(a >> 96) == 0 || uint16(b >> 96) == 0);
    }
}
