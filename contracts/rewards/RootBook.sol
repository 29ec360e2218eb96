// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEraRewards} from "../interfaces/IEraRewards.sol";
import {EraBudgets} from "./EraBudgets.sol";
import {RewardSlots} from "./RewardSlots.sol";

/// @title RootBook
/// @notice What gateways promise to nodes, and when it pays. See {IEraRewards}.
abstract contract RootBook is EraBudgets, EIP712 {
    using RewardSlots for Pool;
    using RewardSlots for PostedRoot;

    /// @inheritdoc IEraRewards
    uint40 public constant override ACTIVATION_DELAY = 2 days;

    bytes32 private constant _REPORT_TYPEHASH = keccak256(
        "EraReport(uint32 subnetId,uint32 era,bytes32 root,uint128 cumulativeTotal)"
    );

    /// @inheritdoc IEraRewards
    address public override slasher;

    /// @inheritdoc IEraRewards
    address public override guardian;

    mapping(uint32 subnetId => mapping(bytes32 root => RewardSlots.Slot slot)) private _roots;

    /// @inheritdoc IEraRewards
    function postRoot(
        uint32 subnetId,
        uint32 era,
        bytes32 root,
        uint128 cumulativeTotal,
        bytes32 dataHash
    ) external override {
        _requireReport(subnetId, root, dataHash);
        RewardSlots.Slot storage postedSlot = _roots[subnetId][root];
        if (postedSlot.word != 0) revert EraRewards_RootPosted(subnetId, root);

        // Check: it goes on where the reports before ended, and no further than budgets are known.
        RewardSlots.Slot storage poolSlot = _pools[subnetId];
        Pool memory pool = RewardSlots.toPool(poolSlot.word);
        if (era > pool.closedEra) revert EraRewards_EraNotClosed(subnetId, era, pool.closedEra);
        if (era <= pool.latestEra) revert EraRewards_EraReported(subnetId, era, pool.latestEra);

        // Check: it promises more than the root before, and nothing that is not there.
        if (cumulativeTotal <= pool.latestTotal) {
            revert EraRewards_TotalNotRaised(subnetId, cumulativeTotal, pool.latestTotal);
        }
        uint256 increase = cumulativeTotal - pool.latestTotal;
        if (increase > pool.free) revert EraRewards_OverBudget(subnetId, increase, pool.free);

        // Effect: reserve it, and start the clock. `total` fits: free + latestTotal was paid in.
        postedSlot.word = PostedRoot({
            total: uint96(cumulativeTotal),
            previousTotal: pool.latestTotal,
            activatesAt: uint40(block.timestamp) + ACTIVATION_DELAY,
            era: uint24(era)
        }).pack();
        pool.free -= uint96(increase);
        pool.latestTotal = uint96(cumulativeTotal);
        pool.latestEra = era;
        poolSlot.word = pool.pack();

        emit RootPosted({
            subnetId: subnetId,
            era: era,
            root: root,
            cumulativeTotal: cumulativeTotal,
            dataHash: dataHash
        });
    }

    /// @inheritdoc IEraRewards
    function disableRoot(uint32 subnetId, bytes32 root) external override {
        // Check: somebody who may, and a root that does not pay yet and on which no other rests.
        address caller = _msgSender();
        if (caller != guardian && caller != slasher && caller != owner()) revert EraRewards_NotGuardian(caller);
        PostedRoot memory posted = _requireRoot(subnetId, root);
        RewardSlots.Slot storage slot = _pools[subnetId];
        Pool memory pool = RewardSlots.toPool(slot.word);
        if (block.timestamp >= posted.activatesAt) {
            revert EraRewards_RootActive(subnetId, root, posted.activatesAt);
        }
        if (posted.total != pool.latestTotal) {
            revert EraRewards_NotLatestRoot(subnetId, root, posted.total, pool.latestTotal);
        }

        // Effect: as if it had not been posted.
        delete _roots[subnetId][root];
        pool.free += posted.total - posted.previousTotal;
        pool.latestTotal = posted.previousTotal;
        pool.latestEra = posted.era - 1;
        slot.word = pool.pack();
        emit RootDisabled(subnetId, root, caller);
    }

    /// @inheritdoc IEraRewards
    function setGuardian(address newGuardian) external override onlyOwner {
        guardian = newGuardian;
        emit GuardianChanged(newGuardian);
    }

    /// @inheritdoc IEraRewards
    function setSlasher(address newSlasher) external override onlyOwner {
        if (newSlasher == address(0)) revert EraRewards_ZeroSlasher();
        if (slasher != address(0)) revert EraRewards_SlasherAlreadySet(slasher);
        slasher = newSlasher;
        emit SlasherSet(newSlasher);
    }

    /// @inheritdoc IEraRewards
    function rootOf(uint32 subnetId, bytes32 root) external view override returns (PostedRoot memory posted) {
        return RewardSlots.toPostedRoot(_roots[subnetId][root].word);
    }

    /// @inheritdoc IEraRewards
    function reportDigestOf(
        uint32 subnetId,
        uint32 era,
        bytes32 root,
        uint128 cumulativeTotal
    ) external view override returns (bytes32 digest) {
        return _hashTypedDataV4(keccak256(abi.encode(_REPORT_TYPEHASH, subnetId, era, root, cumulativeTotal)));
    }

    /// @dev Wei that a root promises, once it pays.
    function _requireActive(uint32 subnetId, bytes32 root) internal view returns (uint256 total) {
        PostedRoot memory posted = _requireRoot(subnetId, root);
        if (block.timestamp < posted.activatesAt) {
            revert EraRewards_RootPending(subnetId, root, posted.activatesAt);
        }
        return posted.total;
    }

    function _requireRoot(uint32 subnetId, bytes32 root) private view returns (PostedRoot memory posted) {
        posted = RewardSlots.toPostedRoot(_roots[subnetId][root].word);
        if (posted.total == 0) revert EraRewards_RootNotFound(subnetId, root);
    }

    function _requireReport(uint32 subnetId, bytes32 root, bytes32 dataHash) private view {
        address caller = _msgSender();
        if (subnetId == 0 || _SUBNETS.subnetIdOf(caller) != subnetId) revert EraRewards_NotOperator(subnetId, caller);
        if (root == bytes32(0)) revert EraRewards_ZeroRoot();
        if (dataHash == bytes32(0)) revert EraRewards_ZeroDataHash();
    }
}
