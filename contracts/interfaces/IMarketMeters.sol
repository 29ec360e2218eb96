// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IDowntimeCredits} from "./IDowntimeCredits.sol";

/// @title IMarketMeters
/// @notice What the rewards, the slasher and the subnets' votes read from the lease market, and (in {IDowntimeCredits})
/// the ways in which time that was not delivered comes off a bill. Implemented by the lease market.
/// @dev All sums only grow. Point-seconds count time that was settled, so an exhausted lease counts to its `paidUntil`,
/// whoever transacts later.
interface IMarketMeters is IDowntimeCredits {
    /// @notice What a subnet's leases paid and how much they used, since the beginning.
    /// @param subnetId Subnet.
    /// @param token Token; zero for the native coin.
    /// @return pointSeconds Points of {TierPoints} × seconds that were settled in this token.
    /// @return protocolFees Token units of the protocol's cut.
    function subnetMetersOf(
        uint32 subnetId,
        address token
    ) external view returns (uint256 pointSeconds, uint256 protocolFees);

    /// @notice What a node earned through a subnet, since the beginning.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @param token Token; zero for the native coin.
    /// @return outstanding Token units not yet collected to the owner's account.
    /// @return earned Token units of the node's share ever.
    /// @return pointSeconds Points of {TierPoints} × seconds that were settled.
    function earningsOf(
        uint64 nodeId,
        uint32 subnetId,
        address token
    ) external view returns (uint256 outstanding, uint256 earned, uint256 pointSeconds);

    /// @notice Whether a lease was expired with the node's receipt in hand.
    /// @param lid Lease.
    /// @return noShow Whether the node missed the start with the manifest in hand.
    function isNoShow(uint256 lid) external view returns (bool noShow);

    /// @notice What of a lease is earned and still held back.
    /// @param lid Lease.
    /// @return heldSeconds Seconds; while the lease runs.
    /// @return amount Token units, before cuts.
    function heldOf(uint256 lid) external view returns (uint32 heldSeconds, uint256 amount);

    /// @notice Seconds of a lease that were taken off its bill.
    /// @param lid Lease.
    /// @return cumulativeSeconds The sum.
    function downtimeOf(uint256 lid) external view returns (uint32 cumulativeSeconds);

    /// @notice Time for which earnings are held back before they can be collected, fixed at deployment.
    /// @return holdbackSeconds The time in seconds.
    function HOLDBACK_SECONDS() external view returns (uint32 holdbackSeconds); // solhint-disable-line func-name-mixedcase
}
