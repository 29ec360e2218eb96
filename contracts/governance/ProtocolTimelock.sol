// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {INodeExit} from "../interfaces/INodeExit.sol";
import {IProtocolTimelock} from "../interfaces/IProtocolTimelock.sol";

/// @title ProtocolTimelock
/// @notice See {IProtocolTimelock}.
contract ProtocolTimelock is IProtocolTimelock, TimelockController {
    /// @dev Who may do what, from the first block on.
    /// @param proposers Accounts that schedule.
    /// @param executors Accounts that execute; the zero address lets anybody.
    /// @param cancellers Accounts that stop what is scheduled.
    struct Roles {
        address[] proposers;
        address[] executors;
        address[] cancellers;
    }

    /// @inheritdoc IProtocolTimelock
    uint256 public constant override GRACE_SECONDS = 14 days;

    /// @inheritdoc IProtocolTimelock
    uint256 public constant override MAX_DELAY = 30 days;

    /// @inheritdoc IProtocolTimelock
    uint256 public constant override MIN_DELAY = 4 days;

    /// @notice Fixes the first delay and the first accounts. No account administers the roles.
    /// @dev Requirements: a node's exit is shorter than {MIN_DELAY}; the delay is within the bounds; each role has an
    /// account; no account is zero, but for an executor.
    /// @param minDelay Delay of all operations, in seconds.
    /// @param nodes Where the nodes' exit is read.
    /// @param roles The first accounts.
    constructor(
        uint256 minDelay,
        INodeExit nodes,
        Roles memory roles
    ) TimelockController(minDelay, new address[](0), roles.executors, address(0)) {
        // Check: whoever disagrees with a change is out before it comes.
        uint256 exitSeconds = nodes.EXIT_SECONDS();
        if (exitSeconds >= MIN_DELAY) revert ProtocolTimelock_ExitTooLong(exitSeconds, MIN_DELAY);
        _requireDelay(minDelay);

        // Check: somebody can execute. A timelock without one would own the protocol and never move.
        if (roles.executors.length == 0) revert ProtocolTimelock_NoAccount(EXECUTOR_ROLE);

        // Effect: the other two roles; OpenZeppelin's constructor would make every proposer a canceller.
        _grantAll(PROPOSER_ROLE, roles.proposers);
        _grantAll(CANCELLER_ROLE, roles.cancellers);
    }

    /// @inheritdoc IProtocolTimelock
    function acceptOwnership(Ownable2Step target) external override {
        // Check: it was offered. Nothing else is ever called from here.
        address pendingOwner = target.pendingOwner();
        if (pendingOwner != address(this)) revert ProtocolTimelock_NotOffered(address(target), pendingOwner);

        // Interaction: take it.
        target.acceptOwnership();
    }

    /// @notice Changes the delay of operations scheduled from now on. See {TimelockController-updateDelay}.
    /// @dev Requirements: caller is the timelock itself; within {MIN_DELAY} and {MAX_DELAY}.
    /// @param newDelay The delay in seconds.
    function updateDelay(uint256 newDelay) public override {
        _requireDelay(newDelay);
        super.updateDelay(newDelay);
    }

    /// @notice State of an operation; one that was not executed within {GRACE_SECONDS} counts as never scheduled.
    /// @param id Identifier of the operation.
    /// @return current The state.
    function getOperationState(bytes32 id) public view override returns (OperationState current) {
        current = super.getOperationState(id);
        if (current == OperationState.Ready && block.timestamp > getTimestamp(id) + GRACE_SECONDS) {
            return OperationState.Unset;
        }
    }

    function _grantAll(bytes32 role, address[] memory accounts) private {
        if (accounts.length == 0) revert ProtocolTimelock_NoAccount(role);
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (accounts[i] == address(0)) revert ProtocolTimelock_ZeroAccount(role, i);
            _grantRole(role, accounts[i]);
        }
    }

    function _requireDelay(uint256 delay) private pure {
        if (delay < MIN_DELAY || delay > MAX_DELAY) {
            revert ProtocolTimelock_DelayOutOfRange(delay, MIN_DELAY, MAX_DELAY);
        }
    }
}
