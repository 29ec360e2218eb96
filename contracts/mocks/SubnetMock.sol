// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnetBudgets} from "../interfaces/ISubnetBudgets.sol";
import {ISubnetPowers} from "../interfaces/ISubnetPowers.sol";

/// @title SubnetMock
/// @notice For tests: what a governor may change, kept as the subnet registry and the rewards keep it.
contract SubnetMock is ISubnetPowers, ISubnetBudgets {
    /// @notice What is known of one subnet.
    struct Record {
        address owner;
        address governor;
        uint16 cutBps;
        uint8 admission;
        uint96 ownLiveness;
    }

    /// @notice Largest cut.
    uint16 public constant MAX_CUT_BPS = 2_000;

    /// @notice The subnets.
    mapping(uint32 subnetId => Record record) public recordOf;

    /// @notice Who may join.
    mapping(uint32 subnetId => mapping(uint64 nodeId => bool admitted)) public admittedOf;

    /// @notice The caller does not govern the subnet.
    error SubnetMock_NotGovernor(uint32 subnetId, address caller);

    /// @notice The value is above the registry's constant.
    error SubnetMock_TooHigh(uint16 value, uint16 max);

    /// @notice Only the governor.
    modifier onlyGovernor(uint32 subnetId) {
        if (msg.sender != recordOf[subnetId].governor) revert SubnetMock_NotGovernor(subnetId, msg.sender);
        _;
    }

    /// @notice Makes a subnet that its owner governs.
    /// @param subnetId Its number.
    /// @param owner Its owner.
    /// @param cutBps Its cut.
    function register(uint32 subnetId, address owner, uint16 cutBps) external {
        recordOf[subnetId] = Record(owner, owner, cutBps, 0, 0);
    }

    /// @inheritdoc ISubnetPowers
    function setCut(uint32 subnetId, uint16 cutBps) external override onlyGovernor(subnetId) {
        if (cutBps > MAX_CUT_BPS) revert SubnetMock_TooHigh(cutBps, MAX_CUT_BPS);
        recordOf[subnetId].cutBps = cutBps;
    }

    /// @inheritdoc ISubnetPowers
    function setAdmissionRules(
        uint32 subnetId,
        AdmissionRules calldata rules
    ) external override onlyGovernor(subnetId) {
        recordOf[subnetId].admission = rules.admission;
    }

    /// @inheritdoc ISubnetPowers
    function setAdmitted(uint32 subnetId, uint64 nodeId, bool admitted) external override onlyGovernor(subnetId) {
        admittedOf[subnetId][nodeId] = admitted;
    }

    /// @inheritdoc ISubnetPowers
    function setGovernor(uint32 subnetId, address governor) external override onlyGovernor(subnetId) {
        recordOf[subnetId].governor = governor;
    }

    /// @inheritdoc ISubnetBudgets
    function setOwnLiveness(uint32 subnetId, uint96 weiPerEra) external override onlyGovernor(subnetId) {
        recordOf[subnetId].ownLiveness = weiPerEra;
    }

    /// @notice As the subnet registry answers.
    /// @param subnetId Its number.
    /// @return owner Its owner.
    /// @return cutBps Its cut.
    /// @return active Whether it exists.
    function cutOf(uint32 subnetId) external view returns (address owner, uint16 cutBps, bool active) {
        Record storage record = recordOf[subnetId];
        return (record.owner, record.cutBps, record.owner != address(0));
    }
}
