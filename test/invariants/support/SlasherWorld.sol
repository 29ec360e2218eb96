// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {MockMarket} from "../../../contracts/mocks/MockMarket.sol";
import {MockNodes} from "../../../contracts/mocks/MockNodes.sol";
import {MockRewards} from "../../../contracts/mocks/MockRewards.sol";
import {MockSubnets} from "../../../contracts/mocks/MockSubnets.sol";
import {MockVerdicts} from "../../../contracts/mocks/MockVerdicts.sol";
import {ILeaseMarket} from "../../../contracts/interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {ISubnetRegistry} from "../../../contracts/interfaces/ISubnetRegistry.sol";
import {Slasher} from "../../../contracts/Slasher.sol";
import {VmTest} from "./Vm.sol";

/// @notice The cheat codes with which the records are read from the events.
interface VmLogs {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);
}

/// @notice The slasher among stand-ins: three nodes (Fizz and provider with bonds, Fizz without), two subnets.
abstract contract SlasherWorld is VmTest {
    uint256 internal constant NODES = 3;
    uint256 internal constant NODE_KEY = 0xB000;
    uint256 internal constant GATEWAY_KEY = 0xB100;
    uint256 internal constant TENANT_KEY = 0xB200;
    uint256 internal constant OWNER_KEY = 0xB300;
    VmLogs internal constant vmLogs = VmLogs(address(uint160(uint256(keccak256("hevm cheat code")))));
    address internal immutable POOL = address(0xB401);
    address internal immutable REPORTER = address(0xB402);
    address internal immutable FORWARDER = address(0xB403);

    Slasher public slasher;
    MockNodes internal nodes;
    MockSubnets internal subnets;
    MockMarket internal market;
    MockVerdicts internal rounds;
    MockRewards internal rewards;
    uint256 internal lids;

    constructor() {
        vm.warp(1_800_000_000);
        nodes = new MockNodes();
        subnets = new MockSubnets();
        market = new MockMarket();
        rounds = new MockVerdicts();
        rewards = new MockRewards();
        slasher = new Slasher(
            INodeRegistry(address(nodes)),
            ISubnetRegistry(address(subnets)),
            ILeaseMarket(address(market)),
            rounds,
            rewards,
            POOL,
            address(this),
            FORWARDER
        );
        for (uint64 nodeId = 1; nodeId <= NODES; nodeId++) {
            nodes.setNode(
                nodeId,
                vm.addr(OWNER_KEY + nodeId),
                vm.addr(NODE_KEY + nodeId),
                nodeId == 2 ? INodeRegistry.Mode.Provider : INodeRegistry.Mode.Fizz
            );
            nodes.setJoined(nodeId, 1, true);
            nodes.setJoined(nodeId, 2, true);
        }
        for (uint32 subnetId = 1; subnetId <= 2; subnetId++) {
            address gateway = vm.addr(GATEWAY_KEY + subnetId);
            subnets.setSubnet(subnetId, gateway, gateway, true);
        }
    }

    /// @notice Everybody who can be credited.
    function partyCount() public pure returns (uint256) {
        return 2 + 2 * NODES;
    }

    function partyAt(uint256 index) public view returns (address) {
        if (index == 0) return POOL;
        if (index == 1) return REPORTER;
        return index < 2 + NODES ? vm.addr(OWNER_KEY + index - 1) : vm.addr(TENANT_KEY + index - 2 - NODES);
    }

    /// @dev A lease of any tenant on any node through any subnet; `state` as in ILeaseMarket.
    function _newLease(uint256 seed, ILeaseMarket.LeaseState state) internal returns (uint256 lid) {
        lid = ++lids;
        ILeaseMarket.Lease memory lease;
        lease.tenant = vm.addr(TENANT_KEY + (seed % NODES));
        lease.nodeId = uint64(1 + ((seed >> 8) % NODES));
        lease.subnetId = uint32(1 + ((seed >> 16) % 2));
        lease.token = (seed >> 24) % 4 == 0 ? address(0x7777) : address(0);
        lease.ratePerSecond = uint96(bound(seed >> 32, 1e12, 1e25));
        lease.settledAt = uint40(block.timestamp - 20 hours);
        lease.state = state;
        lease.subnetCutBps = 1_000;
        lease.protocolCutBps = 500;
        lease.leaseHash = keccak256(abi.encode("lease", lid));
        market.setLease(lid, lease);
        uint256 held = (uint256(lease.ratePerSecond) * 20 hours) / 1e12;
        market.setHeld(lid, 20 hours, uint128(held));
    }

    function _sign(uint256 key, bytes32 structHash) internal view returns (bytes memory signature) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Fizz"),
                keccak256("1"),
                block.chainid,
                address(slasher)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _signPulse(uint256 key, ISlasher.Pulse memory pulse) internal view returns (bytes memory signature) {
        bytes32 typeHash = keccak256("Pulse(uint64 nodeId,uint32 subnetId,uint40 at,uint32 leases,bytes32 leaseRoot)");
        return _sign(key, keccak256(abi.encode(typeHash, pulse)));
    }

    /// @dev The data of the event that the slasher emitted since `recordLogs`.
    function _recorded(bytes32 topic) internal returns (bytes memory data, bytes32 id) {
        VmLogs.Log[] memory logs = vmLogs.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            if (logs[i].emitter == address(slasher) && logs[i].topics[0] == topic) {
                return (logs[i].data, logs[i].topics[1]);
            }
        }
        vm.assertTrue(false, "no event");
    }
}
