// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ISubnetGovernor} from "./ISubnetGovernor.sol";

/// @title ISubnetGovernorFactory
/// @notice Makes governors of subnets, and knows which ones are genuine.
/// @dev Clone and set-up are one transaction, so nobody comes in between. A governor has no power until the subnet's
/// governor hands over to it in the subnet registry.
interface ISubnetGovernorFactory {
    /// @notice A governor was made.
    /// @param subnetId Identifier of the subnet.
    /// @param governor The new governor.
    /// @param votes The subnet's votes: the same for all its governors.
    event GovernorCreated(uint32 indexed subnetId, address indexed governor, address indexed votes);

    error SubnetGovernorFactory_NoCode(address implementation);
    error SubnetGovernorFactory_NotOwner(uint32 subnetId, address caller);
    error SubnetGovernorFactory_SubnetNotFound(uint32 subnetId);

    /// @notice Makes a governor, and the subnet's votes when it is the first one.
    /// @dev Emits {GovernorCreated}. Requirements: caller is the subnet's owner; the settings are within their bounds.
    /// @param subnetId Identifier of the subnet.
    /// @param settings How it decides; fixed for good.
    /// @return governor The new governor.
    /// @return votes The subnet's votes.
    function createGovernor(
        uint32 subnetId,
        ISubnetGovernor.Settings calldata settings
    ) external returns (address governor, address votes);

    /// @notice Code of all governors.
    /// @return implementation Its address.
    function governorImplementation() external view returns (address implementation);

    /// @notice The subnet for which a governor was made here; 0 when it was not.
    /// @param governor Address of the governor.
    /// @return subnetId Identifier of the subnet.
    function subnetIdOf(address governor) external view returns (uint32 subnetId);

    /// @notice Code of all votes.
    /// @return implementation Its address.
    function votesImplementation() external view returns (address implementation);

    /// @notice The votes of a subnet; zero before its first governor.
    /// @param subnetId Identifier of the subnet.
    /// @return votes Their address.
    function votesOf(uint32 subnetId) external view returns (address votes);
}
