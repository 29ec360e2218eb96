// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title IProtocolTimelock
/// @notice The owner of the protocol: what OpenZeppelin's TimelockController does, with bounds.
/// @dev Proposers schedule, executors execute after the delay, cancellers stop what is scheduled; proposers are no
/// cancellers unless they are named as such. Nobody administers the roles but the timelock itself, after its delay.
/// It takes no meta-transactions: its accounts are few, and each signs for itself.
interface IProtocolTimelock {
    error ProtocolTimelock_DelayOutOfRange(uint256 delay, uint256 min, uint256 max);
    error ProtocolTimelock_ExitTooLong(uint256 exitSeconds, uint256 minDelay);
    error ProtocolTimelock_NoAccount(bytes32 role);
    error ProtocolTimelock_NotOffered(address target, address pendingOwner);
    error ProtocolTimelock_ZeroAccount(bytes32 role, uint256 index);

    /// @notice Takes over a contract whose owner offered it to the timelock.
    /// @dev Open to all and without delay: it can only take what was offered, and changes nothing else. So a deployment
    /// ends with the timelock as owner, not with a promise that waits for the first delay.
    /// Requirements: the contract's pending owner is the timelock.
    /// @param target The contract.
    function acceptOwnership(Ownable2Step target) external;

    /// @notice An operation can be executed for this long, counted from the end of its delay; then it is void.
    /// @return graceSeconds The time in seconds.
    function GRACE_SECONDS() external view returns (uint256 graceSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Longest delay that may be set.
    /// @return maxDelay The time in seconds.
    function MAX_DELAY() external view returns (uint256 maxDelay); // solhint-disable-line func-name-mixedcase

    /// @notice Shortest delay that may be set: longer than a node's exit, which is checked at deployment.
    /// @return minDelay The time in seconds.
    function MIN_DELAY() external view returns (uint256 minDelay); // solhint-disable-line func-name-mixedcase
}
