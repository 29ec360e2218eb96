// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ICapacityVerdicts} from "./ICapacityVerdicts.sol";

/// @title ICapacityRounds
/// @notice Proof of capacity. About once an hour a round opens for all subnets at once: every node works on chains that
/// follow from the round's seed, commits to them, and its gateway posts one root for all nodes that passed. Every leaf
/// of that root can be disputed, and the chain decides by itself. `docs/CAPACITY.md` describes the scheme.
interface ICapacityRounds is ICapacityVerdicts {
    /// @notice What a chain of labels proves: a thread with its cache, or memory.
    enum Kind {
        Cpu,
        Memory
    }

    /// @notice One round. All of it is fixed when it opens.
    /// @param seed From the randomness of the block in which it opened.
    /// @param openedAt Unix time at which the work begins.
    /// @param answerBy Last Unix time for an answer on chain; nodes answer their gateways by then. Roots come later.
    /// @param postBy Last Unix time of a block in which a gateway posts.
    /// @param challengeBy Last Unix time for a challenge or a demand.
    /// @param finalAt After this Unix time nothing is taken off any more.
    /// @param secondsCounted Time that the round stands for.
    /// @param cpuStepsLog2 A thread's CPU chain has 2^cpuStepsLog2 labels.
    /// @param memoryStepsLog2 A thread's memory chain has 2^memoryStepsLog2 labels.
    /// @param cpuWindowLog2 The CPU scratchpad has 2^cpuWindowLog2 labels of 32 bytes.
    /// @param leaseCount Leases opened so far: what they reserve is not free.
    struct Round {
        // slot 0
        bytes32 seed;
        // slot 1
        uint40 openedAt;
        uint40 answerBy;
        uint40 postBy;
        uint40 challengeBy;
        uint40 finalAt;
        uint16 secondsCounted;
        uint8 cpuStepsLog2;
        uint8 memoryStepsLog2;
        uint8 cpuWindowLog2;
        // slot 2
        uint64 leaseCount;
    }

    /// @notice What a node says it has free, and commits to. Signed by its operator as EIP-712 `CapacityAnswer`.
    /// @param nodeId Node.
    /// @param subnetId Subnet that it answers through.
    /// @param round Round.
    /// @param seed Seed of the round.
    /// @param threads Free threads; one CPU chain and one memory chain each.
    /// @param memoryMiB Free memory, shared out over the threads' memory chains.
    /// @param gpuUnits Free GPUs; proven to the gateway only.
    /// @param cpuTier Performance tier of the CPU, at most the registered one.
    /// @param gpuTier Performance tier of the GPU, at most the registered one.
    /// @param cpuRoot Merkle root over the segments of all CPU chains.
    /// @param memoryRoot Merkle root over the segments of all memory chains.
    /// @param offChainRoot Commitment to disk and GPU work, which only the gateway checks.
    struct Answer {
        uint64 nodeId;
        uint32 subnetId;
        uint32 round;
        bytes32 seed;
        uint16 threads;
        uint32 memoryMiB;
        uint16 gpuUnits;
        uint16 cpuTier;
        uint16 gpuTier;
        bytes32 cpuRoot;
        bytes32 memoryRoot;
        bytes32 offChainRoot;
    }

    /// @notice What a gateway posts for a round: the Merkle sum tree over the nodes that passed, by rising node id.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @param root Hash at the top.
    /// @param leafCount Number of leaves, not zero.
    /// @param totalPoints Sum at the top, in tenths of a point.
    struct RoundRoot {
        uint32 subnetId;
        uint32 round;
        bytes32 root;
        uint32 leafCount;
        uint64 totalPoints;
    }

    /// @notice One node that passed.
    /// @param nodeId Node.
    /// @param points Tenths of a point, as {pointsOf} gives for its answer.
    /// @param answerHash EIP-712 struct hash of its answer.
    /// @param signatureHash keccak256 of the operator's signature of that answer.
    struct Leaf {
        uint64 nodeId;
        uint32 points;
        bytes32 answerHash;
        bytes32 signatureHash;
    }

    /// @notice A leaf and its way to the top.
    /// @param leaf The leaf.
    /// @param index Its place, counted from 0.
    /// @param hashes Sibling hashes from the leaf up.
    /// @param sums Points under each sibling.
    struct LeafOpening {
        Leaf leaf;
        uint32 index;
        bytes32[] hashes;
        uint64[] sums;
    }

    /// @notice A leaf with all that it stands for.
    /// @param posted Root that holds it.
    /// @param opening The leaf.
    /// @param answer Preimage of its answer hash.
    /// @param signature Preimage of its signature hash.
    struct Exhibit {
        RoundRoot posted;
        LeafOpening opening;
        Answer answer;
        bytes signature;
    }

    /// @notice A segment of 16 labels with its Merkle proof.
    /// @param labels 512 bytes.
    /// @param path Siblings from the segment up.
    struct Part {
        bytes labels;
        bytes32[] path;
    }

    /// @notice A segment and all that its labels were made of.
    /// @param kind Which root it is under.
    /// @param lane Chain, one per thread.
    /// @param segment Place in the chain.
    /// @param parts The segment itself; the one before it, unless it is the first; then, label by label, each segment
    /// that is pointed to and is neither of these.
    struct SegmentOpening {
        Kind kind;
        uint16 lane;
        uint32 segment;
        Part[] parts;
    }

    /// @notice A segment that somebody asked for and nobody has shown yet.
    /// @param challenger Who asked.
    /// @param deposit Wei that go to the node's owner when the segment is shown, else back.
    /// @param answerHash Answer that must hold it.
    /// @param nodeId Who answered.
    /// @param subnetId Through which subnet.
    /// @param round In which round.
    /// @param deadline Last Unix time to show it.
    /// @param points Points of the leaf.
    /// @param kind Kind of the chain.
    /// @param lane Chain.
    /// @param segment Place in the chain.
    struct Challenge {
        // slot 0
        address challenger;
        uint96 deposit;
        // slot 1
        bytes32 answerHash;
        // slot 2
        uint64 nodeId;
        uint32 subnetId;
        uint32 round;
        uint40 deadline;
        uint32 points;
        Kind kind;
        uint16 lane;
        // slot 3
        uint32 segment;
    }

    /// @notice A leaf that somebody asked for and nobody has shown yet.
    /// @param challenger Who asked.
    /// @param deposit Wei that go to the subnet's owner when the leaf is shown, else back.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @param index Place of the leaf.
    /// @param deadline Last Unix time to show it.
    struct Demand {
        // slot 0
        address challenger;
        uint96 deposit;
        // slot 1
        uint32 subnetId;
        uint32 round;
        uint32 index;
        uint40 deadline;
    }

    /// @notice An answer that was given on chain.
    /// @param answerHash The answer; zero when there is none.
    /// @param payer Who brought it.
    /// @param deposit Wei that go to the subnet's owner when the node is included, else back.
    /// @param settled Whether it was shown to be included, or an omission.
    struct DirectAnswer {
        // slot 0
        bytes32 answerHash;
        // slot 1
        address payer;
        uint88 deposit;
        bool settled;
    }

    /// @notice A round opened.
    /// @param round Number, counted from 1, the same for all subnets.
    /// @param seed What all work follows from.
    /// @param answerBy Last Unix time for answers.
    /// @param postBy Last Unix time for roots.
    event RoundOpened(uint32 indexed round, bytes32 seed, uint40 answerBy, uint40 postBy);

    /// @notice A gateway posted its root.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @param root Hash at the top.
    /// @param leafCount Nodes that passed.
    /// @param totalPoints Their points.
    event RootPosted(uint32 indexed subnetId, uint32 indexed round, bytes32 root, uint32 leafCount, uint64 totalPoints);

    /// @notice A node answered on chain: its gateway must include it.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @param answerHash Hash of the answer, which is in the call data.
    event AnsweredDirectly(uint64 indexed nodeId, uint32 indexed subnetId, uint32 indexed round, bytes32 answerHash);

    /// @notice An answer given on chain was shown to be in the posted root.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @param round Round.
    event InclusionShown(uint64 indexed nodeId, uint32 indexed subnetId, uint32 indexed round);

    /// @notice Somebody asks the gateway to show a leaf.
    /// @param demandId Identifier, counted from 1.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @param index Place of the leaf.
    /// @param deadline Last Unix time to show it.
    event LeafDemanded(
        uint256 indexed demandId,
        uint32 indexed subnetId,
        uint32 indexed round,
        uint32 index,
        uint40 deadline
    );

    /// @notice The leaf was shown, and it is right.
    /// @param demandId The demand.
    event LeafShown(uint256 indexed demandId);

    /// @notice Somebody asks the node to show a segment.
    /// @param challengeId Identifier, counted from 1.
    /// @param nodeId Node.
    /// @param round Round.
    /// @param kind Kind of the chain.
    /// @param lane Chain.
    /// @param segment Place in the chain.
    /// @param deadline Last Unix time to show it.
    event SegmentChallenged(
        uint256 indexed challengeId,
        uint64 indexed nodeId,
        uint32 indexed round,
        Kind kind,
        uint16 lane,
        uint32 segment,
        uint40 deadline
    );

    /// @notice The segment was shown, and it is right.
    /// @param challengeId The challenge.
    event SegmentShown(uint256 indexed challengeId);

    /// @notice A dispute was decided.
    /// @param verdictId See {verdictIdOf}.
    /// @param fault What was proven.
    /// @param nodeId Node concerned; 0 when there is none.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @param reporter Who brought the evidence.
    event VerdictReached(
        bytes32 indexed verdictId,
        Fault fault,
        uint64 indexed nodeId,
        uint32 indexed subnetId,
        uint32 round,
        address reporter
    );

    /// @notice What passed in a round was counted.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @param points Points that stand, in tenths.
    /// @param secondsCounted Time that the round stands for.
    event RoundFinalised(uint32 indexed subnetId, uint32 indexed round, uint64 points, uint16 secondsCounted);

    /// @notice A deposit was forfeited or came back.
    /// @param account Who may withdraw it.
    /// @param amount Wei.
    event DepositCredited(address indexed account, uint256 amount);

    /// @notice Credited deposits were paid out.
    /// @param account Who got them.
    /// @param amount Wei.
    event DepositsWithdrawn(address indexed account, uint256 amount);

    error CapacityRounds_RoundTooEarly(uint256 opensAt, uint256 time);
    error CapacityRounds_RoundNotFound(uint32 round);
    error CapacityRounds_TooLate(uint256 deadline, uint256 time);
    error CapacityRounds_TooEarly(uint256 notBefore, uint256 time);
    error CapacityRounds_NotGateway(uint32 subnetId, address caller);
    error CapacityRounds_SubnetInactive(uint32 subnetId);
    error CapacityRounds_AlreadyPosted(uint32 subnetId, uint32 round);
    error CapacityRounds_NotPosted(uint32 subnetId, uint32 round, bytes32 stored, bytes32 given);
    error CapacityRounds_EmptyRoot(uint32 subnetId, uint32 round);
    error CapacityRounds_AlreadyFinal(uint32 subnetId, uint32 round);
    error CapacityRounds_WrongAnswer(bytes32 expected, bytes32 given);
    error CapacityRounds_WrongSignature(bytes32 expected, bytes32 given);
    error CapacityRounds_BadSignature(uint64 nodeId, address operator, address signer);
    error CapacityRounds_ClaimNotProvable(uint16 threads, uint32 memoryMiB);
    error CapacityRounds_WrongSeed(bytes32 expected, bytes32 given);
    error CapacityRounds_NotOnOffer(uint64 nodeId, uint32 subnetId, uint256 openedAt);
    error CapacityRounds_AlreadyAnswered(uint64 nodeId, uint32 subnetId, uint32 round);
    error CapacityRounds_NoDirectAnswer(uint64 nodeId, uint32 subnetId, uint32 round);
    error CapacityRounds_LeafNotFound(uint32 index, uint32 leafCount);
    error CapacityRounds_LeafNotUnderRoot(uint32 index, bytes32 computed, uint256 sum);
    error CapacityRounds_SumBeyondLeaves(uint32 index, uint64 sum);
    error CapacityRounds_LeafRight(uint64 nodeId);
    error CapacityRounds_LeafFalse(uint64 nodeId);
    error CapacityRounds_InOrder(uint64 earlierNodeId, uint64 laterNodeId);
    error CapacityRounds_WrongOrder(uint32 earlierIndex, uint32 laterIndex);
    error CapacityRounds_LeaseNotCounted(uint256 lid);
    error CapacityRounds_TooManyLeases(uint256 given, uint256 max);
    error CapacityRounds_ClaimFree(uint64 nodeId);
    error CapacityRounds_NoSuchSegment(uint16 lane, uint32 segment);
    error CapacityRounds_WrongSegment(uint16 lane, uint32 segment);
    error CapacityRounds_WrongPartCount(uint256 expected, uint256 given);
    error CapacityRounds_WrongPartSize(uint256 part, uint256 labelBytes, uint256 pathLength);
    error CapacityRounds_PartNotUnderRoot(uint256 part, bytes32 computed, bytes32 root);
    error CapacityRounds_SegmentRight(uint16 lane, uint32 segment);
    error CapacityRounds_SegmentFalse(uint256 label);
    error CapacityRounds_ChallengeNotFound(uint256 challengeId);
    error CapacityRounds_DemandNotFound(uint256 demandId);
    error CapacityRounds_AlreadyDecided(bytes32 verdictId);
    error CapacityRounds_DepositTooLow(uint256 sent, uint256 required);
    error CapacityRounds_NothingToWithdraw(address account);
    error CapacityRounds_TransferFailed(address account, uint256 amount);

    /// @notice Opens the next round, for all subnets. Its seed comes from this block's and the last block's randomness.
    /// @dev Emits {RoundOpened}. Anyone may call. Requirements: the last round opened {ROUND_GAP_SECONDS} ago or more.
    /// @return round Number of the round.
    function openRound() external returns (uint32 round);

    /// @notice Posts the root over all nodes of a subnet that passed a round. Once.
    /// @dev Emits {RootPosted}. Requirements: caller is the operator of the subnet's gateway; the round exists, its
    /// `answerBy` is over, so that no answer comes later, and its `postBy` is not; nothing was posted; the root and the
    /// number of leaves are not zero.
    /// @param posted The root.
    function post(RoundRoot calldata posted) external;

    /// @notice Answers on chain, for a node that its gateway ignores. Anyone may bring the answer.
    /// @dev Emits {AnsweredDirectly}. The gateway includes it, doubts it by a challenge, or is convicted of omission.
    ///
    /// Requirements:
    /// - `answerBy` of the round is not over; the answer names its seed; the claim is provable.
    /// - The node was Active and in the subnet when the round opened, its operator signed, and nothing was answered on
    /// chain before.
    /// - The value is at least {depositNow}.
    ///
    /// @param answer The answer.
    /// @param signature 65 bytes of the node's operator.
    function answerDirectly(Answer calldata answer, bytes calldata signature) external payable;

    /// @notice Shows that a node that answered on chain is in the root, with that answer.
    /// @dev Emits {InclusionShown} and {DepositCredited} to the subnet's owner. Requirements: the root was posted and
    /// holds the leaf; the leaf has the hash of the answer on chain; that one is not settled.
    /// @param posted The root.
    /// @param opening The leaf.
    function showIncluded(RoundRoot calldata posted, LeafOpening calldata opening) external;

    /// @notice Convicts a gateway that left out a node which answered on chain.
    /// @dev Emits {VerdictReached} (Omission) and {DepositCredited} to who brought the answer. Requirements: an answer on
    /// chain that is not settled; {RESPONSE_SECONDS} are over since `postBy`.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @param round Round.
    function settleOmission(uint64 nodeId, uint32 subnetId, uint32 round) external;

    /// @notice Asks the gateway to show the leaf at a place of its root, with answer and signature.
    /// @dev Emits {LeafDemanded}. Requirements: posted; `challengeBy` is not over; the place exists; the value is at
    /// least {depositNow}.
    /// @param posted The root.
    /// @param index Place of the leaf.
    /// @return demandId Identifier.
    function demandLeaf(RoundRoot calldata posted, uint32 index) external payable returns (uint256 demandId);

    /// @notice Shows a demanded leaf. Anyone may; the deposit goes to the subnet's owner.
    /// @dev Emits {LeafShown} and {DepositCredited}. Requirements: the demand is open and not over; the exhibit is that
    /// leaf under that root; the leaf is right: see {proveFalseLeaf}.
    /// @param demandId The demand.
    /// @param exhibit The leaf and what it stands for.
    function showLeaf(uint256 demandId, Exhibit calldata exhibit) external;

    /// @notice Convicts a gateway that did not show a leaf in time: its whole root is void.
    /// @dev Emits {VerdictReached} (FalseRoot), unless it was convicted before, and {DepositCredited}.
    /// Requirements: the demand is open and over.
    /// @param demandId The demand.
    function settleDemand(uint256 demandId) external;

    /// @notice Convicts a gateway of a leaf that it could have seen to be false: the signature is not the operator's, the
    /// answer is another node's, subnet's, round's or seed's, the points are not what {pointsOf} gives, or the node was not
    /// Active or not in the subnet when the round opened ({INodeRegistry.wasOnOffer}). The whole root is void.
    /// @dev Emits {VerdictReached} (FalseRoot). Requirements: posted and not final; the exhibit is under the root; it is
    /// false; no such verdict yet.
    /// @param exhibit The leaf and what it stands for.
    function proveFalseLeaf(Exhibit calldata exhibit) external;

    /// @notice Convicts a gateway of leaves that are not by rising node id, so that a node could be there twice.
    /// @dev Emits {VerdictReached} (FalseRoot). Requirements: posted and not final; both leaves are under the root; the
    /// earlier one has the smaller place, and a node id that is not smaller; no such verdict yet.
    /// @param posted The root.
    /// @param earlier Leaf of the smaller place.
    /// @param later Leaf of the larger place.
    function proveDisorder(
        RoundRoot calldata posted,
        LeafOpening calldata earlier,
        LeafOpening calldata later
    ) external;

    /// @notice Convicts a node that claimed more than it had free: more than it registers, less what leases reserve.
    /// @dev Emits {VerdictReached} (FalseCapacity). A lease counts that was opened before the round, is neither closed nor
    /// ever updated, and was paid beyond `answerBy`.
    ///
    /// Requirements:
    /// - Posted and not final; the exhibit is under the root and its leaf is right; no such verdict yet.
    /// - The leases are at most {MAX_EVIDENCE_LEASES}, by rising lid, the node's own, and each counts.
    /// - The claim is more than what is left, or a tier is above the registered one.
    ///
    /// @param exhibit The leaf and what it stands for.
    /// @param lids Leases that reserved something.
    function proveOverclaim(Exhibit calldata exhibit, uint256[] calldata lids) external;

    /// @notice Convicts a node of an opened segment with a label that is not what its inputs give. The chain executes it.
    /// @dev Emits {VerdictReached} (FalseCapacity). Requirements: posted and not final; the exhibit is under the root and
    /// its leaf is right; the parts are under the root of the answer; a label is wrong; no such verdict yet.
    /// @param exhibit The leaf and what it stands for.
    /// @param segment The opened segment; parts after the wrong label may be missing.
    function proveFalseSegment(Exhibit calldata exhibit, SegmentOpening calldata segment) external;

    /// @notice Asks a node to show a segment.
    /// @dev Emits {SegmentChallenged}. Requirements: posted; `challengeBy` is not over; the exhibit is under the root and
    /// its leaf is right; the segment exists; the value is at least {depositNow}.
    /// @param exhibit The leaf and what it stands for.
    /// @param kind Kind of the chain.
    /// @param lane Chain.
    /// @param segment Place in the chain.
    /// @return challengeId Identifier.
    function challengeSegment(
        Exhibit calldata exhibit,
        Kind kind,
        uint16 lane,
        uint32 segment
    ) external payable returns (uint256 challengeId);

    /// @notice Shows a challenged segment. Anyone may; the deposit goes to the node's owner.
    /// @dev Emits {SegmentShown} and {DepositCredited}. Requirements: the challenge is open and not over; the answer is
    /// the challenged one; the opening is of that segment, complete, under its root, and every label is right.
    /// @param challengeId The challenge.
    /// @param answer The answer that holds the segment.
    /// @param opening The segment.
    function showSegment(uint256 challengeId, Answer calldata answer, SegmentOpening calldata opening) external;

    /// @notice Convicts a node whose segment was not shown in time: its leaf is void.
    /// @dev Emits {VerdictReached} (FalseCapacity), unless it was convicted before, and {DepositCredited}.
    /// Requirements: the challenge is open and over.
    /// @param challengeId The challenge.
    function settleChallenge(uint256 challengeId) external;

    /// @notice Counts what passed in a round and was not voided. Anyone may call.
    /// @dev Emits {RoundFinalised}. Requirements: posted; `finalAt` is over; not counted yet; the subnet is active: one that
    /// was closed has no stake to lose, and proves nothing any more.
    /// @param posted The root.
    function finalise(RoundRoot calldata posted) external;

    /// @notice Pays the caller all deposits that were credited to it.
    /// @dev Emits {DepositsWithdrawn}. Requirements: there is something; the caller takes the coin.
    /// @return amount Wei.
    function withdraw() external returns (uint256 amount);

    /// @notice A round; all zero when there is none.
    /// @param round Number.
    /// @return found The round.
    function roundOf(uint32 round) external view returns (Round memory found);

    /// @notice Number of rounds ever opened; they run from 1 to it.
    /// @return count The number.
    function roundCount() external view returns (uint32 count);

    /// @notice What a gateway posted, as one hash: keccak256 of root, number of leaves and points.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @return hash Zero when nothing was posted.
    function postedHashOf(uint32 subnetId, uint32 round) external view returns (bytes32 hash);

    /// @notice What disputes did to a root.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @return voidedPoints Points of leaves that were voided, in tenths.
    /// @return isVoid Whether the whole root is void.
    /// @return isFinal Whether it was counted.
    function rootStateOf(
        uint32 subnetId,
        uint32 round
    ) external view returns (uint64 voidedPoints, bool isVoid, bool isFinal);

    /// @notice The answer that a node gave on chain.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @return answer All zero when there is none.
    function directAnswerOf(
        uint64 nodeId,
        uint32 subnetId,
        uint32 round
    ) external view returns (DirectAnswer memory answer);

    /// @notice An open challenge; all zero when there is none.
    /// @param challengeId Identifier.
    /// @return challenge The challenge.
    function challengeOf(uint256 challengeId) external view returns (Challenge memory challenge);

    /// @notice An open demand; all zero when there is none.
    /// @param demandId Identifier.
    /// @return demand The demand.
    function demandOf(uint256 demandId) external view returns (Demand memory demand);

    /// @notice Deposits that an account may withdraw.
    /// @param account Account.
    /// @return amount Wei.
    function creditOf(address account) external view returns (uint256 amount);

    /// @notice Least deposit in this block: what it costs to refute it, twice over.
    /// @return required Wei.
    function depositNow() external view returns (uint256 required);

    /// @notice Points of an answer, in tenths, as {TierPoints}; 0 when its claim is not provable in its round.
    /// @param answer The answer.
    /// @return points What its leaf must say.
    function pointsOf(Answer calldata answer) external view returns (uint32 points);

    /// @notice Least time between two rounds.
    /// @return gapSeconds The time in seconds.
    function ROUND_GAP_SECONDS() external view returns (uint40 gapSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Time to show a leaf, a segment or an inclusion.
    /// @return responseSeconds The time in seconds.
    function RESPONSE_SECONDS() external view returns (uint40 responseSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Most leases that one {proveOverclaim} takes.
    /// @return max The number.
    function MAX_EVIDENCE_LEASES() external view returns (uint256 max); // solhint-disable-line func-name-mixedcase

    /// @notice EIP-712 struct hash of an answer.
    /// @param answer The answer.
    /// @return structHash As in a leaf.
    function answerHashOf(Answer calldata answer) external pure returns (bytes32 structHash);

    /// @notice Identifier of a verdict. A gateway is convicted of a false root once a round, whatever the leaf.
    /// @param fault What was proven.
    /// @param nodeId Node; ignored for FalseRoot.
    /// @param subnetId Subnet.
    /// @param round Round.
    /// @return verdictId keccak256 of the four.
    function verdictIdOf(
        Fault fault,
        uint64 nodeId,
        uint32 subnetId,
        uint32 round
    ) external pure returns (bytes32 verdictId);
}
