// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {RelayedOwnable} from "../access/RelayedOwnable.sol";
import {IEraRewards} from "../interfaces/IEraRewards.sol";
import {IMarketMeters} from "../interfaces/IMarketMeters.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {BudgetMath} from "./BudgetMath.sol";
import {IFeeAccounts} from "./IFeeAccounts.sol";
import {RewardSlots} from "./RewardSlots.sol";

/// @title RewardPools
/// @notice Where the money of the rewards comes from and to whom it belongs. See {IEraRewards}.
abstract contract RewardPools is IEraRewards, RelayedOwnable, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev One slot.
    struct Totals {
        uint96 protocolFree;
        uint96 treasuryDue;
    }

    /// @inheritdoc IEraRewards
    uint256 public constant override ERA_SECONDS = 1 days;

    /// @inheritdoc IEraRewards
    uint16 public constant override MAX_POOL_SHARE_BPS = 8_000;

    /// @inheritdoc IEraRewards
    uint16 public constant override MIN_TARGET_BPS = 1_000;

    /// @inheritdoc IEraRewards
    uint96 public constant override MAX_LIVENESS_CAP = 100 ether;

    /// @inheritdoc IEraRewards
    uint96 public constant override MAX_LIVENESS_PER_POINT = 0.0001 ether;

    /// @dev What stands for the chain's own coin.
    address internal constant _NATIVE = address(0);

    uint16 private constant _MAX_TARGET_BPS = 10_000;

    INodeRegistry internal immutable _NODES;
    ISubnetRegistry internal immutable _SUBNETS;
    IMarketMeters internal immutable _MARKET;

    /// @inheritdoc IEraRewards
    address public override treasury;

    Parameters private _parameters;
    Totals private _totals;
    uint256 private _unsplit;
    mapping(uint32 subnetId => Books books) internal _books;
    mapping(uint32 subnetId => RewardSlots.Slot slot) internal _pools;

    /// @notice Fixes the sources, and sets the first parameters.
    /// @param nodeRegistry Pays registration fees; knows who owns a node.
    /// @param subnetRegistry Knows who runs a subnet, and its stake.
    /// @param leaseMarket Pays the protocol's cuts; knows what was leased.
    /// @param initialTreasury Gets the share that is not for rewards.
    /// @param initialOwner Sets the parameters.
    /// @param forwarder Brings meta-transactions.
    constructor(
        INodeRegistry nodeRegistry,
        ISubnetRegistry subnetRegistry,
        IMarketMeters leaseMarket,
        address initialTreasury,
        address initialOwner,
        address forwarder
    ) RelayedOwnable(initialOwner, forwarder) {
        _NODES = nodeRegistry;
        _SUBNETS = subnetRegistry;
        _MARKET = leaseMarket;
        _setTreasury(initialTreasury);
        _setParameters(
            Parameters({poolShareBps: 5_000, targetBps: 8_000, livenessCap: 1 ether, livenessPerPoint: 0.000001 ether})
        );
    }

    /// @notice Takes fees from the two contracts that pay them, and nothing from anybody else: {fund} is for that.
    receive() external payable {
        // Check: it is a fee. Coins that are forced in come another way, and belong to nobody.
        if (msg.sender == address(_NODES)) _split(0, msg.value);
        else if (msg.sender == address(_MARKET)) _unsplit += msg.value;
        else revert EraRewards_UnexpectedCoin(msg.sender, msg.value);
    }

    /// @inheritdoc IEraRewards
    function pullFees() external override nonReentrant {
        // Interaction: both pay by {receive}, which counts what arrives.
        _NODES.withdrawFees();
        _withdrawFromMarket();
    }

    /// @inheritdoc IEraRewards
    function fund(uint32 subnetId) external payable override {
        if (msg.value == 0) revert EraRewards_NothingSent(subnetId);

        // Effect: it is the subnet's, or the protocol's.
        if (subnetId == 0) _raiseProtocolFree(msg.value);
        else {
            _requireSubnet(subnetId);
            _books[subnetId].endowment += msg.value.toUint96();
        }
        emit PoolFunded(subnetId, _msgSender(), msg.value);
    }

    /// @inheritdoc IEraRewards
    function payTreasury() external override nonReentrant returns (uint256 amount) {
        amount = _totals.treasuryDue;
        if (amount == 0) return 0;
        address to = treasury;

        // Effect: nothing is due any more, whatever the treasury does when it gets the coin.
        _totals.treasuryDue = 0;
        emit TreasuryPaid(to, amount);

        // Interaction: pay.
        _pay(to, amount);
    }

    /// @inheritdoc IEraRewards
    function payTreasuryToken(address token) external override nonReentrant returns (uint256 amount) {
        // Interaction: no token is counted here, so whatever arrives is the treasury's.
        IFeeAccounts account = IFeeAccounts(address(_MARKET));
        uint256 free = account.accountOf(address(this), token);
        if (free != 0) account.withdraw(token, free);
        amount = IERC20(token).balanceOf(address(this));
        if (amount == 0) return 0;
        emit TreasuryTokenPaid(treasury, token, amount);
        IERC20(token).safeTransfer(treasury, amount);
    }

    /// @inheritdoc IEraRewards
    function setParameters(Parameters calldata newParameters) external override onlyOwner {
        _setParameters(newParameters);
    }

    /// @inheritdoc IEraRewards
    function setTreasury(address newTreasury) external override onlyOwner {
        _setTreasury(newTreasury);
    }

    /// @inheritdoc IEraRewards
    function poolOf(uint32 subnetId) external view override returns (Pool memory pool) {
        return RewardSlots.toPool(_pools[subnetId].word);
    }

    /// @inheritdoc IEraRewards
    function booksOf(uint32 subnetId) external view override returns (Books memory books) {
        return _books[subnetId];
    }

    /// @inheritdoc IEraRewards
    function totals() external view override returns (uint256 protocolFree, uint256 treasuryDue, uint256 unsplit) {
        return (_totals.protocolFree, _totals.treasuryDue, _unsplit);
    }

    /// @inheritdoc IEraRewards
    function parameters() public view override returns (Parameters memory current) {
        return _parameters;
    }

    /// @inheritdoc IEraRewards
    function currentEra() public view override returns (uint32 era) {
        return uint32(block.timestamp / ERA_SECONDS);
    }

    /// @dev Brings in what the market has for a subnet, and splits what the subnet's leases paid since the last time.
    /// Never more than what is here: should the market pay another account, nothing is granted, and nothing is lost.
    function _splitMarketFees(uint32 subnetId, uint256 metered) internal returns (uint256 toPool) {
        uint256 seen = _books[subnetId].fees;
        uint256 fees = Math.min(Math.saturatingSub(metered, seen), _unsplit);
        if (fees == 0) return 0;

        _unsplit -= fees;
        _books[subnetId].fees = (seen + fees).toUint96();
        return _split(subnetId, fees);
    }

    function _collectFromMarket(uint32 subnetId) internal {
        IFeeAccounts(address(_MARKET)).collectSubnet(subnetId, _NATIVE);
        _withdrawFromMarket();
    }

    function _raiseProtocolFree(uint256 amount) internal {
        _totals.protocolFree = (_totals.protocolFree + amount).toUint96();
    }

    /// @dev Takes up to `wanted` out of the protocol's pool.
    function _takeProtocolFree(uint256 wanted) internal returns (uint96 taken) {
        taken = uint96(Math.min(wanted, _totals.protocolFree));
        _totals.protocolFree -= taken;
    }

    function _pay(address to, uint256 amount) internal {
        if (!LowLevelCall.callNoReturn(to, amount, "")) revert EraRewards_TransferFailed(to, amount);
    }

    function _requireSubnet(uint32 subnetId) internal view returns (bool active) {
        address subnetOwner;
        (subnetOwner, , active) = _SUBNETS.cutOf(subnetId);
        if (subnetOwner == address(0)) revert EraRewards_SubnetNotFound(subnetId);
    }

    function _requireWithin(bytes32 name, uint256 value, uint256 min, uint256 max) internal pure {
        if (value < min || value > max) revert EraRewards_ParameterOutOfRange(name, value, min, max);
    }

    function _withdrawFromMarket() private {
        IFeeAccounts account = IFeeAccounts(address(_MARKET));
        uint256 free = account.accountOf(address(this), _NATIVE);
        if (free != 0) account.withdraw(_NATIVE, free);
    }

    /// @dev k of it is for rewards: the protocol's pool gets its part here, a subnet's part is the caller's to place.
    function _split(uint32 subnetId, uint256 amount) private returns (uint256 toPool) {
        toPool = BudgetMath.partOf(amount, _parameters.poolShareBps);
        uint256 toTreasury = amount - toPool;
        _totals.treasuryDue = (_totals.treasuryDue + toTreasury).toUint96();
        if (subnetId == 0) _raiseProtocolFree(toPool);
        emit FeesSplit(subnetId, toPool, toTreasury);
    }

    function _setTreasury(address newTreasury) private {
        if (newTreasury == address(0)) revert EraRewards_ZeroTreasury();
        treasury = newTreasury;
        emit TreasuryChanged(newTreasury);
    }

    function _setParameters(Parameters memory next) private {
        _requireWithin("poolShareBps", next.poolShareBps, 0, MAX_POOL_SHARE_BPS);
        _requireWithin("targetBps", next.targetBps, MIN_TARGET_BPS, _MAX_TARGET_BPS);
        _requireWithin("livenessCap", next.livenessCap, 0, MAX_LIVENESS_CAP);
        _requireWithin("livenessPerPoint", next.livenessPerPoint, 0, MAX_LIVENESS_PER_POINT);
        _parameters = next;
        emit ParametersChanged(next);
    }
}
