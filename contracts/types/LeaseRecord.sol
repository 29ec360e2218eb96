// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";

/// @dev An update waits for the node.
uint8 constant LEASE_UPDATE_PENDING = 1;

/// @dev The node missed the start with the manifest in hand.
uint8 constant LEASE_NO_SHOW = 2;

/// @notice The part of a lease that a settlement reads and writes, and nothing else. It is read into memory as a whole,
/// changed there, and written back as a whole. {ILeaseMarket.Lease} says what the fields mean.
/// @dev `subnetRest` and `protocolRest` are the parts of the cuts below one token unit, scaled as in
/// {LeaseBilling.share}: settling often shares out exactly what settling once does.
struct LeaseStream {
    // word 0
    uint96 ratePerSecond;
    uint96 balance;
    uint32 settledAt;
    /// Weight in the meters, see {TierPoints}.
    uint24 points;
    ILeaseMarket.LeaseState state;
    // word 1
    uint40 scaledRemainder;
    uint16 subnetRest;
    uint16 protocolRest;
    uint16 subnetCutBps;
    uint16 protocolCutBps;
    uint48 nodeId;
    uint32 subnetId;
    /// Index of the payment token, see {ILeaseMarket.tokenAt}.
    uint16 token;
    uint16 version;
    uint32 downtimeSeconds;
    /// {LEASE_UPDATE_PENDING} and {LEASE_NO_SHOW}.
    uint8 flags;
}

/// @notice A lease as it is stored.
struct LeaseRecord {
    // slots 0 and 1
    /// The two words of a {LeaseStream}, packed by {LeaseStreams}.
    uint256 word0;
    uint256 word1;
    // slot 2
    address tenant;
    /// See {ResourceMath.compact}.
    uint96 resources;
    // slot 3
    /// The lease hash without its nine zero bytes.
    bytes23 leaseHash;
    /// Open: start deadline. Reclaiming: when the node may close. Closed with a balance: when that is released.
    /// Otherwise stale: it is not cleared, because clearing costs a write.
    uint32 deadline;
    uint24 noticeSeconds;
    uint16 reservationSeconds;
    // slot 4
    bytes32 manifestHash;
}

/// @notice A requested update as it is stored. It holds while {LEASE_UPDATE_PENDING} is set; afterwards it is stale, and
/// the next one overwrites it. Its version is the lease's + 1.
struct UpdateRecord {
    // slot 0
    bytes32 manifestHash;
    // slot 1
    uint96 resources;
    uint96 ratePerSecond;
    uint32 expiresAt;
    uint24 points;
}
