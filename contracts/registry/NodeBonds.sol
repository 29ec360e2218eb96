// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {INodeBonds} from "../interfaces/INodeBonds.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ThawingStakes} from "../libraries/ThawingStakes.sol";
import {NodeSlot, WIDEST_OFFER} from "../types/PackedNode.sol";
import {Resources} from "../types/Resources.sol";
import {ThawingStake} from "../types/ThawingStake.sol";
import {NodeRecords} from "./NodeRecords.sol";

/// @title NodeBonds
/// @notice What nodes have at stake, what it lets them offer, and what the slasher takes of it.
abstract contract NodeBonds is NodeRecords, INodeBonds {
    using ThawingStakes for ThawingStake;

    /// @inheritdoc INodeBonds
    uint40 public constant override BOND_THAW_SECONDS = 21 days;

    /// @inheritdoc INodeBonds
    uint96 public constant override PROVIDER_MIN_BOND = 0.1 ether;

    /// @inheritdoc INodeBonds
    uint96 public constant override FIZZ_RAISED_BOND = 0.05 ether;

    /// @inheritdoc INodeBonds
    uint40 public constant override MAX_LOCK_SECONDS = 60 days;

    /// @inheritdoc INodeBonds
    uint40 public constant override MAX_SUSPENSION_SECONDS = 90 days;

    /// @dev 32 CPU, 128 GiB, 2,000 GiB, 1 GPU; any model that can be stored.
    uint128 private constant _FIZZ_OFFER = (1023 << 112) | (1 << 96) | (2_000 << 64) | (131_072 << 32) | 32_000;
    uint128 private constant _FIZZ_RAISED_OFFER = (1023 << 112) | (4 << 96) | (8_000 << 64) | (524_288 << 32) | 128_000;

    /// @inheritdoc INodeBonds
    address public override slasher;

    mapping(uint64 nodeId => ThawingStake stake) private _bonds;

    modifier onlySlasher() {
        _requireSlasher();
        _;
    }

    /// @inheritdoc INodeBonds
    function bond(uint64 nodeId) external payable override {
        NodeSlot storage node = _requireOwned(nodeId);

        // Check: there is something to add, to a node that lives.
        if (msg.value == 0) revert NodeRegistry_ZeroAmount(nodeId);
        _requireNotExited(nodeId, node);

        // Effect: add it.
        ThawingStake storage stake = _bonds[nodeId];
        stake.add(msg.value);
        _emitBond(nodeId, stake);
    }

    /// @inheritdoc INodeBonds
    function thawBond(uint64 nodeId, uint96 amount) external override {
        NodeSlot storage node = _requireOwned(nodeId);
        ThawingStake storage stake = _bonds[nodeId];

        // Check: so much is there and does not thaw yet.
        if (amount == 0) revert NodeRegistry_ZeroAmount(nodeId);
        uint96 backing = stake.backing();
        if (amount > backing) revert NodeRegistry_ThawTooMuch(nodeId, amount, backing);

        // Effect: one thaw for all; a node that lacks the bond for what it offers takes no more leases.
        stake.thaw(amount, uint40(block.timestamp) + BOND_THAW_SECONDS);
        _emitBond(nodeId, stake);
        if (node.state.statusOf() == NodeStatus.Active && backing - amount < _requiredBond(node)) {
            _setStatus(nodeId, node, NodeStatus.Draining);
        }
    }

    /// @inheritdoc INodeBonds
    function cancelThaw(uint64 nodeId) external override {
        _requireOwned(nodeId);
        ThawingStake storage stake = _bonds[nodeId];
        if (stake.thawing == 0) revert NodeRegistry_NothingThaws(nodeId);

        stake.cancelThaw();
        _emitBond(nodeId, stake);
    }

    /// @inheritdoc INodeBonds
    function withdrawBond(uint64 nodeId) external override returns (uint96 amount) {
        _requireOwned(nodeId);
        ThawingStake storage stake = _bonds[nodeId];

        // Check: something thawed.
        if (stake.thawing == 0) revert NodeRegistry_NothingThaws(nodeId);
        if (block.timestamp < stake.thawedAt) revert NodeRegistry_BondThawing(nodeId, stake.thawedAt);

        // Effect: it is out before the coin leaves.
        amount = stake.withdraw();
        if (amount == 0) {
            (uint96 locked, uint40 until) = stake.lockOf();
            revert NodeRegistry_BondIsLocked(nodeId, locked, until);
        }
        _emitBond(nodeId, stake);

        // Interaction: pay.
        _pay(_msgSender(), amount);
    }

    /// @inheritdoc INodeBonds
    function lockBond(
        uint64 nodeId,
        uint96 amount,
        uint40 until
    ) external override onlySlasher returns (uint96 locked) {
        _requireNode(nodeId);
        _requireTime(until, block.timestamp + 1, MAX_LOCK_SECONDS);

        ThawingStake storage stake = _bonds[nodeId];
        locked = stake.lock(amount, until);
        _emitLock(nodeId, stake);
    }

    /// @inheritdoc INodeBonds
    function unlockBond(uint64 nodeId, uint96 amount) external override onlySlasher {
        _requireNode(nodeId);
        ThawingStake storage stake = _bonds[nodeId];
        stake.unlock(amount);
        _emitLock(nodeId, stake);
    }

    /// @inheritdoc INodeBonds
    function slashBond(uint64 nodeId, uint96 amount) external override onlySlasher returns (uint96 taken) {
        NodeSlot storage node = _requireNode(nodeId);
        ThawingStake storage stake = _bonds[nodeId];

        // Effect: take it; a node that lacks the bond for what it offers stops serving.
        taken = stake.slash(amount);
        if (taken == 0) return 0;
        emit BondSlashed(nodeId, taken);
        _emitBond(nodeId, stake);
        if (_isServing(node.state.statusOf()) && stake.backing() < _requiredBond(node)) {
            _suspend(nodeId, node, uint40(block.timestamp));
        }

        // Interaction: send it to the slasher, which shares it out.
        _pay(_msgSender(), taken);
    }

    /// @inheritdoc INodeBonds
    function suspend(uint64 nodeId, uint40 until) external override onlySlasher {
        NodeSlot storage node = _requireNode(nodeId);
        NodeStatus status = node.state.statusOf();

        // Check: the node is still there, and the time is bounded.
        if (!_isServing(status) && status != NodeStatus.Suspended) revert NodeRegistry_WrongStatus(nodeId, status);
        _requireTime(until, block.timestamp, MAX_SUSPENSION_SECONDS);

        _suspend(nodeId, node, until);
    }

    /// @inheritdoc INodeBonds
    function reinstate(uint64 nodeId) external override {
        NodeSlot storage node = _requireOwned(nodeId);

        // Check: suspended, long enough, and bonded.
        NodeStatus status = node.state.statusOf();
        if (status != NodeStatus.Suspended) revert NodeRegistry_WrongStatus(nodeId, status);
        uint40 until = _deadlines[nodeId].suspendedUntil;
        if (block.timestamp < until) revert NodeRegistry_SuspensionRunning(nodeId, until);
        _requireBacked(nodeId, node);

        // Effect: back to where the memberships put it.
        _deadlines[nodeId].suspendedUntil = 0;
        _setStatus(nodeId, node, _servingStatus(node.state));
    }

    /// @inheritdoc INodeBonds
    function setSlasher(address newSlasher) external override onlyOwner {
        if (newSlasher == address(0)) revert NodeRegistry_ZeroSlasher();
        if (slasher != address(0)) revert NodeRegistry_SlasherAlreadySet(slasher);

        slasher = newSlasher;
        emit SlasherSet(newSlasher);
    }

    /// @inheritdoc INodeBonds
    function bondOf(uint64 nodeId) external view override returns (Bond memory record) {
        ThawingStake storage stake = _bonds[nodeId];
        (record.amount, record.thawing, record.thawedAt) = (stake.amount, stake.thawing, stake.thawedAt);
        (record.locked, record.lockedUntil) = stake.lockOf();
    }

    /// @inheritdoc INodeRegistry
    function offerLimitOf(Mode mode, uint96 backing) public pure override returns (Resources limit) {
        if (mode == Mode.Provider) return Resources.wrap(WIDEST_OFFER);
        return Resources.wrap(backing < FIZZ_RAISED_BOND ? _FIZZ_OFFER : _FIZZ_RAISED_OFFER);
    }

    function _pay(address to, uint256 amount) internal {
        if (!LowLevelCall.callNoReturn(to, amount, "")) revert NodeRegistry_TransferFailed(to, amount);
    }

    function _requireBacked(uint64 nodeId, NodeSlot storage node) internal view {
        uint96 required = _requiredBond(node);
        if (required == 0) return;
        uint96 backing = _bonds[nodeId].backing();
        if (backing < required) revert NodeRegistry_BondTooLow(nodeId, backing, required);
    }

    function _requireNotExited(uint64 nodeId, NodeSlot storage node) internal view {
        if (node.state.statusOf() == NodeStatus.Exited) revert NodeRegistry_WrongStatus(nodeId, NodeStatus.Exited);
    }

    function _backingOf(uint64 nodeId) internal view returns (uint96 backing) {
        return _bonds[nodeId].backing();
    }

    function _requireOffer(Mode mode, Resources offer, uint96 backing) internal pure {
        if (offer.milliCpu() == 0 || offer.memoryMiB() == 0) {
            revert NodeRegistry_EmptyResources(offer.milliCpu(), offer.memoryMiB());
        }
        Resources limit = offerLimitOf(mode, backing);
        if (_isWithin(offer, limit)) return;

        // The first field that is too large is named.
        _requireField("milliCpu", offer.milliCpu(), limit.milliCpu());
        _requireField("memoryMiB", offer.memoryMiB(), limit.memoryMiB());
        _requireField("storageGiB", offer.storageGiB(), limit.storageGiB());
        _requireField("gpuUnits", offer.gpuUnits(), limit.gpuUnits());
        _requireField("gpuModel", offer.gpuModel(), limit.gpuModel());
    }

    function _suspend(uint64 nodeId, NodeSlot storage node, uint40 until) private {
        uint40 later = uint40(Math.max(until, _deadlines[nodeId].suspendedUntil));
        _deadlines[nodeId].suspendedUntil = later;
        emit NodeSuspended(nodeId, later);
        if (node.state.statusOf() != NodeStatus.Suspended) _setStatus(nodeId, node, NodeStatus.Suspended);
    }

    function _emitBond(uint64 nodeId, ThawingStake storage stake) private {
        emit BondChanged(nodeId, stake.amount, stake.thawing, stake.thawedAt);
    }

    function _emitLock(uint64 nodeId, ThawingStake storage stake) private {
        emit BondLocked(nodeId, stake.locked, stake.lockedUntil);
    }

    function _requireSlasher() private view {
        address caller = _msgSender();
        if (caller != slasher) revert NodeRegistry_NotSlasher(caller);
    }

    function _requireTime(uint40 until, uint256 earliest, uint40 maxSeconds) private view {
        uint256 latest = block.timestamp + maxSeconds;
        if (until < earliest || until > latest) revert NodeRegistry_TimeOutOfRange(until, earliest, latest);
    }

    /// @dev What mode and offer need: the minimum of a provider, or what raised the offer of a Fizz node.
    function _requiredBond(NodeSlot storage node) private view returns (uint96 required) {
        if (node.state.modeOf() == Mode.Provider) return PROVIDER_MIN_BOND;
        return _isWithin(node.offer.unpackOffer(), Resources.wrap(_FIZZ_OFFER)) ? 0 : FIZZ_RAISED_BOND;
    }

    function _isServing(NodeStatus status) private pure returns (bool) {
        return status == NodeStatus.Registered || status == NodeStatus.Active || status == NodeStatus.Draining;
    }

    function _isWithin(Resources offer, Resources limit) private pure returns (bool) {
        return
            offer.milliCpu() <= limit.milliCpu() &&
            offer.memoryMiB() <= limit.memoryMiB() &&
            offer.storageGiB() <= limit.storageGiB() &&
            offer.gpuUnits() <= limit.gpuUnits() &&
            offer.gpuModel() <= limit.gpuModel();
    }

    function _requireField(string memory field, uint256 offered, uint256 limit) private pure {
        if (offered > limit) revert NodeRegistry_OfferTooLarge(field, offered, limit);
    }
}
