// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";

/// @title SubnetRegistry
/// @notice See {ISubnetRegistry}.
contract SubnetRegistry is ISubnetRegistry {
    using SafeCast for uint256;

    /// @inheritdoc ISubnetRegistry
    uint256 public constant override MIN_STAKE = 0.05 ether;

    /// @inheritdoc ISubnetRegistry
    uint16 public constant override MAX_CUT_BPS = 2_000;

    /// @inheritdoc ISubnetRegistry
    uint40 public constant override STAKE_THAW_SECONDS = 14 days;

    uint256 private constant _MAX_API_URL_BYTES = 256;
    uint256 private constant _MAX_MULTIADDRS_BYTES = 1_024;

    uint32 private _subnetCount;
    mapping(uint32 subnetId => Subnet subnet) private _subnets;
    mapping(address operator => uint32 subnetId) private _subnetIdOf;
    mapping(uint32 subnetId => mapping(uint64 nodeId => bool admitted)) private _admitted;
    mapping(uint32 subnetId => uint40 freeAt) private _stakeFreeAt;

    /// @inheritdoc ISubnetRegistry
    function registerSubnet(Settings calldata settings) external payable override returns (uint32 subnetId) {
        // Check: stake, cut, modes and operator key.
        if (msg.value < MIN_STAKE) revert SubnetRegistry_StakeTooLow(msg.value, MIN_STAKE);
        if (settings.cutBps > MAX_CUT_BPS) revert SubnetRegistry_CutTooHigh(settings.cutBps, MAX_CUT_BPS);
        if (!settings.acceptsFizz && !settings.acceptsProvider) revert SubnetRegistry_NothingAccepted();
        address operator = settings.operator;
        if (operator == address(0)) revert SubnetRegistry_ZeroOperator();
        if (_subnetIdOf[operator] != 0) revert SubnetRegistry_OperatorTaken(operator, _subnetIdOf[operator]);

        // Effect: store the subnet.
        subnetId = ++_subnetCount;
        _subnetIdOf[operator] = subnetId;
        Subnet storage subnet = _subnets[subnetId];
        subnet.owner = msg.sender;
        subnet.cutBps = settings.cutBps;
        subnet.admission = settings.admission;
        subnet.acceptsFizz = settings.acceptsFizz;
        subnet.acceptsProvider = settings.acceptsProvider;
        subnet.active = true;
        subnet.registeredAt = uint40(block.timestamp);
        subnet.operator = operator;
        subnet.stake = msg.value.toUint96();

        emit SubnetRegistered({subnetId: subnetId, owner: msg.sender, operator: operator, cutBps: settings.cutBps});
        _setEndpoints(subnetId, settings.apiUrl, settings.multiaddrs);
    }

    /// @inheritdoc ISubnetRegistry
    function setEndpoints(uint32 subnetId, string calldata apiUrl, string calldata multiaddrs) external override {
        Subnet storage subnet = _requireSubnet(subnetId);
        if (msg.sender != subnet.owner && msg.sender != subnet.operator) {
            revert SubnetRegistry_NotOwnerOrOperator(subnetId, msg.sender);
        }
        _setEndpoints(subnetId, apiUrl, multiaddrs);
    }

    /// @inheritdoc ISubnetRegistry
    function setCut(uint32 subnetId, uint16 cutBps) external override {
        Subnet storage subnet = _requireOwned(subnetId);
        if (!subnet.active) revert SubnetRegistry_SubnetInactive(subnetId);
        if (cutBps > MAX_CUT_BPS) revert SubnetRegistry_CutTooHigh(cutBps, MAX_CUT_BPS);

        subnet.cutBps = cutBps;
        emit CutChanged(subnetId, cutBps);
    }

    /// @inheritdoc ISubnetRegistry
    function setAdmitted(uint32 subnetId, uint64 nodeId, bool admitted) external override {
        _requireOwned(subnetId);
        _admitted[subnetId][nodeId] = admitted;
        emit NodeAdmitted(subnetId, nodeId, admitted);
    }

    /// @inheritdoc ISubnetRegistry
    function closeSubnet(uint32 subnetId) external override {
        Subnet storage subnet = _requireOwned(subnetId);
        if (!subnet.active) revert SubnetRegistry_SubnetInactive(subnetId);

        // Effect: no way back; the stake thaws from now.
        uint40 freeAt = uint40(block.timestamp) + STAKE_THAW_SECONDS;
        subnet.active = false;
        _stakeFreeAt[subnetId] = freeAt;
        emit SubnetClosed(subnetId, freeAt);
    }

    /// @inheritdoc ISubnetRegistry
    function withdrawStake(uint32 subnetId) external override {
        Subnet storage subnet = _requireOwned(subnetId);
        uint256 freeAt = _stakeFreeAt[subnetId];
        uint256 amount = subnet.stake;

        // Check: closed, thawed, and something is left.
        if (subnet.active) revert SubnetRegistry_NotClosed(subnetId);
        if (block.timestamp < freeAt) revert SubnetRegistry_StakeThawing(subnetId, freeAt);
        if (amount == 0) revert SubnetRegistry_NoStake(subnetId);

        // Effect: the stake is gone before the coin leaves.
        subnet.stake = 0;
        emit StakeWithdrawn(subnetId, msg.sender, amount);

        // Interaction: pay.
        if (!LowLevelCall.callNoReturn(msg.sender, amount, "")) {
            revert SubnetRegistry_TransferFailed(msg.sender, amount);
        }
    }

    /// @inheritdoc ISubnetRegistry
    function subnetOf(uint32 subnetId) external view override returns (Subnet memory subnet) {
        return _subnets[subnetId];
    }

    /// @inheritdoc ISubnetRegistry
    function subnetIdOf(address operator) external view override returns (uint32 subnetId) {
        return _subnetIdOf[operator];
    }

    /// @inheritdoc ISubnetRegistry
    function cutOf(uint32 subnetId) external view override returns (address owner, uint16 cutBps, bool active) {
        Subnet storage subnet = _subnets[subnetId];
        return (subnet.owner, subnet.cutBps, subnet.active);
    }

    /// @inheritdoc ISubnetRegistry
    function isAdmitted(uint32 subnetId, uint64 nodeId, uint8 mode) external view override returns (bool admitted) {
        Subnet storage subnet = _subnets[subnetId];
        if (!subnet.active) return false;
        if (mode == 0 ? !subnet.acceptsFizz : !subnet.acceptsProvider) return false;
        return subnet.admission == Admission.Open || _admitted[subnetId][nodeId];
    }

    /// @inheritdoc ISubnetRegistry
    function subnetCount() external view override returns (uint32 count) {
        return _subnetCount;
    }

    function _setEndpoints(uint32 subnetId, string calldata apiUrl, string calldata multiaddrs) private {
        _requireLength(bytes(apiUrl).length, _MAX_API_URL_BYTES);
        _requireLength(bytes(multiaddrs).length, _MAX_MULTIADDRS_BYTES);

        _subnets[subnetId].apiUrl = apiUrl;
        _subnets[subnetId].multiaddrs = multiaddrs;
        emit EndpointsChanged(subnetId, apiUrl, multiaddrs);
    }

    function _requireSubnet(uint32 subnetId) private view returns (Subnet storage subnet) {
        subnet = _subnets[subnetId];
        if (subnet.owner == address(0)) revert SubnetRegistry_SubnetNotFound(subnetId);
    }

    function _requireOwned(uint32 subnetId) private view returns (Subnet storage subnet) {
        subnet = _requireSubnet(subnetId);
        if (msg.sender != subnet.owner) revert SubnetRegistry_NotOwner(subnetId, msg.sender);
    }

    function _requireLength(uint256 length, uint256 max) private pure {
        if (length > max) revert SubnetRegistry_TextTooLong(length, max);
    }
}
