// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {LeaseMarket} from "../../../contracts/LeaseMarket.sol";
import {NodeRegistry} from "../../../contracts/NodeRegistry.sol";
import {SubnetRegistry} from "../../../contracts/SubnetRegistry.sol";
import {ILeaseMarket} from "../../../contracts/interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../../../contracts/interfaces/ISubnetRegistry.sol";
import {PermitToken} from "../../../contracts/mocks/PermitToken.sol";
import {Resources} from "../../../contracts/types/Resources.sol";
import {VmTest} from "./Vm.sol";

/// @notice Everything that lives around the market: two nodes in one subnet, three tenants, two means of payment.
/// All parties are different accounts, so that it can be told who was paid.
abstract contract MarketWorld is VmTest {
    uint256 internal constant FEE = 0.005 ether;
    uint256 internal constant NODES = 2;
    uint256 internal constant TENANTS = 3;
    uint32 internal constant HOLDBACK = 700;
    uint256 internal constant TOTAL_RESOURCES = 0x0007_0002_00000064_00004000_00001f40;
    uint256 private constant NODE_KEY = 0xA000;

    LeaseMarket public market;
    NodeRegistry public nodes;
    SubnetRegistry public subnets;
    PermitToken public token;

    address internal immutable SUBNET_OWNER = address(0x5001);
    address internal immutable TREASURY = address(0x5002);
    address internal immutable FEE_RECEIVER = address(0x5003);
    address internal immutable FORWARDER = address(0x5004);
    address internal immutable SLASHER = address(0x5006);

    uint256 private _nonce;

    constructor() {
        vm.warp(1_800_000_000);
        token = new PermitToken();
        subnets = new SubnetRegistry(address(this), FORWARDER);
        nodes = new NodeRegistry(subnets, FEE_RECEIVER, address(this), FORWARDER);
        market = new LeaseMarket(nodes, subnets, TREASURY, address(this), 500, HOLDBACK, FORWARDER);
        market.setSlasher(SLASHER);
        market.setTokenAllowed(address(token), true);
        _registerSubnet();
        for (uint64 nodeId = 1; nodeId <= NODES; nodeId++) _registerNode(nodeId);
    }

    /// @notice Every account that can own coins in the market.
    function partyAt(uint256 index) public view returns (address) {
        if (index < TENANTS) return tenantAt(index);
        if (index < TENANTS + NODES) return ownerAt(uint64(index - TENANTS + 1));
        return index == TENANTS + NODES ? SUBNET_OWNER : TREASURY;
    }

    function partyCount() public pure returns (uint256) {
        return TENANTS + NODES + 2;
    }

    function tenantAt(uint256 index) public pure returns (address) {
        return address(uint160(0x1001 + index));
    }

    function ownerAt(uint64 nodeId) public pure returns (address) {
        return address(uint160(0x2000 + nodeId));
    }

    function operatorAt(uint64 nodeId) public pure returns (address) {
        return vm.addr(NODE_KEY + nodeId);
    }

    function tokenAt(uint256 index) public view returns (address) {
        return index == 0 ? address(0) : address(token);
    }

    function _quote(uint64 nodeId, address payToken) internal returns (ILeaseMarket.Quote memory quote) {
        (, uint16 cutBps, ) = subnets.cutOf(1);
        quote.nodeId = nodeId;
        quote.subnetId = 1;
        quote.token = payToken;
        quote.openPartHash = keccak256("open part");
        quote.maxSeconds = type(uint32).max;
        quote.subnetCutBps = cutBps;
        quote.protocolCutBps = market.protocolCutBps();
        quote.expiresAt = uint40(block.timestamp);
        quote.nonce = _nonce++;
    }

    function _signQuote(ILeaseMarket.Quote memory quote) internal view returns (bytes memory) {
        return _sign(quote.nodeId, market.quoteHashOf(quote));
    }

    function _signReceipt(uint256 lid) internal view returns (bytes memory) {
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        bytes32 typeHash = keccak256("ManifestReceipt(uint256 lid,bytes32 leaseHash,bytes32 manifestHash)");
        return _sign(lease.nodeId, keccak256(abi.encode(typeHash, lid, lease.leaseHash, lease.manifestHash)));
    }

    function _sign(uint64 nodeId, bytes32 structHash) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Fizz"),
                keccak256("1"),
                block.chainid,
                address(market)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            NODE_KEY + nodeId,
            keccak256(abi.encodePacked("\x19\x01", domain, structHash))
        );
        return abi.encodePacked(r, s, v);
    }

    function _registerSubnet() private {
        vm.deal(SUBNET_OWNER, 1 ether);
        ISubnetRegistry.Settings memory settings = ISubnetRegistry.Settings({
            operator: address(0x6001),
            cutBps: 1_000,
            admission: ISubnetRegistry.Admission.Open,
            acceptsFizz: true,
            acceptsProvider: true,
            minCpuTier: 0,
            minGpuTier: 0,
            apiUrl: "",
            multiaddrs: "",
            domain: ""
        });
        vm.prank(SUBNET_OWNER);
        subnets.registerSubnet{value: 0.05 ether}(settings);
    }

    /// @dev The owner is another account than the operator, so the operator consents.
    function _registerNode(uint64 nodeId) private {
        address operator = operatorAt(nodeId);
        bytes32 typeHash = keccak256("OperatorConsent(address owner,address operator)");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Fizz"),
                keccak256("1"),
                block.chainid,
                address(nodes)
            )
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, ownerAt(nodeId), operator));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            NODE_KEY + nodeId,
            keccak256(abi.encodePacked("\x19\x01", domain, structHash))
        );
        INodeRegistry.Registration memory registration = INodeRegistry.Registration({
            mode: INodeRegistry.Mode.Fizz,
            operator: operator,
            resources: Resources.wrap(uint128(TOTAL_RESOURCES)),
            cpuTier: 0,
            gpuTier: 0,
            region: "eu"
        });
        vm.deal(ownerAt(nodeId), FEE);
        vm.prank(ownerAt(nodeId));
        nodes.register{value: FEE}(registration, abi.encodePacked(r, s, v));
        vm.prank(operator);
        nodes.joinSubnet(nodeId, 1, 2_000);
    }
}
