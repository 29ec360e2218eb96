// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ISlasher} from "../../contracts/interfaces/ISlasher.sol";
import {Penalties} from "../../contracts/libraries/Penalties.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice What each offence costs, written out.
contract PenaltiesTest is VmTest {
    ISlasher.Accused private constant _FIZZ = ISlasher.Accused.FizzNode;
    ISlasher.Accused private constant _PROVIDER = ISlasher.Accused.ProviderNode;
    ISlasher.Accused private constant _GATEWAY = ISlasher.Accused.Gateway;

    /// The least amount, the share of a large stake, and the place where one takes over from the other, to the wei.
    function test_EveryOffenceHasItsTariff() external pure {
        _check(ISlasher.Offence.NoShow, _FIZZ, 200, 0.001 ether);
        _check(ISlasher.Offence.NoShow, _PROVIDER, 500, 0.005 ether);
        _check(ISlasher.Offence.Abandonment, _FIZZ, 1_000, 0.005 ether);
        _check(ISlasher.Offence.Abandonment, _PROVIDER, 2_000, 0.02 ether);
        _check(ISlasher.Offence.FalseCapacity, _FIZZ, 3_000, 0.01 ether);
        _check(ISlasher.Offence.FalseCapacity, _PROVIDER, 5_000, 0.05 ether);
        _check(ISlasher.Offence.FalseRoot, _GATEWAY, 5_000, 0.025 ether);
        _check(ISlasher.Offence.Contradiction, _GATEWAY, 3_000, 0.015 ether);
        _check(ISlasher.Offence.Omission, _GATEWAY, 2_000, 0.01 ether);
    }

    /// A share is rounded up, so that no stake is too small for it.
    function testFuzz_ShareIsRoundedUp(uint96 staked) external pure {
        uint256 amount = Penalties.amountOf(ISlasher.Offence.FalseRoot, _GATEWAY, staked);
        uint256 share = (uint256(staked) + 1) / 2;
        vm.assertEq(amount, share > 0.025 ether ? share : 0.025 ether, "half, rounded up");
    }

    function _check(ISlasher.Offence offence, ISlasher.Accused accused, uint256 bps, uint256 least) private pure {
        vm.assertEq(Penalties.amountOf(offence, accused, 0), least, "least");
        vm.assertEq(Penalties.amountOf(offence, accused, 100_000 ether), 10 ether * bps, "share");
        vm.assertEq(Penalties.amountOf(offence, accused, 100_000 ether + 1), 10 ether * bps + 1, "rounded up");
        uint256 even = (least * 10_000) / bps;
        vm.assertEq(Penalties.amountOf(offence, accused, even), least, "where both are the same");
        vm.assertEq(Penalties.amountOf(offence, accused, even + 1), least + 1, "one wei more");
    }
}
