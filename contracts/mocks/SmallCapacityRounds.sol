// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CapacityRounds} from "../CapacityRounds.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";

/// @title SmallCapacityRounds
/// @notice For tests: rounds whose work a test can do.
contract SmallCapacityRounds is CapacityRounds {
    /// @notice Fixes the contracts that it reads.
    /// @param nodes Where nodes and their keys are looked up.
    /// @param subnets Where gateways are looked up.
    /// @param market Where leases are looked up.
    /// @param forwarder Trusted forwarder of meta-transactions.
    constructor(
        INodeRegistry nodes,
        ISubnetRegistry subnets,
        ILeaseMarket market,
        address forwarder
    ) CapacityRounds(nodes, subnets, market, forwarder) {}

    function _difficulty() internal pure override returns (Difficulty memory difficulty) {
        return Difficulty({cpuStepsLog2: 10, memoryStepsLog2: 17, cpuWindowLog2: 8});
    }
}
