// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IDowntimeCredits
/// @notice The ways in which time that was not delivered comes off a bill, as long as it is held back.
interface IDowntimeCredits {
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
    /// @dev EIP-712 `DowntimeCredit(bytes32 leaseHash,uint32 cumulativeSeconds)`, this contract's domain. Emits
    /// {DowntimeCredited}. Requirements: the lease exists; the signature is of its node's operator; else as
    /// {creditDowntime}.
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
}
