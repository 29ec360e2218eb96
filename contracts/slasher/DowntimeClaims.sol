// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {SlasherHashes} from "../libraries/SlasherHashes.sol";
import {Reports} from "./Reports.sol";

/// @title DowntimeClaims
/// @notice Downtime that a gateway claims for a tenant and backs with its stake, until the node proves the contrary.
abstract contract DowntimeClaims is Reports {
    using SafeCast for uint256;

    /// @dev What was claimed of one lease; one slot.
    struct Meter {
        uint40 until;
        uint40 claimedAt;
    }

    /// @inheritdoc ISlasher
    uint40 public constant override CLAIM_WINDOW_SECONDS = 3 days;

    /// @inheritdoc ISlasher
    uint32 public constant override MAX_CLAIM_SECONDS = 6 hours;

    /// @inheritdoc ISlasher
    uint16 public constant override CLAIM_CAP_BPS = 1_000;

    /// @inheritdoc ISlasher
    uint96 public constant override CLAIM_FACTOR = 2;

    /// @inheritdoc ISlasher
    uint96 public constant override MIN_CLAIM_LOCK = 0.001 ether;

    /// @inheritdoc ISlasher
    uint16 public constant override EVIDENCE_BPS = 1_000;

    mapping(bytes32 claimId => ClaimState state) private _claims;
    mapping(uint256 lid => Meter meter) private _meters;

    /// @inheritdoc ISlasher
    function claimDowntime(uint256 lid, uint40 fromAt, uint32 duration) external override returns (bytes32 claimId) {
        ILeaseMarket.Lease memory lease = _MARKET.leaseOf(lid);

        // Check: the gateway of the lease speaks, of time for which the bill is still open.
        address caller = _msgSender();
        if (lease.subnetId == 0 || _SUBNETS.subnetIdOf(caller) != lease.subnetId) {
            revert Slasher_NotGateway(lease.subnetId, caller);
        }
        if (lease.token != address(0)) revert Slasher_NotNative(lid, lease.token);
        uint256 until = uint256(fromAt) + duration;
        _requireClaimable(lid, lease, fromAt, until);

        // Effect: no second of it is claimed twice.
        _meters[lid] = Meter({until: uint40(until), claimedAt: uint40(block.timestamp)});

        // Interaction: with our own contracts only. The tenant is credited, the stake is held.
        (uint32 credited, uint256 value) = _METERS.claimDowntime(lid, duration);
        if (credited == 0 || value == 0) revert Slasher_NothingHeld(lid);
        DowntimeClaim memory claim = DowntimeClaim({
            lid: lid,
            leaseHash: lease.leaseHash,
            tenant: lease.tenant,
            nodeId: lease.nodeId,
            subnetId: lease.subnetId,
            fromAt: fromAt,
            duration: duration,
            value: value.toUint96(),
            toNode: ((value * (_BPS - lease.subnetCutBps - lease.protocolCutBps)) / _BPS).toUint96(),
            locked: Math.max(value * CLAIM_FACTOR, MIN_CLAIM_LOCK).toUint96(),
            claimedAt: uint40(block.timestamp),
            voidableUntil: uint40(block.timestamp) + CLAIM_WINDOW_SECONDS
        });
        uint96 locked = _STAKES.lockStake(claim.subnetId, claim.locked, claim.voidableUntil + 1);
        if (locked < claim.locked) revert Slasher_StakeTooLow(claim.subnetId, locked, claim.locked);

        claimId = keccak256(abi.encode(claim));
        _claims[claimId] = ClaimState.Open;
        emit DowntimeClaimed(claimId, lid, claim.nodeId, claim);
    }

    /// @inheritdoc ISlasher
    function voidClaim(
        DowntimeClaim memory claim,
        uint40 from,
        uint40 until,
        bytes calldata signature
    ) external override {
        bytes32 claimId = _requireOpenClaim(claim);

        // Check: in time, enough of the time, and somebody else than the gateway says so.
        if (block.timestamp > claim.voidableUntil) revert Slasher_ClaimWindowOver(claimId, claim.voidableUntil);
        _requireCovered(claim, from, until);
        address witness = _requireWitness(claim, SlasherHashes.ofService(claim.leaseHash, from, until), signature);

        // Effect: over.
        _claims[claimId] = ClaimState.Voided;

        // Interaction: with our own contracts only. What is there of the stake comes here.
        uint256 taken = _STAKES.slashStake(claim.subnetId, claim.locked);
        _STAKES.unlockStake(claim.subnetId, uint96(taken));
        uint256 toNode = Math.min(taken, claim.toNode);
        _credit(_NODES.ownerOf(claim.nodeId), toNode);
        _credit(pool, taken - toNode);
        emit ClaimVoided(claimId, witness, taken, toNode);
    }

    /// @inheritdoc ISlasher
    function releaseClaim(DowntimeClaim memory claim) external override {
        bytes32 claimId = _requireOpenClaim(claim);

        // Check: the node had its time, and no report counts on what is locked.
        if (block.timestamp <= claim.voidableUntil) revert Slasher_ClaimWindowRunning(claimId, claim.voidableUntil);
        uint256 busyUntil = _reportsUntil[claim.subnetId];
        if (block.timestamp <= busyUntil) revert Slasher_ReportsRunning(claim.subnetId, busyUntil);

        // Effect: over.
        _claims[claimId] = ClaimState.Released;
        emit ClaimReleased(claimId);

        // Interaction: with our own contract only.
        _STAKES.unlockStake(claim.subnetId, claim.locked);
    }

    /// @inheritdoc ISlasher
    function claimedUntilOf(uint256 lid) external view override returns (uint40 until) {
        return _meters[lid].until;
    }

    /// @inheritdoc ISlasher
    function claimStateOf(bytes32 claimId) public view override returns (ClaimState state) {
        return _claims[claimId];
    }

    /// @dev The time lies where the bill is still open, after the start of the lease and after the last claim; and it is
    /// a small part of what the lease ran since then.
    function _requireClaimable(
        uint256 lid,
        ILeaseMarket.Lease memory lease,
        uint256 fromAt,
        uint256 until
    ) private view {
        Meter memory meter = _meters[lid];
        uint256 holdback = _METERS.HOLDBACK_SECONDS();
        uint256 end =
            lease.state == ILeaseMarket.LeaseState.Closed
                ? lease.deadline - Math.min(holdback, lease.deadline)
                : Math.min(block.timestamp, _MARKET.paidUntil(lid));
        uint256 earliest = Math.max(Math.max(lease.settledAt, meter.until), block.timestamp - holdback);
        if (fromAt < earliest || until > end) revert Slasher_DowntimeOutOfRange(fromAt, until, earliest, end);

        (uint256 held, ) = _METERS.heldOf(lid);
        uint256 ran = Math.min(held, end - Math.min(end, meter.claimedAt));
        uint256 max = Math.min(MAX_CLAIM_SECONDS, (ran * CLAIM_CAP_BPS) / _BPS);
        if (until - fromAt > max || until == fromAt) revert Slasher_ClaimTooLong(until - fromAt, max);
    }

    function _requireOpenClaim(DowntimeClaim memory claim) private view returns (bytes32 claimId) {
        claimId = keccak256(abi.encode(claim));
        ClaimState state = _claims[claimId];
        if (state != ClaimState.Open) revert Slasher_ClaimNotOpen(claimId, state);
    }

    /// @dev The tenant, or the gateway of another subnet in which the node is.
    function _requireWitness(
        DowntimeClaim memory claim,
        bytes32 structHash,
        bytes calldata signature
    ) private view returns (address witness) {
        bytes32 digest = _hashTypedDataV4(structHash);
        if (SignatureChecker.isValidSignatureNowCalldata(claim.tenant, digest, signature)) return claim.tenant;

        witness = _signerOf(structHash, signature);
        uint32 subnetId = witness == address(0) ? 0 : _SUBNETS.subnetIdOf(witness);
        if (subnetId == 0 || subnetId == claim.subnetId) revert Slasher_BadWitness(witness);
        (, , bool active) = _SUBNETS.cutOf(subnetId);
        (bool joined, ) = _NODES.membershipOf(claim.nodeId, subnetId);
        if (!active || !joined) revert Slasher_NotInSubnet(claim.nodeId, subnetId);
    }

    function _requireCovered(DowntimeClaim memory claim, uint40 from, uint40 until) private pure {
        uint256 start = Math.max(from, claim.fromAt);
        uint256 end = Math.min(until, claim.fromAt + claim.duration);
        uint256 covered = end > start ? end - start : 0;
        uint256 required = Math.ceilDiv(uint256(claim.duration) * EVIDENCE_BPS, _BPS);
        if (covered < required) revert Slasher_EvidenceTooShort(covered, required);
    }
}
