// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VotesUpgradeable} from "@openzeppelin/contracts-upgradeable/governance/utils/VotesUpgradeable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IMarketMeters} from "../interfaces/IMarketMeters.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetVotes} from "../interfaces/ISubnetVotes.sol";

/// @title SubnetVotes
/// @notice See {ISubnetVotes}. One minimal clone for each subnet that has a governor.
contract SubnetVotes is ISubnetVotes, VotesUpgradeable layout at erc7201("fizz.storage.SubnetVotes") {
    IMarketMeters private immutable _MARKET;
    INodeRegistry private immutable _NODES;

    /// @inheritdoc ISubnetVotes
    uint32 public override subnetId;

    mapping(uint64 nodeId => uint256 earned) private _claimed;
    mapping(address account => uint256 votes) private _votes;

    /// @notice Fixes where earnings and owners are read, for all clones, and locks the implementation.
    /// @param market Books of what nodes earned.
    /// @param nodes Owners of nodes.
    constructor(IMarketMeters market, INodeRegistry nodes) {
        _MARKET = market;
        _NODES = nodes;
        _disableInitializers();
    }

    /// @inheritdoc ISubnetVotes
    function initialize(uint32 subnetId_) external override initializer {
        if (subnetId_ == 0) revert SubnetVotes_ZeroSubnet();
        subnetId = subnetId_;
    }

    /// @inheritdoc ISubnetVotes
    function claimVotes(uint64 nodeId) external override returns (uint256 amount) {
        // Check: somebody earned something new.
        address owner = _NODES.ownerOf(nodeId);
        if (owner == address(0)) revert SubnetVotes_NoSuchNode(nodeId);
        (, uint256 earned, ) = _MARKET.earningsOf(nodeId, subnetId, address(0));
        uint256 claimed = _claimed[nodeId];
        if (earned <= claimed) revert SubnetVotes_NothingEarned(nodeId, earned);

        // Effect: count it, once.
        amount = earned - claimed;
        _claimed[nodeId] = earned;
        _votes[owner] += amount;
        _transferVotingUnits(address(0), owner, amount);
        emit VotesClaimed(nodeId, owner, amount, earned);
    }

    /// @inheritdoc ISubnetVotes
    function claimedOf(uint64 nodeId) external view override returns (uint256 earned) {
        return _claimed[nodeId];
    }

    /// @inheritdoc ISubnetVotes
    function totalVotes() external view override returns (uint256 votes) {
        return _getTotalSupply();
    }

    /// @notice Always refused: see {ISubnetVotes}.
    function delegate(address) public view override {
        revert SubnetVotes_NoDelegation(_msgSender());
    }

    /// @notice Always refused: see {ISubnetVotes}.
    function delegateBySig(address, uint256, uint256, uint8, bytes32, bytes32) public view override {
        revert SubnetVotes_NoDelegation(_msgSender());
    }

    /// @notice Unix time.
    /// @return timepoint The time of this block.
    function clock() public view override returns (uint48 timepoint) {
        return SafeCast.toUint48(block.timestamp);
    }

    /// @notice The clock in words, see ERC-6372.
    /// @return mode The clock counts Unix time.
    function CLOCK_MODE() public pure override returns (string memory mode) {
        // solhint-disable-previous-line func-name-mixedcase
        return "mode=timestamp";
    }

    /// @notice Everybody votes for himself.
    /// @param account The account.
    /// @return delegatee The same account.
    function delegates(address account) public pure override returns (address delegatee) {
        return account;
    }

    function _getVotingUnits(address account) internal view override returns (uint256 votes) {
        return _votes[account];
    }
}
