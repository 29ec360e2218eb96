// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICapacityRounds} from "../interfaces/ICapacityRounds.sol";
import {CapacityLedger} from "./CapacityLedger.sol";
import {SumTree} from "./SumTree.sol";

/// @title DirectAnswers
/// @notice Nodes that their gateway ignores: they answer on chain, and the gateway includes them or is convicted.
abstract contract DirectAnswers is CapacityLedger {
    using SafeCast for uint256;

    mapping(uint64 nodeId => mapping(uint32 subnetId => mapping(uint32 round => DirectAnswer answer)))
        private _directAnswers;

    /// @inheritdoc ICapacityRounds
    function answerDirectly(Answer calldata answer, bytes calldata signature) external payable override {
        (uint64 nodeId, uint32 subnetId, uint32 round) = (answer.nodeId, answer.subnetId, answer.round);
        Round storage record = _requireRound(round);

        // Check: in time, for this round, and a claim that stands for work.
        _requireNotAfter(record.answerBy);
        if (answer.seed != record.seed) revert CapacityRounds_WrongSeed(record.seed, answer.seed);
        if (_pointsOf(answer) == 0) revert CapacityRounds_ClaimNotProvable(answer.threads, answer.memoryMiB);

        // Check: a node that was on offer through the subnet says so, once. One that comes later waits for the next round.
        if (!_wasOnOffer(answer)) revert CapacityRounds_NotOnOffer(nodeId, subnetId, record.openedAt);
        bytes32 answerHash = _hashOf(answer);
        address operator = _NODES.operatorOf(nodeId);
        address signer = _signerOf(answerHash, signature);
        if (signer != operator) revert CapacityRounds_BadSignature(nodeId, operator, signer);
        DirectAnswer storage stored = _directAnswers[nodeId][subnetId][round];
        if (stored.answerHash != 0) revert CapacityRounds_AlreadyAnswered(nodeId, subnetId, round);

        // Effect: the gateway has to deal with it.
        stored.answerHash = answerHash;
        stored.payer = _msgSender();
        stored.deposit = uint256(_requireDeposit()).toUint88();
        emit AnsweredDirectly(nodeId, subnetId, round, answerHash);
    }

    /// @inheritdoc ICapacityRounds
    function showIncluded(RoundRoot calldata posted, LeafOpening calldata opening) external override {
        // Check: the leaf is posted, and it is the answer on chain.
        _requirePosted(posted);
        SumTree.requireLeaf(posted, opening);
        uint64 nodeId = opening.leaf.nodeId;
        DirectAnswer storage stored = _requireOpenAnswer(nodeId, posted.subnetId, posted.round);
        if (opening.leaf.answerHash != stored.answerHash) {
            revert CapacityRounds_WrongAnswer(stored.answerHash, opening.leaf.answerHash);
        }

        // Effect: settled; the deposit pays for showing it.
        stored.settled = true;
        emit InclusionShown(nodeId, posted.subnetId, posted.round);
        _credit(_subnetOwnerOf(posted.subnetId), stored.deposit);
    }

    /// @inheritdoc ICapacityRounds
    function settleOmission(uint64 nodeId, uint32 subnetId, uint32 round) external override {
        // Check: nobody showed it, and there was time.
        DirectAnswer storage stored = _requireOpenAnswer(nodeId, subnetId, round);
        _requireAfter(uint256(_rounds[round].postBy) + RESPONSE_SECONDS);

        // Effect: the gateway left the node out; the deposit goes back.
        stored.settled = true;
        _convict(Fault.Omission, nodeId, subnetId, round, 0);
        _credit(stored.payer, stored.deposit);
    }

    /// @inheritdoc ICapacityRounds
    function directAnswerOf(
        uint64 nodeId,
        uint32 subnetId,
        uint32 round
    ) external view override returns (DirectAnswer memory answer) {
        return _directAnswers[nodeId][subnetId][round];
    }

    function _subnetOwnerOf(uint32 subnetId) internal view returns (address owner) {
        (owner, , ) = _SUBNETS.cutOf(subnetId);
    }

    function _requireOpenAnswer(
        uint64 nodeId,
        uint32 subnetId,
        uint32 round
    ) private view returns (DirectAnswer storage stored) {
        stored = _directAnswers[nodeId][subnetId][round];
        if (stored.answerHash == 0 || stored.settled) revert CapacityRounds_NoDirectAnswer(nodeId, subnetId, round);
    }
}
