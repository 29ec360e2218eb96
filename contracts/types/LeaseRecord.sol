// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {Resources} from "./Resources.sol";

/// @notice A lease as it is stored; {ILeaseMarket.Lease} says what the fields mean.
/// @dev `subnetRest` and `protocolRest` are the parts of the cuts below one token unit, scaled as in {LeaseBilling.take}.
/// They are kept, so that settling often shares out exactly what settling once does.
struct LeaseRecord {
    // slot 0
    address tenant;
    uint64 nodeId;
    uint32 subnetId;
    // slot 1
    address token;
    uint96 ratePerSecond;
    // slot 2
    uint128 balance;
    uint40 settledAt;
    uint40 deadline;
    ILeaseMarket.LeaseState state;
    uint16 version;
    uint16 subnetRest;
    // slot 3
    Resources resources;
    uint40 scaledRemainder;
    uint16 subnetCutBps;
    uint16 protocolCutBps;
    uint24 noticeSeconds;
    uint16 reservationSeconds;
    uint16 protocolRest;
    // slot 4
    bytes32 leaseHash;
    // slot 5
    bytes32 manifestHash;
}
