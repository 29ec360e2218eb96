// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ICapacityRounds} from "../interfaces/ICapacityRounds.sol";
import {ICapacityVerdicts} from "../interfaces/ICapacityVerdicts.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {TierPoints} from "../libraries/TierPoints.sol";
import {Resources} from "../types/Resources.sol";
import {SumTree} from "./SumTree.sol";

/// @title CapacityLedger
/// @notice Rounds, roots, verdicts and deposits, and what a leaf must be.
abstract contract CapacityLedger is ICapacityRounds, EIP712, ERC2771Context {
    using SafeCast for uint256;

    /// @dev What disputes did to a root; one slot, written only when there is a dispute or at the end.
    struct RootState {
        uint64 voidedPoints;
        bool isVoid;
        bool isFinal;
    }

    /// @dev How much work a round asks for.
    struct Difficulty {
        uint8 cpuStepsLog2;
        uint8 memoryStepsLog2;
        uint8 cpuWindowLog2;
    }

    /// @inheritdoc ICapacityRounds
    uint40 public constant override RESPONSE_SECONDS = 6 hours;

    /// @notice Most threads that one answer may claim.
    uint256 public constant MAX_THREADS = 1_024;

    /// @notice Least deposit, whatever gas costs.
    uint256 public constant MIN_DEPOSIT = 0.001 ether;

    bytes32 private constant _ANSWER_TYPEHASH = keccak256(
        "CapacityAnswer(uint64 nodeId,uint32 subnetId,uint32 round,bytes32 seed,uint16 threads,uint32 memoryMiB,"
        "uint16 gpuUnits,uint16 cpuTier,uint16 gpuTier,bytes32 cpuRoot,bytes32 memoryRoot,bytes32 offChainRoot)"
    );

    /// @dev Twice what it costs to show a segment, the dearest refutation.
    uint256 private constant _DEPOSIT_GAS = 2_500_000;

    uint256 private constant _LABELS_PER_MIB_LOG2 = 15;

    /// @dev Windows are whole blocks of 2^8 labels: the unit in which a prover keeps its tree.
    uint256 private constant _LABELS_PER_BLOCK_LOG2 = 8;

    INodeRegistry internal immutable _NODES;
    ISubnetRegistry internal immutable _SUBNETS;
    ILeaseMarket internal immutable _MARKET;

    /// @inheritdoc ICapacityRounds
    uint32 public override roundCount;

    mapping(uint32 round => Round record) internal _rounds;
    mapping(uint32 subnetId => mapping(uint32 round => bytes32 hash)) internal _postedHashOf;
    mapping(uint32 subnetId => mapping(uint32 round => RootState state)) internal _rootStateOf;
    mapping(uint32 subnetId => uint256 pointSeconds) internal _provenPointSecondsOf;
    mapping(bytes32 verdictId => Verdict verdict) private _verdicts;
    mapping(address account => uint256 amount) private _creditOf;

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
    ) EIP712("Fizz", "1") ERC2771Context(forwarder) {
        _NODES = nodeRegistry;
        _SUBNETS = subnetRegistry;
        _MARKET = leaseMarket;
    }

    /// @inheritdoc ICapacityRounds
    function withdraw() external override returns (uint256 amount) {
        address account = _msgSender();
        amount = _creditOf[account];
        if (amount == 0) revert CapacityRounds_NothingToWithdraw(account);

        // Effect: the credit is gone before the coin leaves.
        _creditOf[account] = 0;
        emit DepositsWithdrawn(account, amount);

        // Interaction: pay.
        if (!LowLevelCall.callNoReturn(account, amount, "")) revert CapacityRounds_TransferFailed(account, amount);
    }

    /// @inheritdoc ICapacityRounds
    function roundOf(uint32 round) external view override returns (Round memory found) {
        return _rounds[round];
    }

    /// @inheritdoc ICapacityRounds
    function postedHashOf(uint32 subnetId, uint32 round) external view override returns (bytes32 hash) {
        return _postedHashOf[subnetId][round];
    }

    /// @inheritdoc ICapacityRounds
    function rootStateOf(
        uint32 subnetId,
        uint32 round
    ) external view override returns (uint64 voidedPoints, bool isVoid, bool isFinal) {
        RootState storage state = _rootStateOf[subnetId][round];
        return (state.voidedPoints, state.isVoid, state.isFinal);
    }

    /// @inheritdoc ICapacityVerdicts
    function verdictOf(bytes32 verdictId) external view override returns (Verdict memory verdict) {
        return _verdicts[verdictId];
    }

    /// @inheritdoc ICapacityVerdicts
    function provenPointSecondsOf(uint32 subnetId) external view override returns (uint256 pointSeconds) {
        return _provenPointSecondsOf[subnetId];
    }

    /// @inheritdoc ICapacityRounds
    function creditOf(address account) external view override returns (uint256 amount) {
        return _creditOf[account];
    }

    /// @inheritdoc ICapacityRounds
    function pointsOf(Answer calldata answer) external view override returns (uint32 points) {
        return _pointsOf(answer);
    }

    /// @inheritdoc ICapacityRounds
    function answerHashOf(Answer calldata answer) external pure override returns (bytes32 structHash) {
        return _hashOf(answer);
    }

    /// @inheritdoc ICapacityRounds
    function depositNow() public view override returns (uint256 required) {
        return Math.max(MIN_DEPOSIT, _DEPOSIT_GAS * block.basefee);
    }

    /// @inheritdoc ICapacityRounds
    function verdictIdOf(
        Fault fault,
        uint64 nodeId,
        uint32 subnetId,
        uint32 round
    ) public pure override returns (bytes32 verdictId) {
        return keccak256(abi.encode(fault, fault == Fault.FalseRoot ? 0 : nodeId, subnetId, round));
    }

    function _credit(address account, uint256 amount) internal {
        _creditOf[account] += amount;
        emit DepositCredited(account, amount);
    }

    /// @dev Writes a verdict and voids what it is about. False when it was reached before.
    function _decide(Verdict memory verdict, uint32 points) internal returns (bool isNew) {
        (uint32 subnetId, uint32 round) = (verdict.subnetId, verdict.round);
        bytes32 verdictId = verdictIdOf(verdict.fault, verdict.nodeId, subnetId, round);
        if (_verdicts[verdictId].fault != Fault.None) return false;
        verdict.decidedAt = uint40(block.timestamp);
        _verdicts[verdictId] = verdict;
        RootState storage state = _rootStateOf[subnetId][round];
        if (verdict.fault == Fault.FalseRoot) state.isVoid = true;
        if (verdict.fault == Fault.FalseCapacity) state.voidedPoints += points;
        emit VerdictReached({
            verdictId: verdictId,
            fault: verdict.fault,
            nodeId: verdict.nodeId,
            subnetId: subnetId,
            round: round,
            reporter: verdict.reporter
        });
        return true;
    }

    /// @dev {_decide}, for evidence that the caller brings and that must be new.
    function _convict(Fault fault, uint64 nodeId, uint32 subnetId, uint32 round, uint32 points) internal {
        if (!_decide(Verdict(fault, nodeId, subnetId, round, 0, _msgSender()), points)) {
            revert CapacityRounds_AlreadyDecided(verdictIdOf(fault, nodeId, subnetId, round));
        }
    }

    function _requireDeposit() internal view returns (uint96 deposit) {
        uint256 required = depositNow();
        if (msg.value < required) revert CapacityRounds_DepositTooLow(msg.value, required);
        return msg.value.toUint96();
    }

    function _requireRound(uint32 round) internal view returns (Round storage record) {
        record = _rounds[round];
        if (record.openedAt == 0) revert CapacityRounds_RoundNotFound(round);
    }

    function _requireNotAfter(uint256 deadline) internal view {
        if (block.timestamp > deadline) revert CapacityRounds_TooLate(deadline, block.timestamp);
    }

    function _requireAfter(uint256 deadline) internal view {
        if (block.timestamp <= deadline) revert CapacityRounds_TooEarly(deadline + 1, block.timestamp);
    }

    function _requirePosted(RoundRoot calldata posted) internal view {
        bytes32 stored = _postedHashOf[posted.subnetId][posted.round];
        bytes32 given = _hashOf(posted);
        if (stored != given) revert CapacityRounds_NotPosted(posted.subnetId, posted.round, stored, given);
    }

    /// @dev The leaf is under the posted root, and the rest of the exhibit is what it stands for.
    function _requireExhibit(Exhibit calldata exhibit) internal view {
        _requirePosted(exhibit.posted);
        SumTree.requireLeaf(exhibit.posted, exhibit.opening);
        Leaf calldata leaf = exhibit.opening.leaf;
        bytes32 answerHash = _hashOf(exhibit.answer);
        if (answerHash != leaf.answerHash) revert CapacityRounds_WrongAnswer(leaf.answerHash, answerHash);
        bytes32 signatureHash = keccak256(exhibit.signature);
        if (signatureHash != leaf.signatureHash) {
            revert CapacityRounds_WrongSignature(leaf.signatureHash, signatureHash);
        }
    }

    /// @dev {_requireExhibit}, of a leaf that the gateway may post: the node stands behind it.
    function _requireRightExhibit(Exhibit calldata exhibit) internal view {
        _requireExhibit(exhibit);
        if (!_isRight(exhibit)) revert CapacityRounds_LeafFalse(exhibit.opening.leaf.nodeId);
    }

    /// @dev Whether the node may have been Active and in the subnet when the round opened. What is true once stays true: a
    /// gateway that includes such a node cannot be made wrong by it.
    function _wasOnOffer(Answer calldata answer) internal view returns (bool maybe) {
        return _NODES.wasOnOffer(answer.nodeId, answer.subnetId, _rounds[answer.round].openedAt);
    }

    /// @dev Whether a leaf is what its answer says, signed by a node that was on offer.
    function _isRight(Exhibit calldata exhibit) internal view returns (bool right) {
        Answer calldata answer = exhibit.answer;
        Leaf calldata leaf = exhibit.opening.leaf;
        if (answer.nodeId != leaf.nodeId || answer.subnetId != exhibit.posted.subnetId) return false;
        if (answer.round != exhibit.posted.round || answer.seed != _rounds[answer.round].seed) return false;
        uint32 points = _pointsOf(answer);
        if (points == 0 || points != leaf.points || !_wasOnOffer(answer)) return false;
        address operator = _NODES.operatorOf(leaf.nodeId);
        return operator != address(0) && _signerOf(leaf.answerHash, exhibit.signature) == operator;
    }

    /// @dev Zero for anything that is no signature.
    function _signerOf(bytes32 structHash, bytes calldata signature) internal view returns (address signer) {
        (signer, , ) = ECDSA.tryRecoverCalldata(_hashTypedDataV4(structHash), signature);
    }

    function _pointsOf(Answer calldata answer) internal view returns (uint32 points) {
        if (!_isProvable(answer)) return 0;
        Resources claimed = Resources.wrap((uint128(answer.gpuUnits) << 96) | (uint128(answer.threads) * 1_000));
        return TierPoints.pointsOf(claimed, answer.cpuTier, answer.gpuTier);
    }

    /// @dev Threads within bounds; memory of at least a block a thread, and at most half of a chain's labels a thread.
    function _isProvable(Answer calldata answer) internal view returns (bool provable) {
        uint256 threads = answer.threads;
        uint256 labels = uint256(answer.memoryMiB) << _LABELS_PER_MIB_LOG2;
        if (threads == 0 || threads > MAX_THREADS) return false;
        if (labels < threads << _LABELS_PER_BLOCK_LOG2) return false;
        return labels <= (threads << _rounds[answer.round].memoryStepsLog2) >> 1;
    }

    /// @dev Labels of one thread's memory chain that are held at once: whole blocks.
    function _memoryWindowOf(Answer calldata answer) internal pure returns (uint256 labels) {
        uint256 share = (uint256(answer.memoryMiB) << _LABELS_PER_MIB_LOG2) / answer.threads;
        return (share >> _LABELS_PER_BLOCK_LOG2) << _LABELS_PER_BLOCK_LOG2;
    }

    /// @dev The struct encodes as EIP-712 wants it: every field is one word.
    function _hashOf(Answer calldata answer) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(_ANSWER_TYPEHASH, answer));
    }

    function _hashOf(RoundRoot calldata posted) internal pure returns (bytes32 hash) {
        return keccak256(abi.encode(posted.root, posted.leafCount, posted.totalPoints));
    }
}
