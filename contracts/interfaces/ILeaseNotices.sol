// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ILeaseNotices
/// @notice How a lease ends when its node did not start it, and how the node asks for its machine back.
interface ILeaseNotices {
    /// @notice Closes an Open lease whose start deadline has passed.
    /// With a receipt of the node for the manifest: full refund and a strike. Without: the reservation fee goes to
    /// the node (with its splits), the rest back. For `TENANT_GRACE_SECONDS` after the deadline only the tenant may call.
    /// @dev Emits {LeaseClosed}, {NodeStruck} with a receipt, {LeaseSettled} without. Requirements: Open; the start
    /// deadline has passed; caller is the tenant, or `TENANT_GRACE_SECONDS` more have passed; a receipt is signed by the
    /// node's operator, for the lease's manifest.
    /// @param lid Lease.
    /// @param receipt EIP-712 `ManifestReceipt(uint256 lid,bytes32 leaseHash,bytes32 manifestHash)` by the operator, or empty.
    function expire(uint256 lid, bytes calldata receipt) external;

    /// @notice The node gives notice: after the quoted window it may close. The rate runs on.
    /// @dev Emits {ReclaimNoticed}. Requirements: operator or owner of the node; Active; reason 10000–19999.
    /// @param lid Lease.
    /// @param reason Why.
    function giveNotice(uint256 lid, uint16 reason) external;
}
