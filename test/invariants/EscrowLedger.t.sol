// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EscrowLedger} from "../../contracts/libraries/EscrowLedger.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice Each movement of units by itself, down to one unit, against what it should write.
contract EscrowLedgerTest is VmTest {
    using EscrowLedger for EscrowLedger.Book;

    address private constant _OWNER = address(0xA11CE);
    address private constant _TREASURY = address(0xB0B);
    uint256 private constant _TOKEN = 3;

    EscrowLedger.Book private _book;

    /// A key holds its three parts next to each other, and the subnet's is its lower 48 bits.
    function testFuzz_KeysHoldTheirParts(uint64 nodeId, uint32 subnetId, uint16 token) external pure {
        uint256 key = EscrowLedger.nodeKey(nodeId, subnetId, token);
        vm.assertEq(key, uint256(nodeId) * 2 ** 48 + uint256(subnetId) * 2 ** 16 + token, "node");
        vm.assertEq(EscrowLedger.subnetKeyOf(key), uint256(subnetId) * 2 ** 16 + token, "subnet");
    }

    /// What a lease releases is in the three accounts, and in both meters.
    function testFuzz_ReleaseWritesEveryShare(
        uint32 toNode,
        uint32 toSubnet,
        uint32 toProtocol,
        uint32 points
    ) external {
        uint256 node = EscrowLedger.nodeKey(7, 5, uint16(_TOKEN));
        uint96 balance = type(uint96).max;
        for (uint256 round = 1; round < 3; ++round) {
            uint96 left = _book.release(node, balance, EscrowLedger.Shares(toNode, toSubnet, toProtocol), points);
            vm.assertEq(uint256(balance) - left, uint256(toNode) + toSubnet + toProtocol, "left");
            balance = left;
            EscrowLedger.NodeEarnings memory ofNode = _book.nodes[node];
            vm.assertEq(ofNode.outstanding, round * toNode, "outstanding");
            vm.assertEq(ofNode.earned, round * toNode, "earned");
            vm.assertEq(ofNode.pointSeconds, round * points, "node's points");
            EscrowLedger.SubnetEarnings memory ofSubnet = _book.subnets[EscrowLedger.subnetKeyOf(node)];
            vm.assertEq(ofSubnet.toSubnet, round * toSubnet, "subnet");
            vm.assertEq(ofSubnet.toProtocol, round * toProtocol, "protocol");
            vm.assertEq(ofSubnet.pointSeconds, round * points, "subnet's points");
        }
    }

    /// Meters stop when they are full, and block nothing.
    function test_FullMetersStop() external {
        uint256 node = EscrowLedger.nodeKey(7, 5, uint16(_TOKEN));
        EscrowLedger.NodeEarnings storage ofNode = _book.nodes[node];
        EscrowLedger.SubnetEarnings storage ofSubnet = _book.subnets[EscrowLedger.subnetKeyOf(node)];
        (ofNode.earned, ofNode.pointSeconds) = (type(uint96).max - 1, type(uint64).max - 1);
        (ofSubnet.pointSeconds, ofSubnet.protocolCollected) = (type(uint64).max - 1, type(uint96).max - 1);
        _book.release(node, 100, EscrowLedger.Shares(5, 5, 5), 5);
        _book.collectSubnet(EscrowLedger.subnetKeyOf(node), _OWNER, _TREASURY, _TOKEN);
        vm.assertEq(ofNode.earned, type(uint96).max, "earned");
        vm.assertEq(ofNode.pointSeconds, type(uint64).max, "node's points");
        vm.assertEq(ofSubnet.pointSeconds, type(uint64).max, "subnet's points");
        vm.assertEq(ofSubnet.protocolCollected, type(uint96).max, "collected");
    }

    /// A node's earnings are collected once, whatever they are: one unit, too.
    function testFuzz_NodeCollectsOnce(uint96 units) external {
        uint256 node = EscrowLedger.nodeKey(7, 5, uint16(_TOKEN));
        _checkNode(node, units);
        _checkNode(node, 1);
    }

    /// A subnet's earnings are collected once: one party's alone, and equal ones, too.
    function testFuzz_SubnetCollectsOnce(uint96 toSubnet, uint96 toProtocol) external {
        uint256 subnet = EscrowLedger.subnetKeyOf(EscrowLedger.nodeKey(7, 5, uint16(_TOKEN)));
        _checkSubnet(subnet, toSubnet, toProtocol);
        _checkSubnet(subnet, toSubnet, toSubnet);
        _checkSubnet(subnet, toSubnet, 0);
        _checkSubnet(subnet, 0, toProtocol);
        _checkSubnet(subnet, 1, 0);
        _checkSubnet(subnet, 0, 1);
        _checkSubnet(subnet, 0, 0);
    }

    /// What is locked leaves the free account, what is refunded comes back: one unit, too.
    function testFuzz_LockAndRefundMove(uint64 units, uint64 more) external {
        _book.credit(_OWNER, _TOKEN, uint256(units) + more);
        uint96 balance = _book.lock(_OWNER, _TOKEN, 9, units);
        vm.assertEq(balance, uint256(units) + 9, "locked");
        vm.assertEq(_book.free[_OWNER][_TOKEN], more, "free");
        vm.assertEq(_book.refund(_OWNER, _TOKEN, balance, units), 9, "left");
        vm.assertEq(_book.free[_OWNER][_TOKEN], uint256(units) + more, "back");
        _book.refund(_OWNER, _TOKEN, 9, 1);
        vm.assertEq(_book.free[_OWNER][_TOKEN], uint256(units) + more + 1, "one unit");
        _book.debit(_OWNER, _TOKEN, 1);
        vm.assertEq(_book.free[_OWNER][_TOKEN], uint256(units) + more, "taken");
    }

    function _checkNode(uint256 node, uint96 units) private {
        uint256 before = _book.free[_OWNER][_TOKEN];
        _book.nodes[node].outstanding = units;
        vm.assertEq(_book.collectNode(node, _OWNER, _TOKEN), units, "collected");
        vm.assertEq(_book.free[_OWNER][_TOKEN] - before, units, "free");
        vm.assertEq(_book.collectNode(node, _OWNER, _TOKEN), 0, "again");
    }

    function _checkSubnet(uint256 subnet, uint96 toSubnet, uint96 toProtocol) private {
        (uint256 owner, uint256 treasury) = (_book.free[_OWNER][_TOKEN], _book.free[_TREASURY][_TOKEN]);
        EscrowLedger.SubnetEarnings storage earnings = _book.subnets[subnet];
        (earnings.toSubnet, earnings.toProtocol, earnings.protocolCollected) = (toSubnet, toProtocol, 0);
        (uint256 a, uint256 b) = _book.collectSubnet(subnet, _OWNER, _TREASURY, _TOKEN);
        vm.assertEq(a, toSubnet, "to the subnet");
        vm.assertEq(b, toProtocol, "to the protocol");
        vm.assertEq(_book.free[_OWNER][_TOKEN] - owner, toSubnet, "owner");
        vm.assertEq(_book.free[_TREASURY][_TOKEN] - treasury, toProtocol, "treasury");
        vm.assertEq(earnings.protocolCollected, toProtocol, "counted");
        (a, b) = _book.collectSubnet(subnet, _OWNER, _TREASURY, _TOKEN);
        vm.assertEq(a + b, 0, "again");
    }
}
