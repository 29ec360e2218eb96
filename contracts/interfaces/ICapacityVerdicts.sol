// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ICapacityVerdicts
/// @notice What the capacity rounds prove to others: how much capacity of a subnet passed, and who was caught.
/// Implemented by {ICapacityRounds}.
interface ICapacityVerdicts {
    /// @notice What was proven.
    /// @dev FalseCapacity: a node's committed answer was shown wrong, or not shown at all when it was challenged.
    /// FalseRoot: a gateway posted a leaf that it could have seen to be false (its node did not sign it, its points are
    /// not those of the answer, it is not in order), or did not show it when it was demanded; proven once a round, and
    /// it voids the whole root. Omission: a gateway left out a node that had answered on chain.
    enum Fault {
        None,
        FalseCapacity,
        FalseRoot,
        Omission
    }

    /// @notice One decided dispute.
    /// @param fault What was proven; None while there is no such verdict.
    /// @param nodeId Node concerned; 0 for a FalseRoot that concerns no single node.
    /// @param subnetId Subnet concerned.
    /// @param round Number of the round, the same for all subnets.
    /// @param decidedAt Unix time of the decision.
    /// @param reporter Who brought the evidence.
    struct Verdict {
        Fault fault;
        uint64 nodeId;
        uint32 subnetId;
        uint32 round;
        uint40 decidedAt;
        address reporter;
    }

    /// @notice A dispute that the chain decided.
    /// @param verdictId keccak256 of what the verdict is about, see {ICapacityRounds}.
    /// @return verdict The decision.
    function verdictOf(bytes32 verdictId) external view returns (Verdict memory verdict);

    /// @notice Points that passed rounds of a subnet, times the seconds that each round stands for, since the beginning.
    /// @dev Counts a round once its dispute window is over; a voided leaf is taken off.
    /// @param subnetId Subnet.
    /// @return pointSeconds Points of {TierPoints} × seconds.
    function provenPointSecondsOf(uint32 subnetId) external view returns (uint256 pointSeconds);
}
