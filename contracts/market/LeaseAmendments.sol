// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {DowntimeCredits} from "./DowntimeCredits.sol";
import {LeaseLedger} from "./LeaseLedger.sol";
import {LeaseUpdates} from "./LeaseUpdates.sol";

/// @title LeaseAmendments
/// @notice The part of the lease market that changes running leases. It is code only: the market made it, and runs it by
/// delegate call on its own storage, because both together are larger than a contract may be. Called directly it finds
/// no lease, and holds no coin.
/// @dev Storage is laid out by {LeaseLedger}, the first base of both.
contract LeaseAmendments is LeaseUpdates, DowntimeCredits {
    /// @notice Fixes what the market fixes.
    /// @param nodeRegistry Where nodes are looked up.
    /// @param subnetRegistry Where subnets are looked up.
    /// @param holdbackSeconds Time for which earnings stay in the lease.
    /// @param forwarder Whose appended senders are believed.
    constructor(
        INodeRegistry nodeRegistry,
        ISubnetRegistry subnetRegistry,
        uint32 holdbackSeconds,
        address forwarder
    ) LeaseLedger(nodeRegistry, subnetRegistry, holdbackSeconds, forwarder) {}
}
