// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {SubnetVotes} from "../../../contracts/governance/SubnetVotes.sol";
import {IMarketMeters} from "../../../contracts/interfaces/IMarketMeters.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EarningsMock} from "../../../contracts/mocks/EarningsMock.sol";
import {VmTest} from "./Vm.sol";

/// @notice Earns, claims and sells nodes in any order, and keeps books of its own beside the votes.
contract VotesHandler is VmTest {
    uint32 public constant SUBNET = 3;
    uint64 public constant NODES = 4;
    uint256 public constant OWNERS = 3;
    uint256 private constant SNAPSHOTS = 16;
    address private constant TOKEN = address(0x70CE);

    /// @dev What was true at the end of a second that is over.
    struct Snapshot {
        uint256 time;
        uint256 total;
        uint256[3] ofOwner;
    }

    EarningsMock public books;
    SubnetVotes public votes;

    mapping(uint64 nodeId => uint256 earned) public earnedHere;
    mapping(address owner => uint256 votes) public credited;
    mapping(bytes32 what => uint256 times) public calls;
    Snapshot[] private _snapshots;

    constructor() {
        books = new EarningsMock(3 days);
        address code = address(new SubnetVotes(IMarketMeters(address(books)), INodeRegistry(address(books))));
        votes = SubnetVotes(Clones.clone(code));
        votes.initialize(SUBNET);
        for (uint64 nodeId = 1; nodeId <= NODES; nodeId++) books.setOwner(nodeId, ownerAt(nodeId));
    }

    function earn(uint256 node, uint256 amount, bool elsewhere, bool inToken) external {
        uint64 nodeId = _node(node);
        amount = bound(amount, 1, 1e24);
        books.earn(nodeId, elsewhere ? SUBNET + 1 : SUBNET, inToken ? TOKEN : address(0), amount);
        if (!elsewhere && !inToken) earnedHere[nodeId] += amount;
        calls["earn"]++;
    }

    function claim(uint256 node) external {
        uint64 nodeId = _node(node);
        uint256 due = earnedHere[nodeId] - votes.claimedOf(nodeId);
        address owner = books.ownerOf(nodeId);
        uint256 before = votes.getVotes(owner);
        try votes.claimVotes(nodeId) returns (uint256 amount) {
            vm.assertEq(amount, due, "G2: claimed != earned since the last claim");
            credited[owner] += amount;
            calls["claim"]++;
        } catch {
            vm.assertEq(due, 0, "G2: a claim was refused");
            calls["nothing"]++;
        }
        vm.assertEq(votes.getVotes(owner), before + due, "G3: the owner did not get exactly what was due");
    }

    function sell(uint256 node, uint256 to) external {
        books.setOwner(_node(node), ownerAt(to % OWNERS));
        calls["sell"]++;
    }

    /// @dev Somebody tries to lend his votes.
    function lend(uint256 from, uint256 to) external {
        vm.prank(ownerAt(from % OWNERS));
        try votes.delegate(ownerAt(to % OWNERS)) {
            vm.assertTrue(false, "G3: votes were lent");
        } catch {
            calls["lend"]++;
        }
    }

    function pass(uint256 time) external {
        if (_snapshots.length < SNAPSHOTS) _remember();
        vm.warp(block.timestamp + bound(time, 1, 30 days));
        calls["pass"]++;
    }

    function ownerAt(uint256 index) public pure returns (address) {
        return address(uint160(0xA11CE0 + (index % OWNERS)));
    }

    function snapshotCount() external view returns (uint256) {
        return _snapshots.length;
    }

    function snapshotAt(uint256 index) external view returns (Snapshot memory) {
        return _snapshots[index];
    }

    function _remember() private {
        Snapshot memory taken;
        taken.time = block.timestamp;
        taken.total = votes.totalVotes();
        for (uint256 i = 0; i < OWNERS; i++) taken.ofOwner[i] = votes.getVotes(ownerAt(i));
        _snapshots.push(taken);
    }

    function _node(uint256 seed) private pure returns (uint64) {
        return uint64(1 + (seed % NODES));
    }
}
