// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {EscrowLedger} from "../libraries/EscrowLedger.sol";
import {LeaseLedger} from "./LeaseLedger.sol";

/// @title EscrowAccounts
/// @notice Who owns which coins inside the market. Coins leave by {withdraw} alone, to the caller alone.
abstract contract EscrowAccounts is LeaseLedger, Ownable2Step, ReentrancyGuardTransient, ILeaseMarket {
    using EscrowLedger for EscrowLedger.Book;
    using SafeERC20 for IERC20;

    /// @notice The native coin pays from the start.
    constructor() {
        _setTokenAllowed(_NATIVE, true);
    }

    /// @inheritdoc ILeaseMarket
    function deposit() external payable override {
        if (msg.value == 0) revert LeaseMarket_NothingDeposited();
        _requireAllowed(_NATIVE);
        _depositNative(_msgSender());
    }

    /// @inheritdoc ILeaseMarket
    function depositToken(address token, uint256 amount) external override nonReentrant {
        _pull(_msgSender(), token, amount);
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
        address account = _msgSender();

        // Interaction: a permit that somebody else already used has set the allowance all the same, and the transfer
        // that follows fails where the allowance is missing.
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(token).permit(account, address(this), amount, permitDeadline, v, r, s) {} catch {}
        _pull(account, token, amount);
    }

    /// @inheritdoc ILeaseMarket
    function withdraw(address token, uint256 amount) external override nonReentrant {
        address account = _msgSender();
        if (amount == 0) revert LeaseMarket_NothingToWithdraw();

        // Effect: take it off the account first.
        uint256 index = _indexOf(token);
        _requireFree(account, token, index, amount);
        _book.debit(account, index, amount);
        emit Withdrawn(account, token, amount);

        // Interaction: pay.
        if (token != _NATIVE) IERC20(token).safeTransfer(account, amount);
        else if (!LowLevelCall.callNoReturn(account, amount, "")) {
            revert LeaseMarket_TransferFailed(account, amount);
        }
    }

    /// @inheritdoc ILeaseMarket
    function setTokenAllowed(address token, bool allowed) external override onlyOwner {
        _setTokenAllowed(token, allowed);
    }

    /// @inheritdoc ILeaseMarket
    function accountOf(address account, address token) external view override returns (uint256 free) {
        return _tokens[token].known ? _book.free[account][_tokens[token].index] : 0;
    }

    /// @inheritdoc ILeaseMarket
    function isTokenAllowed(address token) external view override returns (bool allowed) {
        return _tokens[token].allowed;
    }

    /// @inheritdoc ILeaseMarket
    function tokenAt(uint16 index) external view override returns (address token) {
        return _tokenAt(index);
    }

    /// @dev Deposits the coin that came with a call of `account` which spends a token. No value, no effect.
    function _depositValueFor(address account, uint256 token) internal {
        if (msg.value == 0) return;
        if (token != 0) revert LeaseMarket_UnexpectedValue(msg.value);
        _requireAllowed(_NATIVE);
        _depositNative(account);
    }

    // Both bases have these three; the sender is the forwarder's, if it is the forwarder that calls.

    function _msgSender() internal view override(Context, ERC2771Context) returns (address) {
        return ERC2771Context._msgSender();
    }

    function _msgData() internal view override(Context, ERC2771Context) returns (bytes calldata) {
        return ERC2771Context._msgData();
    }

    function _contextSuffixLength() internal view override(Context, ERC2771Context) returns (uint256) {
        return ERC2771Context._contextSuffixLength();
    }

    function _setTokenAllowed(address token, bool allowed) private {
        Token storage record = _tokens[token];
        if (!record.known) {
            uint256 index = _tokenList.length;
            if (index > type(uint16).max) revert LeaseMarket_TooManyTokens(index);
            record.known = true;
            record.index = uint16(index);
            _tokenList.push(token);
        }
        record.allowed = allowed;
        emit TokenAllowed(token, allowed);
    }

    function _depositNative(address account) private {
        _book.credit(account, 0, msg.value);
        emit Deposited(account, _NATIVE, msg.value);
    }

    /// @dev Credits what arrives: a token that takes a fee on transfers takes it from the depositor. The guard of the
    /// callers keeps a token's callback from being counted twice. All units of a token fit 96 bits, so no sum of parts
    /// of them overflows; the native coin does so by itself.
    function _pull(address account, address token, uint256 amount) private {
        if (token == _NATIVE) revert LeaseMarket_TokenNotAllowed(token);
        uint256 index = _requireAllowed(token);

        // Interaction: pull, and count.
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(account, address(this), amount);
        uint256 held = IERC20(token).balanceOf(address(this));
        uint256 arrived = held - before;
        if (arrived == 0) revert LeaseMarket_NothingDeposited();
        if (held > type(uint96).max) revert LeaseMarket_TooManyUnits(token, held, type(uint96).max);

        // Effect: credit.
        _book.credit(account, index, arrived);
        emit Deposited(account, token, arrived);
    }
}
