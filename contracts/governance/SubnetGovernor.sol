// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GovernorUpgradeable} from "@openzeppelin/contracts-upgradeable/governance/GovernorUpgradeable.sol";
// prettier-ignore
import {
    GovernorCountingSimpleUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorCountingSimpleUpgradeable.sol";
// prettier-ignore
import {
    GovernorPreventLateQuorumUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorPreventLateQuorumUpgradeable.sol";
// prettier-ignore
import {
    GovernorVotesUpgradeable
} from "@openzeppelin/contracts-upgradeable/governance/extensions/GovernorVotesUpgradeable.sol";
import {ERC2771ContextUpgradeable} from "@openzeppelin/contracts-upgradeable/metatx/ERC2771ContextUpgradeable.sol";
import {ContextUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/ContextUpgradeable.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {INodeExit} from "../interfaces/INodeExit.sol";
import {ISubnetBudgets} from "../interfaces/ISubnetBudgets.sol";
import {ISubnetGovernor} from "../interfaces/ISubnetGovernor.sol";
import {ISubnetPowers} from "../interfaces/ISubnetPowers.sol";

/// @title SubnetGovernor
/// @notice See {ISubnetGovernor}. One minimal clone for each governor.
contract SubnetGovernor
    is
        ISubnetGovernor,
        GovernorCountingSimpleUpgradeable,
        GovernorVotesUpgradeable,
        GovernorPreventLateQuorumUpgradeable,
        ERC2771ContextUpgradeable
    layout at erc7201("fizz.storage.SubnetGovernor")
{
    /// @inheritdoc ISubnetGovernor
    uint256 public constant override GRACE_SECONDS = 14 days;

    /// @inheritdoc ISubnetGovernor
    uint48 public constant override LATE_QUORUM_SECONDS = 2 days;

    /// @inheritdoc ISubnetGovernor
    uint256 public constant override MAX_CALLS = 8;

    /// @inheritdoc ISubnetGovernor
    uint256 public constant override MIN_EXECUTION_DELAY = 4 days;

    uint256 private constant _BPS = 10_000;
    uint256 private constant _SELECTOR_BYTES = 4;
    uint256 private constant _FIRST_ARGUMENT_END = 36;

    ISubnetPowers private immutable _REGISTRY;
    ISubnetBudgets private immutable _REWARDS;

    /// @inheritdoc ISubnetGovernor
    uint32 public override subnetId;

    Settings private _settings;

    /// @notice Fixes what all clones may call, and locks the implementation.
    /// @dev Requirements: a node's exit is shorter than {MIN_EXECUTION_DELAY}.
    /// @param registry The subnet registry.
    /// @param rewards The era rewards.
    /// @param nodes Where the nodes' exit is read.
    /// @param forwarder Trusted forwarder of meta-transactions.
    constructor(
        ISubnetPowers registry,
        ISubnetBudgets rewards,
        INodeExit nodes,
        address forwarder
    ) ERC2771ContextUpgradeable(forwarder) {
        uint256 exitSeconds = nodes.EXIT_SECONDS();
        if (exitSeconds >= MIN_EXECUTION_DELAY) revert SubnetGovernor_ExitTooLong(exitSeconds, MIN_EXECUTION_DELAY);

        _REGISTRY = registry;
        _REWARDS = rewards;
        _disableInitializers();
    }

    /// @notice Refused: the governor has no use for coins.
    receive() external payable override {
        revert SubnetGovernor_CoinsRefused(msg.value);
    }

    /// @inheritdoc ISubnetGovernor
    function initialize(uint32 subnetId_, IVotes votes, Settings calldata settings_) external override initializer {
        // Check: the subnet, and every setting within its bounds.
        if (subnetId_ == 0) revert SubnetGovernor_ZeroSubnet();
        _requireRange("votingDelay", settings_.votingDelay, 1 days, 14 days);
        _requireRange("votingPeriod", settings_.votingPeriod, 3 days, 30 days);
        _requireRange("executionDelay", settings_.executionDelay, MIN_EXECUTION_DELAY, 30 days);
        _requireRange("quorumBps", settings_.quorumBps, 1_000, 5_000);
        _requireRange("quorumFloor", settings_.quorumFloor, 0.1 ether, 1_000 ether);
        _requireRange("proposalThreshold", settings_.proposalThreshold, 0.01 ether, 100 ether);

        // Effect: fixed for good. The period is stored first: the late quorum is held against it.
        subnetId = subnetId_;
        _settings = settings_;
        __Governor_init("Fizz");
        __GovernorVotes_init(votes);
        __GovernorPreventLateQuorum_init(LATE_QUORUM_SECONDS);
    }

    /// @inheritdoc ISubnetGovernor
    function settings() external view override returns (Settings memory current) {
        return _settings;
    }

    /// @notice Unix time at which voting ends, as it stands. See {GovernorPreventLateQuorumUpgradeable}.
    /// @param proposalId Identifier of the proposal.
    /// @return deadline The time; 0 when there is no such proposal.
    function proposalDeadline(
        uint256 proposalId
    ) public view override(GovernorUpgradeable, GovernorPreventLateQuorumUpgradeable) returns (uint256 deadline) {
        return super.proposalDeadline(proposalId);
    }

    /// @notice Unix time from which a proposal can be executed if it succeeds: its deadline and the execution delay.
    /// @param proposalId Identifier of the proposal.
    /// @return eta The time; 0 when there is no such proposal.
    function proposalEta(uint256 proposalId) public view override returns (uint256 eta) {
        uint256 deadline = proposalDeadline(proposalId);
        return deadline == 0 ? 0 : deadline + _settings.executionDelay;
    }

    /// @notice Votes that a proposer needs, a second before it proposes.
    /// @return threshold The number.
    function proposalThreshold() public view override returns (uint256 threshold) {
        return _settings.proposalThreshold;
    }

    /// @notice Votes that must be for or abstaining: a part of all there were, and never less than the floor.
    /// @param timepoint Unix time in the past.
    /// @return votes The number.
    function quorum(uint256 timepoint) public view override returns (uint256 votes) {
        uint256 part = Math.mulDiv(
            token().getPastTotalSupply(timepoint),
            _settings.quorumBps,
            _BPS,
            Math.Rounding.Ceil
        );
        return Math.max(part, _settings.quorumFloor);
    }

    /// @notice State of a proposal. A won vote is Queued for the execution delay, Succeeded for {GRACE_SECONDS}, then
    /// Expired.
    /// @param proposalId Identifier of the proposal.
    /// @return current The state.
    function state(uint256 proposalId) public view override returns (ProposalState current) {
        // The core says Queued for every won vote, because each has an `eta`.
        current = super.state(proposalId);
        if (current != ProposalState.Queued) return current;

        uint256 eta = proposalEta(proposalId);
        if (block.timestamp < eta) return ProposalState.Queued;
        return block.timestamp <= eta + GRACE_SECONDS ? ProposalState.Succeeded : ProposalState.Expired;
    }

    /// @notice Seconds from a proposal until votes count.
    /// @return delay The time.
    function votingDelay() public view override returns (uint256 delay) {
        return _settings.votingDelay;
    }

    /// @notice Seconds in which one can vote.
    /// @return period The time.
    function votingPeriod() public view override returns (uint256 period) {
        return _settings.votingPeriod;
    }

    /// @dev Refuses what the governor may never do before anybody votes on it.
    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256 proposalId) {
        // Check: few calls, each one a power over this subnet. The core has compared the lengths.
        if (targets.length > MAX_CALLS) revert SubnetGovernor_TooManyCalls(targets.length, MAX_CALLS);
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        for (uint256 i = 0; i < targets.length; ++i) {
            if (values[i] != 0) revert SubnetGovernor_CoinsRefused(values[i]);
            _requirePower(i, targets[i], calldatas[i]);
        }
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override {
        if (msg.value != 0) revert SubnetGovernor_CoinsRefused(msg.value);
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _tallyUpdated(
        uint256 proposalId
    ) internal override(GovernorUpgradeable, GovernorPreventLateQuorumUpgradeable) {
        super._tallyUpdated(proposalId);
    }

    function _contextSuffixLength()
        internal
        view
        override(ContextUpgradeable, ERC2771ContextUpgradeable)
        returns (uint256 length)
    {
        return ERC2771ContextUpgradeable._contextSuffixLength();
    }

    function _msgData()
        internal
        view
        override(ContextUpgradeable, ERC2771ContextUpgradeable)
        returns (bytes calldata data)
    {
        return ERC2771ContextUpgradeable._msgData();
    }

    function _msgSender()
        internal
        view
        override(ContextUpgradeable, ERC2771ContextUpgradeable)
        returns (address sender)
    {
        return ERC2771ContextUpgradeable._msgSender();
    }

    /// @dev A power names its subnet in its first word.
    function _requirePower(uint256 index, address target, bytes memory data) private view {
        bytes4 selector = bytes4(data);
        if (data.length < _FIRST_ARGUMENT_END || !_isPower(target, selector)) {
            revert SubnetGovernor_ForbiddenCall(index, target, selector);
        }
        uint256 named = uint256(bytes32(Bytes.slice(data, _SELECTOR_BYTES, _FIRST_ARGUMENT_END)));
        if (named != subnetId) revert SubnetGovernor_ForeignSubnet(index, named, subnetId);
    }

    function _isPower(address target, bytes4 selector) private view returns (bool isPower) {
        if (target == address(_REWARDS)) return selector == ISubnetBudgets.setOwnLiveness.selector;
        if (target != address(_REGISTRY)) return false;
        return
            selector == ISubnetPowers.setCut.selector ||
            selector == ISubnetPowers.setAdmissionRules.selector ||
            selector == ISubnetPowers.setAdmitted.selector ||
            selector == ISubnetPowers.setGovernor.selector;
    }

    function _requireRange(bytes32 setting, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert SubnetGovernor_SettingOutOfRange(setting, value, min, max);
    }
}
