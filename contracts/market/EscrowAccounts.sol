// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";

/// @title EscrowAccounts
/// @notice Who owns which coins inside the market. Coins leave by {withdraw} alone, to the caller alone.
abstract contract EscrowAccounts is ILeaseMarket, Ownable2Step, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev One slot.
    struct Account {
        uint128 free;
        uint128 locked;
    }

    /// @dev What stands for the chain's own coin.
    address internal constant _NATIVE = address(0);

    mapping(address account => mapping(address token => Account balances)) private _accounts;
    mapping(address token => bool allowed) private _allowed;

    /// @notice The native coin pays from the start.
    constructor() {
        _setTokenAllowed(_NATIVE, true);
    }

    /// @inheritdoc ILeaseMarket
    function deposit() external payable override {
        if (msg.value == 0) revert LeaseMarket_NothingDeposited();
        _depositNative();
    }

    /// @inheritdoc ILeaseMarket
    function depositToken(address token, uint256 amount) external override nonReentrant {
        _pull(token, amount);
    }

    /// @inheritdoc ILeaseMarket
    function depositWithPermit(
        address token,
        uint256 amount,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external override nonReentrant {
        _requireAllowed(token);

        // Interaction: a permit that somebody else already used has set the allowance all the same, and the transfer
        // that follows fails where the allowance is missing.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(token).permit(msg.sender, address(this), amount, permitDeadline, v, r, s) {} catch {}
        _pull(token, amount);
    }

    /// @inheritdoc ILeaseMarket
    function withdraw(address token, uint256 amount) external override nonReentrant {
        // Effect: take it off the account first.
        _debit(msg.sender, token, amount);
        emit Withdrawn(msg.sender, token, amount);

        // Interaction: pay.
        if (token != _NATIVE) IERC20(token).safeTransfer(msg.sender, amount);
        else if (!LowLevelCall.callNoReturn(msg.sender, amount, "")) {
            revert LeaseMarket_TransferFailed(msg.sender, amount);
        }
    }

    /// @inheritdoc ILeaseMarket
    function setTokenAllowed(address token, bool allowed) external override onlyOwner {
        _setTokenAllowed(token, allowed);
    }

    /// @inheritdoc ILeaseMarket
    function accountOf(address account, address token) external view override returns (uint256 free, uint256 locked) {
        Account memory balances = _accounts[account][token];
        return (balances.free, balances.locked);
    }

    /// @inheritdoc ILeaseMarket
    function isTokenAllowed(address token) external view override returns (bool allowed) {
        return _allowed[token];
    }

    /// @dev Deposits the coin that came with a call which spends `token`. No value, no effect.
    function _depositValueFor(address token) internal {
        if (msg.value == 0) return;
        if (token != _NATIVE) revert LeaseMarket_UnexpectedValue(msg.value);
        _depositNative();
    }

    /// @dev Locks free balance of `from` for a lease of `tenant`.
    function _lock(address from, address tenant, address token, uint256 amount) internal {
        _debit(from, token, amount);
        _accounts[tenant][token].locked += amount.toUint128();
    }

    /// @dev Takes off what `tenant` has locked. Whoever calls this gives the same amount to somebody by {_give}.
    function _unlock(address tenant, address token, uint256 amount) internal {
        _accounts[tenant][token].locked -= amount.toUint128();
    }

    /// @dev Adds free balance. A share of nothing touches no account.
    function _give(address account, address token, uint256 amount) internal {
        if (amount != 0) _accounts[account][token].free += amount.toUint128();
    }

    function _requireAllowed(address token) internal view {
        if (!_allowed[token]) revert LeaseMarket_TokenNotAllowed(token);
    }

    function _setTokenAllowed(address token, bool allowed) private {
        _allowed[token] = allowed;
        emit TokenAllowed(token, allowed);
    }

    function _depositNative() private {
        _requireAllowed(_NATIVE);
        _accounts[msg.sender][_NATIVE].free += msg.value.toUint128();
        emit Deposited(msg.sender, _NATIVE, msg.value);
    }

    /// @dev Credits what arrives: a token that takes a fee on transfers takes it from the depositor. The guard of the
    /// callers keeps a token's callback from being counted twice.
    function _pull(address token, uint256 amount) private {
        if (token == _NATIVE) revert LeaseMarket_TokenNotAllowed(token);
        _requireAllowed(token);

        // Interaction: pull, and count.
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = IERC20(token).balanceOf(address(this)) - before;
        if (arrived == 0) revert LeaseMarket_NothingDeposited();

        // Effect: credit.
        _accounts[msg.sender][token].free += arrived.toUint128();
        emit Deposited(msg.sender, token, arrived);
    }

    function _debit(address account, address token, uint256 amount) private {
        Account storage balances = _accounts[account][token];
        uint256 free = balances.free;
        if (amount > free) revert LeaseMarket_InsufficientFree(account, token, free, amount);
        balances.free = (free - amount).toUint128();
    }
}
