// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {Penalties} from "../libraries/Penalties.sol";
import {SlasherHashes} from "../libraries/SlasherHashes.sol";
import {Evidence} from "./Evidence.sol";

/// @title Reports
/// @notice The life of a report: filed, then appealed, compensated, settled or lapsed.
abstract contract Reports is Evidence {
    using SafeCast for uint256;

    /// @inheritdoc ISlasher
    uint40 public constant override PULSE_GRACE_SECONDS = 15 minutes;

    /// @inheritdoc ISlasher
    uint16 public constant override ANSWER_BPS = 2_000;

    uint40 private constant _FALSE_CAPACITY_SUSPENSION = 7 days;
    uint40 private constant _ABANDONMENT_SUSPENSION = 3 days;
    uint40 private constant _NO_SHOW_SUSPENSION = 7 days;
    uint32 private constant _NO_SHOWS_TO_SUSPEND = 3;

    /// @dev While a report is open, the hash of its record; then its state. No hash is as small as a state.
    mapping(bytes32 reportId => bytes32 recordHashOrState) private _reports;

    /// @dev Until then something that was reported of a gateway may be settled.
    mapping(uint32 subnetId => uint40 until) internal _reportsUntil;

    /// @inheritdoc ISlasher
    function appeal(
        Report memory report,
        Pulse calldata pulse,
        bytes calldata nodeSignature,
        bytes calldata gatewaySignature,
        bytes32[] calldata proof
    ) external override {
        bytes32 reportId = _requireAnswerable(report);

        // Check: the pulse shows that the node served this lease at the time of the report, or after.
        if (report.offence != Offence.Abandonment) revert Slasher_NotAppealable(reportId, report.offence);
        _requirePulseAnswers(report, pulse);
        bytes32 leaseHash = _MARKET.leaseOf(uint256(report.fact)).leaseHash;
        _requireServed(pulse, leaseHash, proof);

        // Check: the node and a gateway of it say so.
        _requireNodeSigned(pulse, nodeSignature);
        _requireGatewaySigned(pulse, gatewaySignature);
        (bool joined, ) = _NODES.membershipOf(pulse.nodeId, pulse.subnetId);
        if (!joined) revert Slasher_NotInSubnet(pulse.nodeId, pulse.subnetId);

        // Effect: over; whoever was wrong pays.
        bool forfeited = pulse.subnetId == report.subnetId;
        _end(reportId, ReportState.Appealed);
        if (forfeited) {
            uint256 toNode = (report.deposit * uint256(ANSWER_BPS)) / _BPS;
            _credit(_NODES.ownerOf(report.nodeId), toNode);
            _credit(pool, report.deposit - toNode);
        } else {
            _credit(report.reporter, report.deposit);
        }
        emit ReportAppealed(reportId, report.nodeId, report.deposit, forfeited);
    }

    /// @inheritdoc ISlasher
    function compensate(Report memory report) external payable override {
        bytes32 reportId = _requireAnswerable(report);
        if (msg.value != report.amount) revert Slasher_WrongCompensation(msg.value, report.amount);

        // Effect: over; what was paid goes where a slash would.
        _end(reportId, ReportState.Compensated);
        _credit(report.reporter, report.deposit);
        _share(report, msg.value, report.harm);
        emit ReportCompensated(reportId, _msgSender(), msg.value);
    }

    /// @inheritdoc ISlasher
    function settle(Report memory report) external override {
        bytes32 reportId = _requireOpen(report);

        // Check: the accused had its time, and the report holds.
        if (block.timestamp <= report.appealUntil) revert Slasher_AppealRunning(reportId, report.appealUntil);
        if (block.timestamp >= report.lapsesAt) revert Slasher_Lapsed(reportId, report.lapsesAt);

        // Effect: over, before anything moves.
        _end(reportId, ReportState.Settled);
        _credit(report.reporter, report.deposit);

        // Interaction: with our own contracts only. They take what is there, and send it here.
        bool fizz = report.accused == Accused.FizzNode;
        uint256 fromHeld = 0;
        uint256 left = report.amount;
        uint256 fromRewards = fizz ? _slashCredit(report.nodeId, left) : 0;
        left -= fromRewards;
        if (report.offence == Offence.Abandonment) {
            fromHeld = _METERS.forfeitHeld(uint256(report.fact));
            if (report.native && fizz) left -= Math.min(left, fromHeld);
        }
        uint256 fromStake = _slash(report, Math.min(left, report.stakeCap));
        left -= fromStake;
        // What a community node could not pay now comes off its next rewards.
        if (fizz && left != 0) fromRewards += _REWARDS.slashRewards(report.nodeId, left);
        _share(report, fromStake, report.native ? report.harm - Math.min(report.harm, fromHeld) : report.harm);
        _suspend(report);
        emit ReportSettled(reportId, fromRewards, fromHeld, fromStake);
    }

    /// @inheritdoc ISlasher
    function lapse(Report memory report) external override {
        bytes32 reportId = _requireOpen(report);
        if (block.timestamp < report.lapsesAt) revert Slasher_NotLapsed(reportId, report.lapsesAt);

        // Effect: over; nobody was wrong as far as anybody knows.
        _end(reportId, ReportState.Lapsed);
        _credit(report.reporter, report.deposit);
        emit ReportLapsed(reportId);
    }

    /// @inheritdoc ISlasher
    function reportStateOf(bytes32 reportId) public view override returns (ReportState state) {
        uint256 stored = uint256(_reports[reportId]);
        return stored > uint256(type(ReportState).max) ? ReportState.Open : ReportState(stored);
    }

    /// @dev Fills in what the penalty, the rules and the clock say, holds the stake, and stores the hash.
    function _file(Report memory report) internal returns (bytes32 reportId) {
        reportId = SlasherHashes.ofReport(report.offence, report.fact);

        // Check: once per fact. A lease can be abandoned after the node had answered.
        ReportState state = reportStateOf(reportId);
        bool again = state == ReportState.Appealed && report.offence == Offence.Abandonment;
        if (state != ReportState.None && !again) revert Slasher_AlreadyReported(reportId, state);

        // Effect: fix everything now, and hold the stake.
        Rules memory rules = currentRules();
        // Who reports without proof has the harm made good, and earns nothing on top.
        report.reporterCutBps = report.offence == Offence.Abandonment ? 0 : rules.reporterCutBps;
        report.reportedAt = uint40(block.timestamp);
        report.appealUntil = uint40(block.timestamp) + rules.appealSeconds;
        report.lapsesAt = uint40(block.timestamp) + rules.lockSeconds;
        _hold(report);
        _reports[reportId] = keccak256(abi.encode(report));
        emit ReportFiled(reportId, report.nodeId, report.subnetId, report);
    }

    function _end(bytes32 reportId, ReportState state) private {
        _reports[reportId] = bytes32(uint256(state));
    }

    /// @dev What is staked now is what the report can reach; what is added later it does not touch.
    function _hold(Report memory report) private {
        bool gateway = report.accused == Accused.Gateway;
        uint256 staked = gateway ? _STAKES.stakeOf(report.subnetId).amount : _BONDS.bondOf(report.nodeId).amount;
        report.amount = Penalties.amountOf(report.offence, report.accused, staked).toUint96();
        report.stakeCap = uint96(Math.min(report.amount, staked));
        if (gateway) {
            if (report.lapsesAt > _reportsUntil[report.subnetId]) _reportsUntil[report.subnetId] = report.lapsesAt;
        }
        if (report.stakeCap == 0) return;
        report.locked =
            gateway
                ? _STAKES.lockStake(report.subnetId, report.stakeCap, report.lapsesAt)
                : _BONDS.lockBond(report.nodeId, report.stakeCap, report.lapsesAt);
    }

    /// @dev Rewards that are there now, and no more of them: else a node would owe what its bond pays.
    function _slashCredit(uint64 nodeId, uint256 amount) private returns (uint256 taken) {
        (uint256 credit, ) = _CREDITS.creditOf(nodeId);
        amount = Math.min(amount, credit);
        return amount == 0 ? 0 : Math.min(amount, _REWARDS.slashRewards(nodeId, amount));
    }

    /// @dev Unlocks only what it takes: the rest may be what another report counts on, and expires by itself.
    function _slash(Report memory report, uint256 amount) private returns (uint256 taken) {
        if (amount == 0) return 0;
        if (report.accused == Accused.Gateway) {
            taken = _STAKES.slashStake(report.subnetId, uint96(amount));
            _STAKES.unlockStake(report.subnetId, uint96(Math.min(taken, report.locked)));
        } else {
            taken = _BONDS.slashBond(report.nodeId, uint96(amount));
            _BONDS.unlockBond(report.nodeId, uint96(Math.min(taken, report.locked)));
        }
    }

    function _suspend(Report memory report) private {
        uint40 time = _suspensionOf(report);
        if (time == 0) return;
        // A node on its way out stays on it: that must not stop the settlement.
        try _BONDS.suspend(report.nodeId, uint40(block.timestamp) + time) {
            return;
        } catch {
            return;
        }
    }

    function _suspensionOf(Report memory report) private view returns (uint40 time) {
        if (report.offence == Offence.FalseCapacity) return _FALSE_CAPACITY_SUSPENSION;
        if (report.offence == Offence.Abandonment) return _ABANDONMENT_SUSPENSION;
        if (report.offence != Offence.NoShow) return 0;
        return _MARKET.strikesOf(report.nodeId) >= _NO_SHOWS_TO_SUSPEND ? _NO_SHOW_SUSPENSION : 0;
    }

    function _requireOpen(Report memory report) private view returns (bytes32 reportId) {
        reportId = SlasherHashes.ofReport(report.offence, report.fact);
        ReportState state = reportStateOf(reportId);
        if (state != ReportState.Open) revert Slasher_NotOpen(reportId, state);
        bytes32 given = keccak256(abi.encode(report));
        if (given != _reports[reportId]) revert Slasher_WrongReport(reportId, _reports[reportId], given);
    }

    function _requireAnswerable(Report memory report) private view returns (bytes32 reportId) {
        reportId = _requireOpen(report);
        if (block.timestamp > report.appealUntil) revert Slasher_AppealOver(reportId, report.appealUntil);
    }

    function _requirePulseAnswers(Report memory report, Pulse calldata pulse) private view {
        if (pulse.nodeId != report.nodeId) revert Slasher_PulseNotForNode(report.nodeId, pulse.nodeId);
        uint256 earliest = report.reportedAt - PULSE_GRACE_SECONDS;
        if (pulse.at < earliest) revert Slasher_PulseTooEarly(pulse.at, earliest);
        if (pulse.at > block.timestamp) revert Slasher_InTheFuture(pulse.at, block.timestamp);
    }
}
