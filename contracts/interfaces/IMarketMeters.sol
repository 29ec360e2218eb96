// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IMarketMeters
/// @notice What the rewards, the slasher and the subnets' votes read from the lease market, and the two ways in which
/// time that was not delivered comes off a bill. Implemented by the lease market.
/// @dev All sums only grow. Point-seconds count time that was settled, so an exhausted lease counts to its `paidUntil`,
/// whoever transacts later.
interface IMarketMeters {
    /// @notice Time was taken off the bill of a lease.
    /// @param lid Lease.
    /// @param nodeId Who served.
    /// @param cumulativeSeconds All of the lease's credited downtime so far.
    /// @param refunded Token units that went back to the tenant at once (a closed lease); 0 while the lease runs, whose
    /// balance then lasts longer.
    event DowntimeCredited(uint256 indexed lid, uint64 indexed nodeId, uint32 cumulativeSeconds, uint256 refunded);

    /// @notice Takes seconds off the bill that are still held back. The node itself agrees by calling.
    /// @dev Emits {DowntimeCredited}. Requirements: caller is the node's operator or owner; cumulative is above what was
    /// credited before; the seconds lie within the time that is held back.
    /// @param lid Lease.
    /// @param cumulativeSeconds All of the lease's downtime, this credit included.
    function creditDowntime(uint256 lid, uint32 cumulativeSeconds) external;

    /// @notice {creditDowntime} with the operator's signature: anyone brings it.
    /// @dev EIP-712 `DowntimeCredit(bytes32 leaseHash,uint32 cumulativeSeconds)`, this contract's domain.
    /// @param lid Lease.
    /// @param cumulativeSeconds All of the lease's downtime, this credit included.
    /// @param signature 65 bytes of the node's operator.
    function creditDowntimeWithSignature(uint256 lid, uint32 cumulativeSeconds, bytes calldata signature) external;

    /// @notice {creditDowntime} by the slasher, for a claim that a gateway backs with its stake.
    /// @dev Emits {DowntimeCredited}. Requirements: caller is the slasher; else as {creditDowntime}, but it clamps to the
    /// seconds that are still held back.
    /// @param lid Lease.
    /// @param moreSeconds Seconds on top of what was credited.
    /// @return credited Seconds credited.
    /// @return amount Their price in token units.
    function claimDowntime(uint256 lid, uint32 moreSeconds) external returns (uint32 credited, uint256 amount);

    /// @notice Gives all that is held back of a lease to its tenant. For an offence that was settled.
    /// @dev Emits {DowntimeCredited}. Requirements: caller is the slasher; the lease started. Never reverts on less.
    /// @param lid Lease.
    /// @return amount Token units that the tenant keeps.
    function forfeitHeld(uint256 lid) external returns (uint256 amount);

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
