// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "../../contracts/interfaces/ILeaseMarket.sol";
import {LeaseStreams} from "../../contracts/libraries/LeaseStreams.sol";
import {LeaseStream} from "../../contracts/types/LeaseRecord.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice The two words of a lease, held against how the compiler itself stores the struct.
contract LeaseStreamsTest is VmTest {
    LeaseStream private _stored;

    /// Any two words, read by the compiler and by the library, give the same stream; packed, it gives the words again.
    function testFuzz_WordsAreTheCompilersLayout(uint256 word0, uint256 word1) external {
        uint256 states = uint256(type(ILeaseMarket.LeaseState).max) + 1;
        word0 = (word0 & (type(uint256).max >> 8)) | (((word0 >> 248) % states) << 248);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            sstore(_stored.slot, word0)
            sstore(add(_stored.slot, 1), word1)
        }
        LeaseStream memory expected = _stored;
        LeaseStream memory stream;
        LeaseStreams.unpack(stream, word0, word1);
        vm.assertEq(keccak256(abi.encode(stream)), keccak256(abi.encode(expected)), "unpack");
        (uint256 back0, uint256 back1) = LeaseStreams.pack(expected);
        vm.assertEq(back0, word0, "word 0");
        vm.assertEq(back1, word1, "word 1");
    }
}
