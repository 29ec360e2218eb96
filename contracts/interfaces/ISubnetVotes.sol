// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetVotes
/// @notice The votes of one subnet: one for each wei that a node's service through the subnet ever earned its owner.
/// @dev ERC-5805 with a timestamp clock (ERC-6372). Votes come from the market's books alone, and only once the money is
/// final; what a gateway reports mints none. They never move, never fall and are never lost, and they are not delegated:
/// a vote that can be lent can be rented. Whoever keeps the earning wallet cold signs a ballot with it and lets anybody
/// bring it ({IGovernor-castVoteBySig}).
interface ISubnetVotes {
    /// @notice A node's owner got votes for what the node earned.
    /// @param nodeId Node that earned.
    /// @param owner Its owner, who got the votes.
    /// @param amount Votes: wei earned since the last claim.
    /// @param earned Wei of the node's share that are counted by now.
    event VotesClaimed(uint64 indexed nodeId, address indexed owner, uint256 amount, uint256 earned);

    error SubnetVotes_NoDelegation(address account);
    error SubnetVotes_NothingEarned(uint64 nodeId, uint256 earned);
    error SubnetVotes_NoSuchNode(uint64 nodeId);
    error SubnetVotes_ZeroSubnet();

    /// @notice Gives a node's owner the votes for what the node earned in the native coin since the last claim.
    /// @dev Emits {VotesClaimed}. Anyone may call: the votes go to the owner. Requirements: the node has an owner; it
    /// earned something new through this subnet.
    /// @param nodeId Identifier of the node.
    /// @return amount Votes given.
    function claimVotes(uint64 nodeId) external returns (uint256 amount);

    /// @notice Sets up a clone. Called by the factory in the transaction that makes the clone.
    /// @dev Requirements: not done before; the subnet is not zero.
    /// @param subnetId_ Identifier of the subnet.
    function initialize(uint32 subnetId_) external;

    /// @notice Wei of a node's share that were turned into votes.
    /// @param nodeId Identifier of the node.
    /// @return earned The sum.
    function claimedOf(uint64 nodeId) external view returns (uint256 earned);

    /// @notice The subnet whose votes these are.
    /// @return id Identifier of the subnet.
    function subnetId() external view returns (uint32 id);

    /// @notice All votes there are.
    /// @return votes The number.
    function totalVotes() external view returns (uint256 votes);
}
