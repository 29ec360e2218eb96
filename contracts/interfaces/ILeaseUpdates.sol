// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "./ILeaseMarket.sol";

/// @title ILeaseUpdates
/// @notice How a running lease gets another manifest, and with a fresh quote other resources at another price.
interface ILeaseUpdates {
    /// @notice Asks for a new manifest version with the same open part: same resources, same price.
    /// @dev Emits {UpdateRequested}; settles first. Requirements: caller is the tenant; Active and not exhausted; no
    /// update pending that has not expired; version is running + 1, at most 65,535; `expiresAt` is ahead, by at most
    /// `MAX_START_WINDOW_SECONDS`; the open part is unchanged.
    /// @param lid Lease.
    /// @param update The change.
    function requestUpdate(uint256 lid, ILeaseMarket.Update calldata update) external;

    /// @notice Asks for a new manifest version at a fresh quote. The larger of old and new resources is reserved.
    /// @dev Emits {UpdateRequested}; settles first. Requirements: as {requestUpdate} and {ILeaseMarket.open}; same node, subnet,
    /// token and cuts; `update.openPartHash` is the quote's; what is left of the prepaid balance lasts at least
    /// `quote.minSeconds` at the new rate (top up first).
    /// @param lid Lease.
    /// @param update The change.
    /// @param quote Fresh bid of the same node.
    /// @param signature Of the node's operator.
    function requestUpdateWithQuote(
        uint256 lid,
        ILeaseMarket.Update calldata update,
        ILeaseMarket.Quote calldata quote,
        bytes calldata signature
    ) external;

    /// @notice The node runs the new version: its price and resources hold from now on.
    /// @dev Emits {UpdateConfirmed}; settles first, up to now: nothing of the old price is held back any more.
    /// Requirements: operator; Active or Reclaiming, not exhausted; pending,
    /// not expired, version and hash match.
    /// @param lid Lease.
    /// @param version New version.
    /// @param manifestHash Of the new version.
    function confirmUpdate(uint256 lid, uint16 version, bytes32 manifestHash) external;

    /// @notice Drops a pending update: by the node (10000–19999), by the tenant (1–9999), or by anyone once expired.
    /// An expired update is also dropped by whatever touches the lease next, so it holds no resources for long.
    /// @dev Emits {UpdateDropped}. The old version runs on. Requirements: pending; version matches; party and reason match.
    /// @param lid Lease.
    /// @param version Version that is dropped.
    /// @param reason Why; ignored (20003) when it has expired.
    function declineUpdate(uint256 lid, uint16 version, uint16 reason) external;
}
