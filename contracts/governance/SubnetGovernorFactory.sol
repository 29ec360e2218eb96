// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ISubnetGovernor} from "../interfaces/ISubnetGovernor.sol";
import {ISubnetGovernorFactory} from "../interfaces/ISubnetGovernorFactory.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {ISubnetVotes} from "../interfaces/ISubnetVotes.sol";

/// @title SubnetGovernorFactory
/// @notice See {ISubnetGovernorFactory}.
contract SubnetGovernorFactory is ISubnetGovernorFactory, ERC2771Context {
    /// @inheritdoc ISubnetGovernorFactory
    address public immutable override governorImplementation;

    /// @inheritdoc ISubnetGovernorFactory
    address public immutable override votesImplementation;

    ISubnetRegistry private immutable _SUBNETS;

    /// @inheritdoc ISubnetGovernorFactory
    mapping(address governor => uint32 subnetId) public override subnetIdOf;

    /// @inheritdoc ISubnetGovernorFactory
    mapping(uint32 subnetId => address votes) public override votesOf;

    /// @notice Fixes the code that is cloned.
    /// @dev Requirements: both implementations have code; a clone of nothing could be set up by anybody later.
    /// @param governorCode The governors' code.
    /// @param votesCode The votes' code.
    /// @param subnets Where owners of subnets are read.
    /// @param forwarder Trusted forwarder of meta-transactions.
    constructor(
        address governorCode,
        address votesCode,
        ISubnetRegistry subnets,
        address forwarder
    ) ERC2771Context(forwarder) {
        if (governorCode.code.length == 0) revert SubnetGovernorFactory_NoCode(governorCode);
        if (votesCode.code.length == 0) revert SubnetGovernorFactory_NoCode(votesCode);

        governorImplementation = governorCode;
        votesImplementation = votesCode;
        _SUBNETS = subnets;
    }

    /// @inheritdoc ISubnetGovernorFactory
    function createGovernor(
        uint32 subnetId,
        ISubnetGovernor.Settings calldata settings
    ) external override returns (address governor, address votes) {
        // Check: the owner asks. Others could only make governors that nobody hands over to.
        (address owner, , ) = _SUBNETS.cutOf(subnetId);
        if (owner == address(0)) revert SubnetGovernorFactory_SubnetNotFound(subnetId);
        if (_msgSender() != owner) revert SubnetGovernorFactory_NotOwner(subnetId, _msgSender());

        // Effect: votes are made once, so that claims and history outlive a governor.
        votes = votesOf[subnetId];
        if (votes == address(0)) {
            votes = Clones.clone(votesImplementation);
            votesOf[subnetId] = votes;
            ISubnetVotes(votes).initialize(subnetId);
        }
        governor = Clones.clone(governorImplementation);
        subnetIdOf[governor] = subnetId;
        ISubnetGovernor(governor).initialize(subnetId, IVotes(votes), settings);
        emit GovernorCreated(subnetId, governor, votes);
    }
}
