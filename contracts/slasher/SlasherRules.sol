// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {RelayedOwnable} from "../access/RelayedOwnable.sol";
import {ICapacityVerdicts} from "../interfaces/ICapacityVerdicts.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {IMarketMeters} from "../interfaces/IMarketMeters.sol";
import {INodeBonds} from "../interfaces/INodeBonds.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {IRewardCredits} from "../interfaces/IRewardCredits.sol";
import {IRewardSlashing} from "../interfaces/IRewardSlashing.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {ISubnetStakes} from "../interfaces/ISubnetStakes.sol";

/// @title SlasherRules
/// @notice The other contracts, and what the owner may change of the slasher, within constants.
abstract contract SlasherRules is ISlasher, EIP712, RelayedOwnable {
    /// @notice The contracts that the slasher works with, and its first owner and pool.
    /// @param nodes Node registry; holds the bonds.
    /// @param subnets Subnet registry; holds the stakes.
    /// @param market Lease market; knows missed starts and held-back earnings.
    /// @param rounds Capacity rounds; decide disputes about capacity.
    /// @param rewards Era rewards; know what a node may claim.
    /// @param pool First account for what nobody in particular is owed.
    struct Parts {
        INodeRegistry nodes;
        ISubnetRegistry subnets;
        ILeaseMarket market;
        ICapacityVerdicts rounds;
        IRewardSlashing rewards;
        address pool;
    }

    /// @inheritdoc ISlasher
    uint40 public constant override REPORT_WINDOW_SECONDS = 7 days;

    /// @inheritdoc ISlasher
    uint16 public constant override MAX_REPORTER_CUT_BPS = 2_000;

    uint256 private constant _MIN_DEPOSIT = 0.002 ether;
    uint256 private constant _MAX_DEPOSIT = 0.1 ether;
    uint256 private constant _MIN_APPEAL_SECONDS = 1 days;
    uint256 private constant _MAX_APPEAL_SECONDS = 7 days;
    /// @dev Time that is always left between the last appeal and the lapse.
    uint256 private constant _MIN_SETTLE_SECONDS = 3 days;
    /// @dev With the report window this is the thaw of bonds and stakes: 21 days.
    uint256 private constant _MAX_LOCK_SECONDS = 14 days;

    INodeRegistry internal immutable _NODES;
    INodeBonds internal immutable _BONDS;
    ISubnetRegistry internal immutable _SUBNETS;
    ISubnetStakes internal immutable _STAKES;
    ILeaseMarket internal immutable _MARKET;
    IMarketMeters internal immutable _METERS;
    ICapacityVerdicts internal immutable _ROUNDS;
    IRewardSlashing internal immutable _REWARDS;
    IRewardCredits internal immutable _CREDITS;

    /// @inheritdoc ISlasher
    address public override pool;

    Rules private _rules;

    /// @notice Fixes the other contracts; the rest may be changed by the owner.
    /// @param parts The other contracts, and the first pool.
    /// @param initialOwner Who may change rules and pool.
    /// @param forwarder Whose calls carry their real sender.
    constructor(
        Parts memory parts,
        address initialOwner,
        address forwarder
    ) EIP712("Fizz", "1") RelayedOwnable(initialOwner, forwarder) {
        _NODES = parts.nodes;
        _BONDS = INodeBonds(address(parts.nodes));
        _SUBNETS = parts.subnets;
        _STAKES = ISubnetStakes(address(parts.subnets));
        _MARKET = parts.market;
        _METERS = IMarketMeters(address(parts.market));
        _ROUNDS = parts.rounds;
        _REWARDS = parts.rewards;
        _CREDITS = IRewardCredits(address(parts.rewards));
        _setPool(parts.pool);
        _setRules(Rules({deposit: 0.01 ether, reporterCutBps: 1_000, appealSeconds: 3 days, lockSeconds: 14 days}));
    }

    /// @inheritdoc ISlasher
    function setRules(Rules calldata rules) external override onlyOwner {
        _setRules(rules);
    }

    /// @inheritdoc ISlasher
    function setPool(address newPool) external override onlyOwner {
        _setPool(newPool);
    }

    /// @inheritdoc ISlasher
    function currentRules() public view override returns (Rules memory rules) {
        return _rules;
    }

    function _setRules(Rules memory rules) private {
        _requireWithin("deposit", rules.deposit, _MIN_DEPOSIT, _MAX_DEPOSIT);
        _requireWithin("reporterCutBps", rules.reporterCutBps, 0, MAX_REPORTER_CUT_BPS);
        _requireWithin("appealSeconds", rules.appealSeconds, _MIN_APPEAL_SECONDS, _MAX_APPEAL_SECONDS);
        uint256 minLock = rules.appealSeconds + _MIN_SETTLE_SECONDS;
        _requireWithin("lockSeconds", rules.lockSeconds, minLock, _MAX_LOCK_SECONDS);
        _rules = rules;
        emit RulesChanged(rules);
    }

    function _setPool(address newPool) private {
        if (newPool == address(0)) revert Slasher_ZeroPool();
        pool = newPool;
        emit PoolChanged(newPool);
    }

    function _requireWithin(string memory rule, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert Slasher_RuleOutOfRange(rule, value, min, max);
    }
}
