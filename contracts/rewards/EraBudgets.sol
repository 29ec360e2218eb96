// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICapacityVerdicts} from "../interfaces/ICapacityVerdicts.sol";
import {IEraRewards} from "../interfaces/IEraRewards.sol";
import {ISubnetStakes} from "../interfaces/ISubnetStakes.sol";
import {BudgetMath} from "./BudgetMath.sol";
import {IGovernedSubnets} from "./IGovernedSubnets.sol";
import {RewardPools} from "./RewardPools.sol";
import {RewardSlots} from "./RewardSlots.sol";

/// @title EraBudgets
/// @notice Closes eras: what was leased, proven and paid in them becomes a budget, as money. See {IEraRewards}.
abstract contract EraBudgets is RewardPools {
    using SafeCast for uint256;
    using RewardSlots for Pool;

    /// @dev What happened in a subnet since its last checkpoint.
    struct Stretch {
        uint256 leased;
        uint256 proven;
        uint256 utilisationBudget;
    }

    /// @inheritdoc IEraRewards
    uint96 public constant override MAX_OWN_LIVENESS_PER_ERA = 100 ether;

    /// @inheritdoc IEraRewards
    uint32 public constant override IDLE_ERAS = 90;

    /// @dev Three eras matter at a time: one is drawn, one runs, one is enlisted for. A fourth makes the index a mask.
    uint32 private constant _RING_MASK = 3;

    ICapacityVerdicts private immutable _ROUNDS;

    mapping(uint32 index => LivenessEra record) private _livenessRing;

    /// @notice Fixes where capacity is proven.
    /// @param capacityRounds The rounds.
    constructor(ICapacityVerdicts capacityRounds) {
        _ROUNDS = capacityRounds;
    }

    /// @inheritdoc IEraRewards
    function checkpoint(uint32 subnetId) external override nonReentrant {
        // Check: the subnet exists, and an era ended since it was closed last.
        bool active = _requireSubnet(subnetId);
        uint32 era = currentEra() - 1;
        RewardSlots.Slot storage slot = _pools[subnetId];
        uint32 closed = RewardSlots.toPool(slot.word).closedEra;
        if (closed >= era) revert EraRewards_AlreadyClosed(subnetId, closed);

        // Interaction: the market pays what it has for the subnet. It is part of the protocol, and can only count up.
        _collectFromMarket(subnetId);

        // Effect: everything since the last checkpoint becomes the budget of the eras that end here.
        Stretch memory stretch = _readMeters(subnetId);
        uint256 liveness = _drawLiveness(subnetId, era, stretch);
        uint256 own = _drawEndowment(subnetId, stretch);
        Pool memory pool = RewardSlots.toPool(slot.word);
        pool.free = (pool.free + stretch.utilisationBudget + liveness + own).toUint96();
        pool.closedEra = era;
        if (closed == 0) pool.latestEra = era - 1;
        slot.word = pool.pack();
        emit EraClosed({
            subnetId: subnetId,
            era: era,
            leased: stretch.leased,
            proven: stretch.proven,
            utilisationBudget: stretch.utilisationBudget,
            livenessBudget: liveness,
            ownBudget: own
        });

        // Effect: the stake of now counts for the era after this one.
        _enlist(subnetId, era + 2, active);
    }

    /// @inheritdoc IEraRewards
    function setOwnLiveness(uint32 subnetId, uint96 weiPerEra) external override {
        // Check: who decides for the subnet, and how much.
        _requireSubnet(subnetId);
        if (_msgSender() != IGovernedSubnets(address(_SUBNETS)).governorOf(subnetId)) {
            revert EraRewards_NotGovernor(subnetId, _msgSender());
        }
        _requireWithin("ownPerEra", weiPerEra, 0, MAX_OWN_LIVENESS_PER_ERA);

        // Effect: from the next checkpoint on.
        _books[subnetId].ownPerEra = weiPerEra;
        emit OwnLivenessChanged(subnetId, weiPerEra);
    }

    /// @inheritdoc IEraRewards
    function returnIdle(uint32 subnetId) external override returns (uint256 amount) {
        RewardSlots.Slot storage slot = _pools[subnetId];
        Pool memory pool = RewardSlots.toPool(slot.word);
        Books storage books = _books[subnetId];

        // Check: it was in use once, and is no more.
        if (pool.closedEra == 0) revert EraRewards_SubnetNotFound(subnetId);
        uint32 idleFrom = pool.latestEra + IDLE_ERAS;
        if (currentEra() < idleFrom) revert EraRewards_NotIdle(subnetId, idleFrom);

        // Effect: what nobody was promised serves all subnets.
        amount = uint256(pool.free) + books.endowment;
        if (amount == 0) return 0;
        pool.free = 0;
        slot.word = pool.pack();
        books.endowment = 0;
        _raiseProtocolFree(amount);
        emit IdlePoolReturned(subnetId, amount);
    }

    /// @inheritdoc IEraRewards
    function livenessOf(uint32 era) external view override returns (LivenessEra memory record) {
        return _livenessRing[era & _RING_MASK];
    }

    /// @dev Sums only count up, so each unit is seen once. Proven points that were voided after they had counted are
    /// made up for before more count.
    function _readMeters(uint32 subnetId) private returns (Stretch memory stretch) {
        Books storage books = _books[subnetId];
        (uint256 leased, uint256 fees) = _MARKET.subnetMetersOf(subnetId, _NATIVE);
        leased = Math.max(Math.min(leased, type(uint128).max), books.leased);
        uint256 proven = Math.min(_ROUNDS.provenPointSecondsOf(subnetId), type(uint128).max);
        proven = Math.max(proven, books.proven);

        stretch.leased = leased - books.leased;
        stretch.proven = proven - books.proven;
        books.leased = uint128(leased);
        books.proven = uint128(proven);
        stretch.utilisationBudget = _splitMarketFees(subnetId, fees);
    }

    /// @dev A share of the era's cap, by the stake that was enlisted for it; the sum of the shares is at most the cap,
    /// because the sum of the stakes was final before the era began.
    function _drawLiveness(uint32 subnetId, uint32 era, Stretch memory stretch) private returns (uint256 amount) {
        LivenessEra storage record = _livenessRing[era & _RING_MASK];
        if (record.era != era) return 0;

        Parameters memory current = parameters();
        uint256 share = BudgetMath.shareOf(record.cap, _stakeFor(subnetId, era), record.totalStake);
        amount = Math.min(
            BudgetMath.whileUnused(share, stretch.leased, stretch.proven, current.targetBps),
            BudgetMath.limitOf(stretch.proven, current.livenessPerPoint, ERA_SECONDS)
        );
        record.left -= amount.toUint96();
    }

    function _drawEndowment(uint32 subnetId, Stretch memory stretch) private returns (uint256 amount) {
        Books storage books = _books[subnetId];
        uint256 targetBps = parameters().targetBps;
        amount = Math.min(
            BudgetMath.whileUnused(books.ownPerEra, stretch.leased, stretch.proven, targetBps),
            books.endowment
        );
        books.endowment -= uint96(amount);
    }

    /// @dev Stake on its way out does not count. It cannot be elsewhere before the era is over: thawing takes longer.
    function _enlist(uint32 subnetId, uint32 era, bool active) private {
        LivenessEra storage record = _openLivenessEra(era);
        Books storage books = _books[subnetId];
        ISubnetStakes.Stake memory staked = ISubnetStakes(address(_SUBNETS)).stakeOf(subnetId);
        uint96 stake = active ? staked.amount - staked.thawing : 0;

        books.earlierStake = _stakeFor(subnetId, era - 1);
        books.latestStake = stake;
        books.era = era;
        record.totalStake += stake;
        emit StakeEnlisted(subnetId, era, stake);
    }

    /// @dev Reserves the cap of an era when the first subnet enlists for it. What is left of the era whose place it
    /// takes, which nobody can draw any more, goes back first.
    function _openLivenessEra(uint32 era) private returns (LivenessEra storage record) {
        record = _livenessRing[era & _RING_MASK];
        if (record.era == era) return record;

        _raiseProtocolFree(record.left);
        uint96 cap = _takeProtocolFree(parameters().livenessCap);
        record.era = era;
        record.totalStake = 0;
        record.cap = cap;
        record.left = cap;
        emit LivenessEraOpened(era, cap);
    }

    function _stakeFor(uint32 subnetId, uint32 era) private view returns (uint96 stake) {
        Books storage books = _books[subnetId];
        if (books.era == era) return books.latestStake;
        return books.era == era + 1 ? books.earlierStake : 0;
    }
}
