// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICapacityRounds} from "../interfaces/ICapacityRounds.sol";
import {LeafDisputes} from "./LeafDisputes.sol";
import {WorkChain} from "./WorkChain.sol";

/// @title SegmentDisputes
/// @notice Whether the work behind an answer was done: one segment is opened and executed.
abstract contract SegmentDisputes is LeafDisputes {
    uint256 private _challengeCount;
    mapping(uint256 challengeId => Challenge challenge) private _challenges;

    /// @inheritdoc ICapacityRounds
    function proveFalseSegment(Exhibit calldata exhibit, SegmentOpening calldata segment) external override {
        // Check: the node stands behind its answer, and a label under its root is wrong.
        _requireRightExhibit(exhibit);
        _requireNotFinal(exhibit.posted);
        (bool right, ) = _check(exhibit.answer, segment);
        if (right) revert CapacityRounds_SegmentRight(segment.lane, segment.segment);

        // Effect: its leaf is void.
        _convictNode(exhibit);
    }

    /// @inheritdoc ICapacityRounds
    function challengeSegment(
        Exhibit calldata exhibit,
        Kind kind,
        uint16 lane,
        uint32 segment
    ) external payable override returns (uint256 challengeId) {
        // Check: the node stands behind its answer, there is such a segment, and time to ask for it.
        _requireRightExhibit(exhibit);
        Answer calldata answer = exhibit.answer;
        _requireNotAfter(_rounds[answer.round].challengeBy);
        if (lane >= answer.threads || segment >> _segmentsLog2(answer, kind) != 0) {
            revert CapacityRounds_NoSuchSegment(lane, segment);
        }

        // Effect: the clock of the node runs.
        uint40 deadline = uint40(block.timestamp) + RESPONSE_SECONDS;
        challengeId = ++_challengeCount;
        _challenges[challengeId] = Challenge({
            challenger: _msgSender(),
            deposit: _requireDeposit(),
            answerHash: exhibit.opening.leaf.answerHash,
            nodeId: answer.nodeId,
            subnetId: answer.subnetId,
            round: answer.round,
            deadline: deadline,
            points: exhibit.opening.leaf.points,
            kind: kind,
            lane: lane,
            segment: segment
        });
        emit SegmentChallenged({
            challengeId: challengeId,
            nodeId: answer.nodeId,
            round: answer.round,
            kind: kind,
            lane: lane,
            segment: segment,
            deadline: deadline
        });
    }

    /// @inheritdoc ICapacityRounds
    function showSegment(
        uint256 challengeId,
        Answer calldata answer,
        SegmentOpening calldata opening
    ) external override {
        Challenge memory challenge = _requireChallenge(challengeId);

        // Check: in time, and it is the segment that was asked for.
        _requireNotAfter(challenge.deadline);
        bytes32 answerHash = _hashOf(answer);
        if (answerHash != challenge.answerHash) revert CapacityRounds_WrongAnswer(challenge.answerHash, answerHash);
        bool isAsked =
            opening.kind == challenge.kind && opening.lane == challenge.lane && opening.segment == challenge.segment;
        if (!isAsked) revert CapacityRounds_WrongSegment(opening.lane, opening.segment);

        // Check: the work was done.
        (bool right, uint256 label) = _check(answer, opening);
        if (!right) revert CapacityRounds_SegmentFalse(label);

        // Effect: the deposit pays for showing it.
        delete _challenges[challengeId];
        emit SegmentShown(challengeId);
        _credit(_NODES.ownerOf(challenge.nodeId), challenge.deposit);
    }

    /// @inheritdoc ICapacityRounds
    function settleChallenge(uint256 challengeId) external override {
        Challenge memory challenge = _requireChallenge(challengeId);
        _requireAfter(challenge.deadline);

        // Effect: the leaf is void, and the deposit goes back.
        delete _challenges[challengeId];
        Verdict memory verdict = Verdict({
            fault: Fault.FalseCapacity,
            nodeId: challenge.nodeId,
            subnetId: challenge.subnetId,
            round: challenge.round,
            decidedAt: 0,
            reporter: challenge.challenger
        });
        _decide(verdict, challenge.points);
        _credit(challenge.challenger, challenge.deposit);
    }

    /// @inheritdoc ICapacityRounds
    function challengeOf(uint256 challengeId) external view override returns (Challenge memory challenge) {
        return _challenges[challengeId];
    }

    /// @dev Executes an opened segment of an answer whose claim is provable.
    function _check(
        Answer calldata answer,
        SegmentOpening calldata opening
    ) private view returns (bool right, uint256 label) {
        Kind kind = opening.kind;
        uint256 lane = opening.lane;
        if (lane >= answer.threads) revert CapacityRounds_NoSuchSegment(opening.lane, opening.segment);
        bytes32 nodeSeed = keccak256(abi.encode(answer.seed, answer.nodeId, answer.subnetId, answer.round));
        uint256 segmentsLog2 = _segmentsLog2(answer, kind);
        WorkChain.Chain memory chain = WorkChain.Chain({
            laneSeed: keccak256(abi.encode(nodeSeed, kind, lane)),
            root: kind == Kind.Cpu ? answer.cpuRoot : answer.memoryRoot,
            window: kind == Kind.Cpu ? 1 << _rounds[answer.round].cpuWindowLog2 : _memoryWindowOf(answer),
            segmentsLog2: segmentsLog2,
            depth: segmentsLog2 + Math.log2(answer.threads, Math.Rounding.Ceil)
        });
        return WorkChain.check(chain, opening);
    }

    function _segmentsLog2(Answer calldata answer, Kind kind) private view returns (uint256 segmentsLog2) {
        Round storage record = _rounds[answer.round];
        return (kind == Kind.Cpu ? record.cpuStepsLog2 : record.memoryStepsLog2) - WorkChain.LABELS_LOG2;
    }

    function _requireChallenge(uint256 challengeId) private view returns (Challenge memory challenge) {
        challenge = _challenges[challengeId];
        if (challenge.deadline == 0) revert CapacityRounds_ChallengeNotFound(challengeId);
    }
}
