// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {LeaseStream} from "../types/LeaseRecord.sol";

/// @title LeaseStreams
/// @notice The part of a lease that every settlement writes, as two words. The compiler would copy the struct field by
/// field, with a read and a write of the same word for each: that costs 3,000 gas more a settlement.
library LeaseStreams {
    /// @notice Two words of a stream.
    /// @param stream The stream.
    /// @return word0 ratePerSecond (96) | balance (96) | settledAt (32) | points (24) | state (8), least significant bits
    /// first.
    /// @return word1 scaledRemainder (40) | subnetRest (16) | protocolRest (16) | subnetCutBps (16) | protocolCutBps (16)
    /// | nodeId (48) | subnetId (32) | token (16) | version (16) | downtimeSeconds (32) | flags (8).
    function pack(LeaseStream memory stream) internal pure returns (uint256 word0, uint256 word1) {
        word0 =
            uint256(stream.ratePerSecond) |
            (uint256(stream.balance) << 96) |
            (uint256(stream.settledAt) << 192) |
            (uint256(stream.points) << 224) |
            (uint256(stream.state) << 248);
        word1 =
            uint256(stream.scaledRemainder) |
            (uint256(stream.subnetRest) << 40) |
            (uint256(stream.protocolRest) << 56) |
            (uint256(stream.subnetCutBps) << 72) |
            (uint256(stream.protocolCutBps) << 88) |
            (uint256(stream.nodeId) << 104) |
            (uint256(stream.subnetId) << 152) |
            (uint256(stream.token) << 184) |
            (uint256(stream.version) << 200) |
            (uint256(stream.downtimeSeconds) << 216) |
            (uint256(stream.flags) << 248);
    }

    /// @notice The opposite of {pack}, into memory that the caller has: a function that returned it would clear it first.
    /// @param stream Where it goes.
    /// @param word0 First word.
    /// @param word1 Second word.
    function unpack(LeaseStream memory stream, uint256 word0, uint256 word1) internal pure {
        stream.ratePerSecond = uint96(word0);
        stream.balance = uint96(word0 >> 96);
        stream.settledAt = uint32(word0 >> 192);
        stream.points = uint24(word0 >> 224);
        stream.state = ILeaseMarket.LeaseState(word0 >> 248);
        stream.scaledRemainder = uint40(word1);
        stream.subnetRest = uint16(word1 >> 40);
        stream.protocolRest = uint16(word1 >> 56);
        stream.subnetCutBps = uint16(word1 >> 72);
        stream.protocolCutBps = uint16(word1 >> 88);
        stream.nodeId = uint48(word1 >> 104);
        stream.subnetId = uint32(word1 >> 152);
        stream.token = uint16(word1 >> 184);
        stream.version = uint16(word1 >> 200);
        stream.downtimeSeconds = uint32(word1 >> 216);
        stream.flags = uint8(word1 >> 248);
    }
}
