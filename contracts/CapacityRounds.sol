// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {CapacityLedger} from "./capacity/CapacityLedger.sol";
import {SegmentDisputes} from "./capacity/SegmentDisputes.sol";
import {ICapacityRounds} from "./interfaces/ICapacityRounds.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";

/// @title CapacityRounds
/// @notice See {ICapacityRounds}. Disputes, direct answers and the books are in `capacity/`; here is the life of a round.
contract CapacityRounds is SegmentDisputes {
    /// @inheritdoc ICapacityRounds
    uint40 public constant override ROUND_GAP_SECONDS = 1 hours;

    /// @notice Time for the work and the answer: two microseconds a label, and forty seconds for the network.
    uint40 public constant ANSWER_SECONDS = 240;

    /// @notice Time from the answers to the last block for the roots: the gateway verifies samples.
    uint40 public constant POST_SECONDS = 180;

    /// @notice Time after that in which anybody may ask for a leaf or a segment.
    uint40 public constant CHALLENGE_SECONDS = 24 hours;

    /// @notice Time that remains for verdicts once the last answer to a challenge was due.
    uint40 public constant SETTLE_SECONDS = 6 hours;

    /// @notice Most time that one round stands for.
    uint40 public constant MAX_COUNTED_SECONDS = 2 hours;

    /// @notice Fixes the contracts that it reads.
    /// @param nodeRegistry Where nodes and their keys are looked up.
    /// @param subnetRegistry Where gateways are looked up.
    /// @param leaseMarket Where leases are looked up.
    /// @param forwarder Trusted forwarder of meta-transactions.
    constructor(
        INodeRegistry nodeRegistry,
        ISubnetRegistry subnetRegistry,
        ILeaseMarket leaseMarket,
        address forwarder
    ) CapacityLedger(nodeRegistry, subnetRegistry, leaseMarket, forwarder) {}

    /// @inheritdoc ICapacityRounds
    function openRound() external override returns (uint32 round) {
        // Check: the last one opened long enough ago.
        uint256 last = _rounds[roundCount].openedAt;
        uint256 opensAt = last + ROUND_GAP_SECONDS;
        if (last != 0 && block.timestamp < opensAt) revert CapacityRounds_RoundTooEarly(opensAt, block.timestamp);

        // Effect: fix the seed and every deadline.
        round = ++roundCount;
        uint40 openedAt = uint40(block.timestamp);
        uint40 postBy = openedAt + ANSWER_SECONDS + POST_SECONDS;
        uint256 counted = last == 0 ? ROUND_GAP_SECONDS : Math.min(block.timestamp - last, MAX_COUNTED_SECONDS);
        Difficulty memory difficulty = _difficulty();
        Round memory record = Round({
            seed: keccak256(
                abi.encode(block.prevrandao, blockhash(block.number - 1), block.chainid, address(this), round)
            ),
            openedAt: openedAt,
            answerBy: openedAt + ANSWER_SECONDS,
            postBy: postBy,
            challengeBy: postBy + CHALLENGE_SECONDS,
            finalAt: postBy + CHALLENGE_SECONDS + RESPONSE_SECONDS + SETTLE_SECONDS,
            secondsCounted: uint16(counted), // at most MAX_COUNTED_SECONDS
            cpuStepsLog2: difficulty.cpuStepsLog2,
            memoryStepsLog2: difficulty.memoryStepsLog2,
            cpuWindowLog2: difficulty.cpuWindowLog2,
            leaseCount: uint64(_MARKET.leaseCount())
        });
        _rounds[round] = record;
        emit RoundOpened(round, record.seed, record.answerBy, postBy);
    }

    /// @inheritdoc ICapacityRounds
    function post(RoundRoot calldata posted) external override {
        (uint32 subnetId, uint32 round) = (posted.subnetId, posted.round);

        // Check: the gateway posts something, once, when all answers are there and before it is too late.
        address caller = _msgSender();
        if (_SUBNETS.subnetIdOf(caller) != subnetId || subnetId == 0) {
            revert CapacityRounds_NotGateway(subnetId, caller);
        }
        Round storage record = _requireRound(round);
        _requireAfter(record.answerBy);
        _requireNotAfter(record.postBy);
        if (posted.root == 0 || posted.leafCount == 0) revert CapacityRounds_EmptyRoot(subnetId, round);
        if (_postedHashOf[subnetId][round] != 0) revert CapacityRounds_AlreadyPosted(subnetId, round);

        // Effect: one word, for any number of nodes.
        _postedHashOf[subnetId][round] = _hashOf(posted);
        emit RootPosted({
            subnetId: subnetId,
            round: round,
            root: posted.root,
            leafCount: posted.leafCount,
            totalPoints: posted.totalPoints
        });
    }

    /// @inheritdoc ICapacityRounds
    function finalise(RoundRoot calldata posted) external override {
        (uint32 subnetId, uint32 round) = (posted.subnetId, posted.round);
        _requirePosted(posted);
        Round storage record = _rounds[round];

        // Check: nothing can be taken off any more, it was not counted, and the subnet has a stake to lose.
        _requireAfter(record.finalAt);
        (, , bool active) = _SUBNETS.cutOf(subnetId);
        if (!active) revert CapacityRounds_SubnetInactive(subnetId);
        RootState storage state = _rootStateOf[subnetId][round];
        if (state.isFinal) revert CapacityRounds_AlreadyFinal(subnetId, round);

        // Effect: count what stands.
        state.isFinal = true;
        uint64 points = state.isVoid ? 0 : posted.totalPoints - state.voidedPoints;
        _provenPointSecondsOf[subnetId] += uint256(points) * record.secondsCounted;
        emit RoundFinalised(subnetId, round, points, record.secondsCounted);
    }

    /// @dev What a round asks for: 2 MiB scratchpads, chains of 2^25 and 2^26 labels. Tests ask for less.
    function _difficulty() internal pure virtual returns (Difficulty memory difficulty) {
        return Difficulty({cpuStepsLog2: 25, memoryStepsLog2: 26, cpuWindowLog2: 16});
    }
}
