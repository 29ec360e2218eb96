// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RelayedOwnable} from "./access/RelayedOwnable.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {SubnetStakes} from "./registry/SubnetStakes.sol";

/// @title SubnetRegistry
/// @notice See {ISubnetRegistry} and {ISubnetStakes}.
contract SubnetRegistry is SubnetStakes {
    /// @inheritdoc ISubnetRegistry
    uint16 public constant override MAX_CUT_BPS = 2_000;

    /// @inheritdoc ISubnetRegistry
    uint40 public constant override CUT_NOTICE_SECONDS = 4 days;

    uint256 private constant _MAX_API_URL_BYTES = 256;
    uint256 private constant _MAX_MULTIADDRS_BYTES = 1_024;
    uint256 private constant _MAX_DOMAIN_BYTES = 253;

    uint32 private _subnetCount;
    mapping(address operator => uint32 subnetId) private _subnetIdOf;
    mapping(uint32 subnetId => mapping(uint64 nodeId => bool admitted)) private _admitted;

    /// @notice Fixes the forwarder.
    /// @param initialOwner Who names the slasher.
    /// @param forwarder {FizzForwarder}.
    constructor(address initialOwner, address forwarder) RelayedOwnable(initialOwner, forwarder) {}

    /// @inheritdoc ISubnetRegistry
    function registerSubnet(Settings calldata settings) external payable override returns (uint32 subnetId) {
        // Check: stake, cut and operator key.
        if (msg.value < MIN_STAKE) revert SubnetRegistry_StakeTooLow(msg.value, MIN_STAKE);
        _requireCut(settings.cutBps);
        address operator = settings.operator;
        if (operator == address(0)) revert SubnetRegistry_ZeroOperator();
        if (_subnetIdOf[operator] != 0) revert SubnetRegistry_OperatorTaken(operator, _subnetIdOf[operator]);

        // Effect: store the subnet; its stake stays until it closes.
        subnetId = ++_subnetCount;
        _subnetIdOf[operator] = subnetId;
        address owner = _msgSender();
        Record storage subnet = _subnets[subnetId];
        subnet.owner = owner;
        subnet.governor = owner;
        subnet.operator = operator;
        subnet.cutBps = settings.cutBps;
        subnet.registeredAt = uint40(block.timestamp);
        _setRules(subnet, _rulesOf(settings));

        emit SubnetRegistered({subnetId: subnetId, owner: owner, operator: operator, cutBps: settings.cutBps});
        _setEndpoints(subnetId, settings.apiUrl, settings.multiaddrs, settings.domain);
        _addStake(subnetId, msg.value);
    }

    /// @inheritdoc ISubnetRegistry
    function setEndpoints(
        uint32 subnetId,
        string calldata apiUrl,
        string calldata multiaddrs,
        string calldata domain
    ) external override {
        Record storage subnet = _requireSubnet(subnetId);
        address caller = _msgSender();
        if (caller != subnet.owner && caller != subnet.operator) {
            revert SubnetRegistry_NotOwnerOrOperator(subnetId, caller);
        }
        _requireOpen(subnetId, subnet);
        _setEndpoints(subnetId, apiUrl, multiaddrs, domain);
    }

    /// @inheritdoc ISubnetRegistry
    function setCut(uint32 subnetId, uint16 cutBps) external override {
        Record storage subnet = _requireGoverned(subnetId);
        _requireCut(cutBps);

        // Effect: less at once; more after a notice in which every node can leave.
        uint16 current = _cutOf(subnet);
        bool raised = cutBps > current;
        uint40 effectiveAt = uint40(block.timestamp) + (raised ? CUT_NOTICE_SECONDS : 0);
        subnet.cutBps = raised ? current : cutBps;
        subnet.nextCutBps = raised ? cutBps : 0;
        subnet.nextCutAt = raised ? effectiveAt : 0;
        emit CutChanged(subnetId, cutBps, effectiveAt);
    }

    /// @inheritdoc ISubnetRegistry
    function setAdmissionRules(uint32 subnetId, AdmissionRules calldata rules) external override {
        _setRules(_requireGoverned(subnetId), rules);
        emit AdmissionRulesChanged(subnetId, rules);
    }

    /// @inheritdoc ISubnetRegistry
    function setAdmitted(uint32 subnetId, uint64 nodeId, bool admitted) external override {
        _requireGoverned(subnetId);
        if (nodeId == 0) revert SubnetRegistry_ZeroNode(subnetId);

        _admitted[subnetId][nodeId] = admitted;
        emit NodeAdmitted(subnetId, nodeId, admitted);
    }

    /// @inheritdoc ISubnetRegistry
    function setGovernor(uint32 subnetId, address governor) external override {
        Record storage subnet = _requireGoverned(subnetId);
        if (governor == address(0)) revert SubnetRegistry_ZeroGovernor(subnetId);

        subnet.governor = governor;
        emit GovernorChanged(subnetId, governor);
    }

    /// @inheritdoc ISubnetRegistry
    function closeSubnet(uint32 subnetId) external override {
        Record storage subnet = _requireOwned(subnetId);
        _requireOpen(subnetId, subnet);

        // Effect: no way back; the stake thaws from now.
        _setFlag(subnet, _CLOSED, true);
        emit SubnetClosed(subnetId, _thawAll(subnetId));
    }

    /// @inheritdoc ISubnetRegistry
    function subnetOf(uint32 subnetId) external view override returns (Subnet memory subnet) {
        Record storage record = _subnets[subnetId];
        bool announced = block.timestamp < record.nextCutAt;
        return
            Subnet({
                owner: record.owner,
                governor: record.governor,
                operator: record.operator,
                cutBps: _cutOf(record),
                nextCutBps: announced ? record.nextCutBps : 0,
                nextCutAt: announced ? record.nextCutAt : 0,
                admission: _has(record, _ALLOW_LIST) ? Admission.AllowList : Admission.Open,
                acceptsFizz: _has(record, _ACCEPTS_FIZZ),
                acceptsProvider: _has(record, _ACCEPTS_PROVIDER),
                minCpuTier: record.minCpuTier,
                minGpuTier: record.minGpuTier,
                active: _isActive(record),
                closed: _has(record, _CLOSED),
                registeredAt: record.registeredAt,
                stake: _amountOf(subnetId),
                apiUrl: record.apiUrl,
                multiaddrs: record.multiaddrs,
                domain: record.domain
            });
    }

    /// @inheritdoc ISubnetRegistry
    function subnetIdOf(address operator) external view override returns (uint32 subnetId) {
        return _subnetIdOf[operator];
    }

    /// @inheritdoc ISubnetRegistry
    function cutOf(uint32 subnetId) external view override returns (address owner, uint16 cutBps, bool active) {
        Record storage subnet = _subnets[subnetId];
        return (subnet.owner, _cutOf(subnet), _isActive(subnet));
    }

    /// @inheritdoc ISubnetRegistry
    function governorOf(uint32 subnetId) external view override returns (address governor) {
        return _subnets[subnetId].governor;
    }

    /// @inheritdoc ISubnetRegistry
    function isAdmitted(
        uint32 subnetId,
        uint64 nodeId,
        uint8 mode,
        uint16 cpuTier,
        uint16 gpuTier
    ) external view override returns (bool admitted) {
        Record storage subnet = _subnets[subnetId];
        if (!_isActive(subnet) || mode > 1) return false;
        if (!_has(subnet, mode == 0 ? _ACCEPTS_FIZZ : _ACCEPTS_PROVIDER)) return false;
        if (cpuTier < subnet.minCpuTier || gpuTier < subnet.minGpuTier) return false;
        return !_has(subnet, _ALLOW_LIST) || _admitted[subnetId][nodeId];
    }

    /// @inheritdoc ISubnetRegistry
    function subnetCount() external view override returns (uint32 count) {
        return _subnetCount;
    }

    function _setRules(Record storage subnet, AdmissionRules memory rules) private {
        if (!rules.acceptsFizz && !rules.acceptsProvider) revert SubnetRegistry_NothingAccepted();
        _setFlag(subnet, _ALLOW_LIST, rules.admission == Admission.AllowList);
        _setFlag(subnet, _ACCEPTS_FIZZ, rules.acceptsFizz);
        _setFlag(subnet, _ACCEPTS_PROVIDER, rules.acceptsProvider);
        subnet.minCpuTier = _tierOf(rules.minCpuTier);
        subnet.minGpuTier = _tierOf(rules.minGpuTier);
    }

    function _setEndpoints(
        uint32 subnetId,
        string calldata apiUrl,
        string calldata multiaddrs,
        string calldata domain
    ) private {
        _requireLength(bytes(apiUrl).length, _MAX_API_URL_BYTES);
        _requireLength(bytes(multiaddrs).length, _MAX_MULTIADDRS_BYTES);
        _requireLength(bytes(domain).length, _MAX_DOMAIN_BYTES);

        Record storage subnet = _subnets[subnetId];
        subnet.apiUrl = apiUrl;
        subnet.multiaddrs = multiaddrs;
        subnet.domain = domain;
        emit EndpointsChanged(subnetId, apiUrl, multiaddrs, domain);
    }

    function _requireGoverned(uint32 subnetId) private view returns (Record storage subnet) {
        subnet = _requireSubnet(subnetId);
        address caller = _msgSender();
        if (caller != subnet.governor) revert SubnetRegistry_NotGovernor(subnetId, caller);
        _requireOpen(subnetId, subnet);
    }

    /// @dev The cut in force: an announced one from its time on.
    function _cutOf(Record storage subnet) private view returns (uint16 cutBps) {
        uint40 nextCutAt = subnet.nextCutAt;
        return nextCutAt != 0 && block.timestamp >= nextCutAt ? subnet.nextCutBps : subnet.cutBps;
    }

    function _rulesOf(Settings calldata settings) private pure returns (AdmissionRules memory rules) {
        return
            AdmissionRules({
                admission: settings.admission,
                acceptsFizz: settings.acceptsFizz,
                acceptsProvider: settings.acceptsProvider,
                minCpuTier: settings.minCpuTier,
                minGpuTier: settings.minGpuTier
            });
    }

    function _requireCut(uint16 cutBps) private pure {
        if (cutBps > MAX_CUT_BPS) revert SubnetRegistry_CutTooHigh(cutBps, MAX_CUT_BPS);
    }

    function _requireLength(uint256 length, uint256 max) private pure {
        if (length > max) revert SubnetRegistry_TextTooLong(length, max);
    }

    function _tierOf(uint16 tier) private pure returns (uint8) {
        if (tier > type(uint8).max) revert SubnetRegistry_TierTooLarge(tier, type(uint8).max);
        return uint8(tier);
    }
}
