// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

/// @title ISubnetGovernor
/// @notice The governor of one subnet: OpenZeppelin's Governor over the earned votes of {ISubnetVotes}, which may call the
/// functions of {ISubnetPowers} and {ISubnetBudgets} for its own subnet, and nothing else.
/// @dev A life: proposed; voting starts after the voting delay, with the votes of that moment; it ends after the voting
/// period, or {LATE_QUORUM_SECONDS} after the quorum was reached, whichever is later; the proposal then waits for the
/// execution delay (`Queued`), in which a node can leave; anybody may execute it for {GRACE_SECONDS} (`Succeeded`);
/// then it is void (`Expired`). There is no transaction to queue it.
/// The settings are fixed when the clone is made. An electorate that wants others makes a new governor and hands over.
interface ISubnetGovernor {
    /// @notice How a subnet decides.
    /// @param votingDelay Seconds from a proposal until votes count: time to claim votes. 1 to 14 days.
    /// @param votingPeriod Seconds in which one can vote. 3 to 30 days.
    /// @param executionDelay Seconds from the end of a vote until it takes effect. 4 to 30 days.
    /// @param quorumBps Part of all votes that must be for or abstaining, in 1/10000. 10 to 50 %.
    /// @param quorumFloor Votes that must be for or abstaining, however few there are. 0.1 to 1,000 ETH earned.
    /// @param proposalThreshold Votes that a proposer needs. 0.01 to 100 ETH earned.
    struct Settings {
        uint32 votingDelay;
        uint32 votingPeriod;
        uint32 executionDelay;
        uint16 quorumBps;
        uint96 quorumFloor;
        uint96 proposalThreshold;
    }

    error SubnetGovernor_CoinsRefused(uint256 amount);
    error SubnetGovernor_ExitTooLong(uint256 exitSeconds, uint256 minExecutionDelay);
    error SubnetGovernor_ForbiddenCall(uint256 index, address target, bytes4 selector);
    error SubnetGovernor_ForeignSubnet(uint256 index, uint256 subnetId, uint32 own);
    error SubnetGovernor_SettingOutOfRange(bytes32 setting, uint256 value, uint256 min, uint256 max);
    error SubnetGovernor_TooManyCalls(uint256 count, uint256 max);
    error SubnetGovernor_ZeroSubnet();

    /// @notice Sets up a clone. Called by the factory in the transaction that makes the clone.
    /// @dev Requirements: not done before; the subnet is not zero; each setting is within its bounds.
    /// @param subnetId_ Identifier of the subnet.
    /// @param votes The subnet's votes.
    /// @param settings_ How it decides.
    function initialize(uint32 subnetId_, IVotes votes, Settings calldata settings_) external;

    /// @notice How this subnet decides.
    /// @return current The settings.
    function settings() external view returns (Settings memory current);

    /// @notice The subnet that is governed.
    /// @return id Identifier of the subnet.
    function subnetId() external view returns (uint32 id);

    /// @notice A decided proposal can be executed for this long after its delay.
    /// @return graceSeconds The time in seconds.
    function GRACE_SECONDS() external view returns (uint256 graceSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Voting goes on for at least this long after the quorum was reached.
    /// @return extension The time in seconds.
    function LATE_QUORUM_SECONDS() external view returns (uint48 extension); // solhint-disable-line func-name-mixedcase

    /// @notice Most calls of one proposal.
    /// @return max The number.
    function MAX_CALLS() external view returns (uint256 max); // solhint-disable-line func-name-mixedcase

    /// @notice Shortest execution delay: longer than a node's exit, which is checked at deployment.
    /// @return minDelay The time in seconds.
    function MIN_EXECUTION_DELAY() external view returns (uint256 minDelay); // solhint-disable-line func-name-mixedcase
}
