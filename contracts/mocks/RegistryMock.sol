// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ISubnetStakes} from "../interfaces/ISubnetStakes.sol";

/// @title RegistryMock
/// @notice For tests of the rewards: what they see of the registries of nodes and of subnets.
contract RegistryMock {
    /// @dev What a test sets of a subnet.
    struct Gateway {
        address owner;
        address governor;
        bool active;
        uint96 stake;
        uint96 thawing;
    }

    /// @notice Who gets the registration fees.
    address public feeReceiver;

    /// @notice Wei of registration fees that wait.
    uint256 public feesCollected;

    /// @notice The wallet that earns for a node.
    mapping(uint64 nodeId => address owner) public ownerOf;

    /// @notice The subnet that a gateway's key runs.
    mapping(address operator => uint32 subnetId) public subnetIdOf;

    mapping(uint32 subnetId => Gateway gateway) private _gateways;

    /// @notice The receiver does not take the coin.
    error RegistryMock_Refused(address receiver);

    /// @notice Names who gets the registration fees.
    /// @param receiver The account.
    function setFeeReceiver(address receiver) external {
        feeReceiver = receiver;
    }

    /// @notice Sets the owner of a node.
    /// @param nodeId Node.
    /// @param owner Its owner.
    function setNode(uint64 nodeId, address owner) external {
        ownerOf[nodeId] = owner;
    }

    /// @notice Sets up a subnet. Its owner is its governor.
    /// @param subnetId Subnet.
    /// @param owner Its owner.
    /// @param operator Its key.
    /// @param stake Its stake.
    function setSubnet(uint32 subnetId, address owner, address operator, uint96 stake) external {
        subnetIdOf[operator] = subnetId;
        _gateways[subnetId] = Gateway({owner: owner, governor: owner, active: true, stake: stake, thawing: 0});
    }

    /// @notice Changes a stake.
    /// @param subnetId Subnet.
    /// @param stake All of it.
    /// @param thawing What of it is on its way out.
    /// @param active Whether the subnet is open.
    function setStake(uint32 subnetId, uint96 stake, uint96 thawing, bool active) external {
        _gateways[subnetId].stake = stake;
        _gateways[subnetId].thawing = thawing;
        _gateways[subnetId].active = active;
    }

    /// @notice Hands a subnet's decisions over.
    /// @param subnetId Subnet.
    /// @param governor Who decides.
    function setGovernor(uint32 subnetId, address governor) external {
        _gateways[subnetId].governor = governor;
    }

    /// @notice Nodes register and pay the value sent.
    function payFees() external payable {
        feesCollected += msg.value;
    }

    /// @notice As the node registry.
    /// @return amount Wei sent.
    function withdrawFees() external returns (uint256 amount) {
        amount = feesCollected;
        if (amount == 0) return 0;
        feesCollected = 0;
        if (!LowLevelCall.callNoReturn(feeReceiver, amount, "")) revert RegistryMock_Refused(feeReceiver);
    }

    /// @notice As the subnet registry.
    /// @param subnetId Subnet.
    /// @return owner Its owner.
    /// @return cutBps None.
    /// @return active Whether it is open.
    function cutOf(uint32 subnetId) external view returns (address owner, uint16 cutBps, bool active) {
        return (_gateways[subnetId].owner, 0, _gateways[subnetId].active);
    }

    /// @notice As the subnet registry.
    /// @param subnetId Subnet.
    /// @return governor Who decides.
    function governorOf(uint32 subnetId) external view returns (address governor) {
        return _gateways[subnetId].governor;
    }

    /// @notice As the subnet registry.
    /// @param subnetId Subnet.
    /// @return record The stake.
    function stakeOf(uint32 subnetId) external view returns (ISubnetStakes.Stake memory record) {
        record.amount = _gateways[subnetId].stake;
        record.thawing = _gateways[subnetId].thawing;
    }
}
