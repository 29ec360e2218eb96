// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RelayedOwnable} from "../access/RelayedOwnable.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";

/// @title SubnetRecords
/// @notice Stored subnets: how they are kept, and who may touch them.
abstract contract SubnetRecords is ISubnetRegistry, RelayedOwnable {
    /// @dev What opening a lease or joining needs is in the first slot.
    struct Record {
        // slot 0
        address owner;
        uint16 cutBps;
        uint16 nextCutBps;
        uint40 nextCutAt;
        uint8 flags;
        uint8 minCpuTier;
        uint8 minGpuTier;
        // slot 1
        address operator;
        uint40 registeredAt;
        // slot 2
        address governor;
        // slots 3 to 5
        string apiUrl;
        string multiaddrs;
        string domain;
    }

    /// @inheritdoc ISubnetRegistry
    uint256 public constant override MIN_STAKE = 0.05 ether;

    uint8 internal constant _ALLOW_LIST = 1;
    uint8 internal constant _ACCEPTS_FIZZ = 2;
    uint8 internal constant _ACCEPTS_PROVIDER = 4;
    uint8 internal constant _CLOSED = 8;
    uint8 internal constant _STAKE_TOO_LOW = 16;

    mapping(uint32 subnetId => Record record) internal _subnets;

    function _setFlag(Record storage subnet, uint8 flag, bool on) internal {
        subnet.flags = on ? subnet.flags | flag : subnet.flags & ~flag;
    }

    function _requireSubnet(uint32 subnetId) internal view returns (Record storage subnet) {
        subnet = _subnets[subnetId];
        if (subnet.owner == address(0)) revert SubnetRegistry_SubnetNotFound(subnetId);
    }

    function _requireOwned(uint32 subnetId) internal view returns (Record storage subnet) {
        subnet = _requireSubnet(subnetId);
        address caller = _msgSender();
        if (caller != subnet.owner) revert SubnetRegistry_NotOwner(subnetId, caller);
    }

    function _requireOpen(uint32 subnetId, Record storage subnet) internal view {
        if (_has(subnet, _CLOSED)) revert SubnetRegistry_SubnetIsClosed(subnetId);
    }

    function _has(Record storage subnet, uint8 flag) internal view returns (bool) {
        return subnet.flags & flag != 0;
    }

    /// @dev Neither closed nor short of stake.
    function _isActive(Record storage subnet) internal view returns (bool) {
        return subnet.owner != address(0) && subnet.flags & (_CLOSED | _STAKE_TOO_LOW) == 0;
    }
}
