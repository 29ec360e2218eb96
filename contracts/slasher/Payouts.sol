// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {SlasherRules} from "./SlasherRules.sol";

/// @title Payouts
/// @notice Who is owed what. Everybody pulls, so nobody can block a settlement; everything is counted, so coins that
/// were forced in are nobody's.
abstract contract Payouts is SlasherRules {
    /// @inheritdoc ISlasher
    uint16 public constant override MAX_HARM_BPS = 3_000;

    uint256 internal constant _BPS = 10_000;

    mapping(address account => uint256 amount) private _balances;

    /// @notice Takes what the registries slash.
    receive() external payable {
        if (msg.sender != address(_NODES) && msg.sender != address(_SUBNETS)) revert Slasher_NotRegistry(msg.sender);
    }

    /// @inheritdoc ISlasher
    function withdraw() external override returns (uint256 amount) {
        return _pay(_msgSender());
    }

    /// @inheritdoc ISlasher
    function withdrawFor(address account) external override returns (uint256 amount) {
        return _pay(account);
    }

    /// @inheritdoc ISlasher
    function balanceOf(address account) external view override returns (uint256 amount) {
        return _balances[account];
    }

    /// @dev Shares out what was taken or paid: the reporter's cut, the harmed up to `harm`, the rest to the pool.
    function _share(Report memory report, uint256 coins, uint256 harm) internal {
        if (coins == 0) return;
        uint256 toReporter = (coins * report.reporterCutBps) / _BPS;
        uint256 toHarmed = report.harmed == address(0) ? 0 : Math.min(harm, (coins * MAX_HARM_BPS) / _BPS);

        _credit(report.reporter, toReporter);
        _credit(report.harmed, toHarmed);
        _credit(pool, coins - toReporter - toHarmed);
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        _balances[account] += amount;
        emit Credited(account, amount);
    }

    function _pay(address account) private returns (uint256 amount) {
        amount = _balances[account];
        if (amount == 0) revert Slasher_NothingToWithdraw(account);

        // Effect: nothing is left to withdraw, whatever the receiver does when it gets the coin.
        _balances[account] = 0;
        emit Withdrawn(account, amount);

        // Interaction: pay.
        if (!LowLevelCall.callNoReturn(account, amount, "")) revert Slasher_TransferFailed(account, amount);
    }
}
