// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title IFeeAccounts
/// @notice The part of the lease market through which the protocol's cuts reach the rewards. Implemented by the market.
interface IFeeAccounts {
    /// @notice Moves what a subnet's leases earned to the accounts of the subnet's owner and of the treasury.
    /// @dev Requirements: the token pays for leases, or did.
    /// @param subnetId Subnet.
    /// @param token Token; zero for the native coin.
    function collectSubnet(uint32 subnetId, address token) external;

    /// @notice Pays from the caller's account to the caller.
    /// @dev Requirements: the token pays for leases, or did; `amount` is not zero and at most the free balance; the
    /// transfer succeeds.
    /// @param token Token; zero for the native coin.
    /// @param amount Token units.
    function withdraw(address token, uint256 amount) external;

    /// @notice Escrow account. Only the first value matters here.
    /// @param account Owner.
    /// @param token Token; zero for the native coin.
    /// @return free Withdrawable token units.
    function accountOf(address account, address token) external view returns (uint256 free);
}
