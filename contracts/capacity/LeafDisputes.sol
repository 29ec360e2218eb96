// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacityRounds} from "../interfaces/ICapacityRounds.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {Resources} from "../types/Resources.sol";
import {DirectAnswers} from "./DirectAnswers.sol";
import {SumTree} from "./SumTree.sol";

/// @title LeafDisputes
/// @notice What is wrong with a leaf on the face of it: not shown, not signed, not in order, more than the node has.
abstract contract LeafDisputes is DirectAnswers {
    /// @inheritdoc ICapacityRounds
    uint256 public constant override MAX_EVIDENCE_LEASES = 32;

    uint256 private _demandCount;
    mapping(uint256 demandId => Demand demand) private _demands;

    /// @inheritdoc ICapacityRounds
    function demandLeaf(RoundRoot calldata posted, uint32 index) external payable override returns (uint256 demandId) {
        // Check: there is such a leaf, and time to ask for it.
        _requirePosted(posted);
        _requireNotAfter(_rounds[posted.round].challengeBy);
        if (index >= posted.leafCount) revert CapacityRounds_LeafNotFound(index, posted.leafCount);

        // Effect: the clock of the gateway runs.
        uint40 deadline = uint40(block.timestamp) + RESPONSE_SECONDS;
        demandId = ++_demandCount;
        _demands[demandId] = Demand({
            challenger: _msgSender(),
            deposit: _requireDeposit(),
            subnetId: posted.subnetId,
            round: posted.round,
            index: index,
            deadline: deadline
        });
        emit LeafDemanded({
            demandId: demandId,
            subnetId: posted.subnetId,
            round: posted.round,
            index: index,
            deadline: deadline
        });
    }

    /// @inheritdoc ICapacityRounds
    function showLeaf(uint256 demandId, Exhibit calldata exhibit) external override {
        Demand memory demand = _requireDemand(demandId);

        // Check: in time, it is the leaf that was asked for, and it is right.
        _requireNotAfter(demand.deadline);
        RoundRoot calldata posted = exhibit.posted;
        bool isAsked =
            posted.subnetId == demand.subnetId && posted.round == demand.round && exhibit.opening.index == demand.index;
        if (!isAsked) revert CapacityRounds_LeafNotFound(exhibit.opening.index, posted.leafCount);
        _requireRightExhibit(exhibit);

        // Effect: the deposit pays for showing it.
        delete _demands[demandId];
        emit LeafShown(demandId);
        _credit(_subnetOwnerOf(demand.subnetId), demand.deposit);
    }

    /// @inheritdoc ICapacityRounds
    function settleDemand(uint256 demandId) external override {
        Demand memory demand = _requireDemand(demandId);
        _requireAfter(demand.deadline);

        // Effect: the root is void, and the deposit goes back.
        delete _demands[demandId];
        _decide(Verdict(Fault.FalseRoot, 0, demand.subnetId, demand.round, 0, demand.challenger), 0);
        _credit(demand.challenger, demand.deposit);
    }

    /// @inheritdoc ICapacityRounds
    function proveFalseLeaf(Exhibit calldata exhibit) external override {
        // Check: it is what the gateway posted, and it could have known better.
        _requireExhibit(exhibit);
        _requireNotFinal(exhibit.posted);
        uint64 nodeId = exhibit.opening.leaf.nodeId;
        if (_isRight(exhibit)) revert CapacityRounds_LeafRight(nodeId);

        // Effect: the root is void.
        _convict(Fault.FalseRoot, nodeId, exhibit.posted.subnetId, exhibit.posted.round, 0);
    }

    /// @inheritdoc ICapacityRounds
    function proveDisorder(
        RoundRoot calldata posted,
        LeafOpening calldata earlier,
        LeafOpening calldata later
    ) external override {
        // Check: both are posted, and they are in the wrong order.
        _requirePosted(posted);
        _requireNotFinal(posted);
        SumTree.requireLeaf(posted, earlier);
        SumTree.requireLeaf(posted, later);
        if (earlier.index >= later.index) revert CapacityRounds_WrongOrder(earlier.index, later.index);
        (uint64 earlierId, uint64 laterId) = (earlier.leaf.nodeId, later.leaf.nodeId);
        if (earlierId < laterId) revert CapacityRounds_InOrder(earlierId, laterId);

        // Effect: the root is void.
        _convict(Fault.FalseRoot, laterId, posted.subnetId, posted.round, 0);
    }

    /// @inheritdoc ICapacityRounds
    function proveOverclaim(Exhibit calldata exhibit, uint256[] calldata lids) external override {
        // Check: the node stands behind its claim, and does not have what it claims.
        _requireRightExhibit(exhibit);
        _requireNotFinal(exhibit.posted);
        Answer calldata answer = exhibit.answer;
        if (!_isOverclaim(answer, lids)) revert CapacityRounds_ClaimFree(answer.nodeId);

        // Effect: its leaf is void.
        _convictNode(exhibit);
    }

    /// @inheritdoc ICapacityRounds
    function demandOf(uint256 demandId) external view override returns (Demand memory demand) {
        return _demands[demandId];
    }

    /// @dev Convicts the node of a right leaf: the round and the subnet are those of its answer.
    function _convictNode(Exhibit calldata exhibit) internal {
        Answer calldata answer = exhibit.answer;
        uint32 points = exhibit.opening.leaf.points;
        _convict(Fault.FalseCapacity, answer.nodeId, answer.subnetId, answer.round, points);
    }

    function _requireNotFinal(RoundRoot calldata posted) internal view {
        _requireNotAfter(_rounds[posted.round].finalAt);
    }

    /// @dev Whether the claim and what the leases reserve are more than what the node offers.
    function _isOverclaim(Answer calldata answer, uint256[] calldata lids) private view returns (bool isMore) {
        INodeRegistry.Node memory node = _NODES.nodeOf(answer.nodeId);
        uint256 milliCpu = uint256(answer.threads) * 1_000;
        uint256 memoryMiB = answer.memoryMiB;
        uint256 gpuUnits = answer.gpuUnits;
        if (lids.length > MAX_EVIDENCE_LEASES) revert CapacityRounds_TooManyLeases(lids.length, MAX_EVIDENCE_LEASES);
        for (uint256 i = 0; i < lids.length; i++) {
            if (i != 0 && lids[i] <= lids[i - 1]) revert CapacityRounds_LeaseNotCounted(lids[i]);
            Resources reserved = _reservedBy(lids[i], answer);
            milliCpu += reserved.milliCpu();
            memoryMiB += reserved.memoryMiB();
            gpuUnits += reserved.gpuUnits();
        }
        return
            milliCpu > node.resources.milliCpu() ||
            memoryMiB > node.resources.memoryMiB() ||
            gpuUnits > node.resources.gpuUnits() ||
            answer.cpuTier > node.cpuTier ||
            (answer.gpuUnits != 0 && answer.gpuTier > node.gpuTier);
    }

    /// @dev What a lease reserved all through the round: it was opened before it, is not closed now, was never updated, and
    /// had money until the answers were due.
    function _reservedBy(uint256 lid, Answer calldata answer) private view returns (Resources reserved) {
        Round storage record = _rounds[answer.round];
        ILeaseMarket.Lease memory lease = _MARKET.leaseOf(lid);
        bool runs = lease.state == ILeaseMarket.LeaseState.Active || lease.state == ILeaseMarket.LeaseState.Reclaiming;
        bool counts =
            runs &&
                lease.nodeId == answer.nodeId &&
                lease.version == 1 &&
                lid <= record.leaseCount &&
                _MARKET.paidUntil(lid) >= record.answerBy;
        if (!counts) revert CapacityRounds_LeaseNotCounted(lid);
        return lease.resources;
    }

    function _requireDemand(uint256 demandId) private view returns (Demand memory demand) {
        demand = _demands[demandId];
        if (demand.deadline == 0) revert CapacityRounds_DemandNotFound(demandId);
    }
}
