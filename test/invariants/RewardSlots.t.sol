// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IEraRewards} from "../../contracts/interfaces/IEraRewards.sol";
import {RewardSlots} from "../../contracts/rewards/RewardSlots.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice The words of EraRewards, held against how the compiler itself stores the structs.
contract RewardSlotsTest is VmTest {
    IEraRewards.Pool private _pool;
    IEraRewards.PostedRoot private _posted;

    /// Any word, read by the compiler and by the library, gives the same pool; packed, it gives the word again.
    function testFuzz_PoolIsTheCompilersLayout(uint256 word) external {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            sstore(_pool.slot, word)
        }
        IEraRewards.Pool memory pool = RewardSlots.toPool(word);
        vm.assertEq(keccak256(abi.encode(pool)), keccak256(abi.encode(_pool)), "toPool");
        vm.assertEq(RewardSlots.pack(_pool), word, "pack");
    }

    /// The same of a posted root.
    function testFuzz_PostedRootIsTheCompilersLayout(uint256 word) external {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            sstore(_posted.slot, word)
        }
        IEraRewards.PostedRoot memory posted = RewardSlots.toPostedRoot(word);
        vm.assertEq(keccak256(abi.encode(posted)), keccak256(abi.encode(_posted)), "toPostedRoot");
        vm.assertEq(RewardSlots.pack(_posted), word, "pack");
    }
}
