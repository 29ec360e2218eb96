// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IEraRewards} from "../interfaces/IEraRewards.sol";

/// @title RewardSlots
/// @notice The two records that posting a root writes, each as one word: read once, written once. Written field by
/// field they cost 1,600 gas more.
library RewardSlots {
    /// @dev A word with a place, which is looked up once.
    struct Slot {
        uint256 word;
    }

    uint256 private constant _MASK_96 = type(uint96).max;

    /// @notice Packs a pool.
    /// @param pool The record.
    /// @return word The word.
    function pack(IEraRewards.Pool memory pool) internal pure returns (uint256 word) {
        return
            uint256(pool.free) |
            (uint256(pool.latestTotal) << 96) |
            (uint256(pool.latestEra) << 192) |
            (uint256(pool.closedEra) << 224);
    }

    /// @notice Unpacks a pool.
    /// @param word The word.
    /// @return pool The record.
    function toPool(uint256 word) internal pure returns (IEraRewards.Pool memory pool) {
        pool.free = uint96(word & _MASK_96);
        pool.latestTotal = uint96((word >> 96) & _MASK_96);
        pool.latestEra = uint32(word >> 192);
        pool.closedEra = uint32(word >> 224);
    }

    /// @notice Packs a posted root.
    /// @param posted The record.
    /// @return word The word.
    function pack(IEraRewards.PostedRoot memory posted) internal pure returns (uint256 word) {
        return
            uint256(posted.total) |
            (uint256(posted.previousTotal) << 96) |
            (uint256(posted.activatesAt) << 192) |
            (uint256(posted.era) << 232);
    }

    /// @notice Unpacks a posted root.
    /// @param word The word.
    /// @return posted The record.
    function toPostedRoot(uint256 word) internal pure returns (IEraRewards.PostedRoot memory posted) {
        posted.total = uint96(word & _MASK_96);
        posted.previousTotal = uint96((word >> 96) & _MASK_96);
        posted.activatesAt = uint40(word >> 192);
        posted.era = uint24(word >> 232);
    }
}
