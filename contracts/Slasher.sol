// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICapacityVerdicts} from "./interfaces/ICapacityVerdicts.sol";
import {ILeaseMarket} from "./interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IRewardSlashing} from "./interfaces/IRewardSlashing.sol";
import {ISlasher} from "./interfaces/ISlasher.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {SlasherHashes} from "./libraries/SlasherHashes.sol";
import {DowntimeClaims} from "./slasher/DowntimeClaims.sol";
import {SlasherRules} from "./slasher/SlasherRules.sol";

/// @title Slasher
/// @notice See {ISlasher}. Rules, payouts, evidence, reports and claims of downtime are in `slasher/`; here is what can
/// be reported.
contract Slasher is DowntimeClaims {
    using SafeCast for uint256;

    /// @dev What a harmed tenant may get at most: the price of a day.
    uint256 private constant _HARM_SECONDS = 1 days;

    /// @dev A missed start counts from the opening of the lease plus the longest start window.
    uint256 private constant _MAX_START_WINDOW = 1 days;

    uint256 private constant _RATE_SCALE = 1e12;

    /// @notice Fixes the other contracts; rules and pool may be changed by the owner.
    /// @param nodes Node registry; holds the bonds.
    /// @param subnets Subnet registry; holds the stakes.
    /// @param market Lease market; knows missed starts and held-back earnings.
    /// @param rounds Capacity rounds; decide disputes about capacity.
    /// @param rewards Era rewards; know what a node may claim.
    /// @param initialPool First account for what nobody in particular is owed.
    /// @param initialOwner Who may change rules and pool.
    /// @param forwarder Whose calls carry their real sender.
    constructor(
        INodeRegistry nodes,
        ISubnetRegistry subnets,
        ILeaseMarket market,
        ICapacityVerdicts rounds,
        IRewardSlashing rewards,
        address initialPool,
        address initialOwner,
        address forwarder
    )
        SlasherRules(
            Parts({
                nodes: nodes,
                subnets: subnets,
                market: market,
                rounds: rounds,
                rewards: rewards,
                pool: initialPool
            }),
            initialOwner,
            forwarder
        )
    {}

    /// @inheritdoc ISlasher
    function reportNoShow(uint256 lid) external override returns (bytes32 reportId) {
        // Check: the market saw it, not long ago.
        if (!_METERS.isNoShow(lid)) revert Slasher_NoNoShow(lid);
        ILeaseMarket.Lease memory lease = _MARKET.leaseOf(lid);
        uint256 until = lease.settledAt + _MAX_START_WINDOW + REPORT_WINDOW_SECONDS;
        if (block.timestamp > until) revert Slasher_TooOld(lease.settledAt, until, block.timestamp);

        return _file(_ofLease(lid, lease, Offence.NoShow));
    }

    /// @inheritdoc ISlasher
    function reportAbandonment(uint256 lid) external payable override returns (bytes32 reportId) {
        ILeaseMarket.Lease memory lease = _MARKET.leaseOf(lid);

        // Check: who pays for a running lease says so, and risks the deposit.
        if (_msgSender() != lease.tenant) revert Slasher_NotTenant(lid, _msgSender());
        if (lease.state != ILeaseMarket.LeaseState.Active && lease.state != ILeaseMarket.LeaseState.Reclaiming) {
            revert Slasher_NotRunning(lid, uint8(lease.state));
        }
        uint256 paidUntil = _MARKET.paidUntil(lid);
        if (block.timestamp >= paidUntil) revert Slasher_Exhausted(lid, paidUntil);
        uint96 deposit = currentRules().deposit;
        if (msg.value != deposit) revert Slasher_WrongDeposit(msg.value, deposit);

        Report memory report = _ofLease(lid, lease, Offence.Abandonment);
        report.deposit = deposit;
        return _file(report);
    }

    /// @inheritdoc ISlasher
    function reportVerdict(bytes32 verdictId) external override returns (bytes32 reportId) {
        // Check: it was decided, not long ago.
        ICapacityVerdicts.Verdict memory verdict = _ROUNDS.verdictOf(verdictId);
        if (verdict.fault == ICapacityVerdicts.Fault.None) revert Slasher_NoVerdict(verdictId);
        _requireRecent(verdict.decidedAt);

        Report memory report;
        report.offence = _offenceOf(verdict.fault);
        report.accused = report.offence == Offence.FalseCapacity ? _accusedOf(verdict.nodeId) : Accused.Gateway;
        report.nodeId = verdict.nodeId;
        report.subnetId = verdict.subnetId;
        report.fact = verdictId;
        report.reporter = verdict.reporter;
        return _file(report);
    }

    /// @inheritdoc ISlasher
    function reportTwoPulses(
        Pulse calldata one,
        bytes calldata oneSignature,
        Pulse calldata other,
        bytes calldata otherSignature
    ) external override returns (bytes32 reportId) {
        // Check: one gateway says two things of one node and one second.
        bool same = one.nodeId == other.nodeId && one.subnetId == other.subnetId && one.at == other.at;
        if (!same || SlasherHashes.ofPulse(one) == SlasherHashes.ofPulse(other)) revert Slasher_NoContradiction();
        _requireRecent(one.at);
        _requireGatewaySigned(one, oneSignature);
        _requireGatewaySigned(other, otherSignature);

        bytes32 day = keccak256(abi.encode(one.subnetId, one.at / 1 days));
        return _file(_contradiction(one.nodeId, one.subnetId, day));
    }

    /// @inheritdoc ISlasher
    function reportDeniedService(
        DowntimeClaim memory claim,
        Pulse calldata pulse,
        bytes calldata signature,
        bytes32[] calldata proof
    ) external override returns (bytes32 reportId) {
        // Check: the gateway claimed that the node did not serve this lease.
        bytes32 claimId = keccak256(abi.encode(claim));
        ClaimState state = claimStateOf(claimId);
        if (state == ClaimState.None) revert Slasher_ClaimUnknown(claimId);
        _requireRecent(claim.claimedAt);

        // Check: and it signed that the node served it in that time.
        bool within = pulse.at >= claim.fromAt && pulse.at < claim.fromAt + claim.duration;
        if (pulse.nodeId != claim.nodeId || pulse.subnetId != claim.subnetId || !within) {
            revert Slasher_NoContradiction();
        }
        _requireServed(pulse, claim.leaseHash, proof);
        _requireGatewaySigned(pulse, signature);

        Report memory report = _contradiction(claim.nodeId, claim.subnetId, claimId);
        if (state != ClaimState.Voided) {
            report.harmed = _NODES.ownerOf(claim.nodeId);
            report.harm = claim.toNode;
        }
        return _file(report);
    }

    /// @dev What a node did to a lease; the tenant reports and is harmed.
    function _ofLease(
        uint256 lid,
        ILeaseMarket.Lease memory lease,
        Offence offence
    ) private view returns (Report memory report) {
        report.offence = offence;
        report.accused = _accusedOf(lease.nodeId);
        report.native = lease.token == address(0);
        report.nodeId = lease.nodeId;
        report.subnetId = lease.subnetId;
        report.fact = bytes32(lid);
        report.reporter = lease.tenant;
        report.harmed = lease.tenant;
        // A price in another token says nothing in wei: there the largest part for the harmed is the only bound.
        report.harm =
            report.native
                ? ((uint256(lease.ratePerSecond) * _HARM_SECONDS) / _RATE_SCALE).toUint96()
                : type(uint96).max;
    }

    function _contradiction(uint64 nodeId, uint32 subnetId, bytes32 fact) private view returns (Report memory report) {
        report.offence = Offence.Contradiction;
        report.accused = Accused.Gateway;
        report.nodeId = nodeId;
        report.subnetId = subnetId;
        report.fact = fact;
        report.reporter = _msgSender();
    }

    function _accusedOf(uint64 nodeId) private view returns (Accused accused) {
        return _NODES.nodeOf(nodeId).mode == INodeRegistry.Mode.Provider ? Accused.ProviderNode : Accused.FizzNode;
    }

    function _offenceOf(ICapacityVerdicts.Fault fault) private pure returns (Offence offence) {
        if (fault == ICapacityVerdicts.Fault.FalseCapacity) return Offence.FalseCapacity;
        if (fault == ICapacityVerdicts.Fault.FalseRoot) return Offence.FalseRoot;
        return Offence.Omission;
    }
}
