// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";

/// @title MockMarket
/// @notice For tests of the slasher: leases that are what the test says, and what a market answers about them.
contract MockMarket {
    /// @dev What is held back of a lease.
    struct Held {
        uint32 heldSeconds;
        uint128 amount;
    }

    /// @notice Time for which earnings are held back.
    uint32 public constant HOLDBACK_SECONDS = 1 days;

    /// @notice Whether the node missed the start with the manifest in hand.
    mapping(uint256 lid => bool noShow) public isNoShow;

    /// @notice Unix time until which the money lasts.
    mapping(uint256 lid => uint256 until) public paidUntil;

    /// @notice Missed starts of a node.
    mapping(uint64 nodeId => uint32 strikes) public strikesOf;

    /// @notice What is held back.
    mapping(uint256 lid => Held held) public heldOf;

    mapping(uint256 lid => ILeaseMarket.Lease lease) private _leases;

    /// @notice Puts a lease there.
    /// @param lid Lease.
    /// @param lease The lease.
    function setLease(uint256 lid, ILeaseMarket.Lease calldata lease) external {
        _leases[lid] = lease;
        paidUntil[lid] = type(uint40).max;
    }

    /// @notice Ends the money of a lease.
    /// @param lid Lease.
    /// @param until Unix time.
    function setPaidUntil(uint256 lid, uint256 until) external {
        paidUntil[lid] = until;
    }

    /// @notice Makes the start of a lease missed.
    /// @param lid Lease.
    function setNoShow(uint256 lid) external {
        isNoShow[lid] = true;
        strikesOf[_leases[lid].nodeId] += 1;
    }

    /// @notice Holds something back.
    /// @param lid Lease.
    /// @param heldSeconds Seconds.
    /// @param amount Wei.
    function setHeld(uint256 lid, uint32 heldSeconds, uint128 amount) external {
        heldOf[lid] = Held({heldSeconds: heldSeconds, amount: amount});
    }

    /// @notice See {IMarketMeters}.
    /// @param lid Lease.
    /// @param moreSeconds Seconds.
    /// @return credited Seconds.
    /// @return amount Their price.
    function claimDowntime(uint256 lid, uint32 moreSeconds) external returns (uint32 credited, uint256 amount) {
        Held storage held = heldOf[lid];
        credited = moreSeconds > held.heldSeconds ? held.heldSeconds : moreSeconds;
        amount = (uint256(_leases[lid].ratePerSecond) * credited) / 1e12;
        held.heldSeconds -= credited;
        held.amount -= uint128(amount);
    }

    /// @notice See {IMarketMeters}.
    /// @param lid Lease.
    /// @return amount Wei that the tenant keeps.
    function forfeitHeld(uint256 lid) external returns (uint256 amount) {
        amount = heldOf[lid].amount;
        delete heldOf[lid];
    }

    /// @notice See {ILeaseMarket}.
    /// @param lid Lease.
    /// @return lease The lease.
    function leaseOf(uint256 lid) external view returns (ILeaseMarket.Lease memory lease) {
        return _leases[lid];
    }
}
