// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {ResourceMath} from "../libraries/ResourceMath.sol";
import {Resources} from "../types/Resources.sol";

/// @title NodeCapacity
/// @notice What the leases of a node reserve, and its strikes.
abstract contract NodeCapacity {
    using ResourceMath for Resources;

    /// @dev One slot.
    struct Load {
        Resources used;
        uint32 strikes;
    }

    mapping(uint64 nodeId => Load load) internal _loads;

    /// @dev Reserves `wanted` more of what the node offers in `total`.
    function _reserve(uint64 nodeId, Resources wanted, Resources total) internal {
        Load storage load = _loads[nodeId];
        Resources used = load.used;
        if (!used.fits(wanted, total)) revert ILeaseMarket.LeaseMarket_NodeFull(nodeId, used, wanted, total);
        load.used = used.plus(wanted);
    }

    function _unreserve(uint64 nodeId, Resources amount) internal {
        Load storage load = _loads[nodeId];
        load.used = load.used.minus(amount);
    }

    function _strike(uint64 nodeId, uint256 lid) internal {
        uint32 strikes = ++_loads[nodeId].strikes;
        emit ILeaseMarket.NodeStruck(nodeId, lid, strikes);
    }

    /// @dev A lease stores its resources in fewer bits than a node.
    function _requireCompact(Resources wanted) internal pure {
        if (!wanted.isCompact()) revert ILeaseMarket.LeaseMarket_ResourcesTooLarge(wanted);
    }

    /// @dev A lease names the node's model when it uses the GPU, and none when it does not.
    function _requireGpuModel(Resources wanted, Resources total) internal pure {
        uint16 offered = wanted.gpuUnits() == 0 ? 0 : total.gpuModel();
        if (wanted.gpuModel() != offered) revert ILeaseMarket.LeaseMarket_GpuModelMismatch(wanted.gpuModel(), offered);
    }
}
