// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EraRewards} from "../../../contracts/EraRewards.sol";
import {ICapacityVerdicts} from "../../../contracts/interfaces/ICapacityVerdicts.sol";
import {IEraRewards} from "../../../contracts/interfaces/IEraRewards.sol";
import {IMarketMeters} from "../../../contracts/interfaces/IMarketMeters.sol";
import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../../../contracts/interfaces/ISubnetRegistry.sol";
import {MeterMock} from "../../../contracts/mocks/MeterMock.sol";
import {RegistryMock} from "../../../contracts/mocks/RegistryMock.sol";
import {VmTest} from "./Vm.sol";

/// @notice Plays three gateways, four nodes, tenants, a slasher, a guardian and the protocol's owner, and keeps books of
/// its own. Gateways are honest or promise what they do not have.
contract RewardsHandler is VmTest {
    struct Tree {
        bytes32 root;
        uint256[4] cumulative;
        uint256 total;
        uint40 activatesAt;
        bool disabled;
    }

    /// @notice What the handler counted of one subnet.
    struct Counted {
        uint256 fees;
        uint256 granted;
        uint256 utilisation;
        uint256 returned;
        uint256 endowed;
        uint256 endowmentUsed;
    }

    uint32 public constant SUBNETS = 3;
    uint64 public constant NODES = 4;
    uint256 public constant DAY = 1 days;
    address public constant TREASURY = address(0x7EA5);
    address public constant SLASHER = address(0x51A5);

    EraRewards public rewards;
    MeterMock public meter;
    RegistryMock public registry;

    uint256 public paidIn;
    uint256 public forced;
    uint256 public registrationFees;
    uint256 public protocolFunded;
    uint256 public slashTaken;
    mapping(uint64 nodeId => uint256 amount) public takenFrom;
    mapping(uint64 nodeId => uint256 amount) public deductedFrom;
    mapping(uint32 era => uint256 amount) public livenessDrawn;
    mapping(uint32 era => uint256 amount) public livenessCap;
    mapping(uint32 era => bool reserved) private _isReserved;
    mapping(uint32 subnetId => Counted counted) private _counted;
    mapping(uint32 subnetId => Tree[] trees) private _trees;
    mapping(bytes32 what => uint256 count) public calls;
    uint32 public firstEra;

    constructor() {
        vm.warp(20_000 * DAY);
        meter = new MeterMock();
        registry = new RegistryMock();
        rewards = new EraRewards(
            INodeRegistry(address(registry)),
            ISubnetRegistry(address(registry)),
            IMarketMeters(address(meter)),
            ICapacityVerdicts(address(meter)),
            TREASURY,
            address(this),
            address(0xF0)
        );
        rewards.setSlasher(SLASHER);
        meter.setTreasury(address(rewards));
        registry.setFeeReceiver(address(rewards));
        for (uint32 id = 1; id <= SUBNETS; id++) registry.setSubnet(id, address(this), operatorAt(id), 1 ether);
        for (uint64 id = 1; id <= NODES; id++) registry.setNode(id, ownerAt(id));
        firstEra = rewards.currentEra();
    }

    function lease(uint256 who, uint256 fees, uint256 points) external {
        uint32 subnetId = _subnet(who);
        fees = bound(fees, 0, 1 ether);
        _earn(fees);
        meter.pay{value: fees}(subnetId, bound(points, 0, 1e12));
        _counted[subnetId].fees += fees;
        calls["lease"]++;
    }

    function register(uint256 fees) external {
        fees = bound(fees, 0, 1 ether);
        _earn(fees);
        registry.payFees{value: fees}();
        registrationFees += fees;
        calls["register"]++;
    }

    function prove(uint256 who, uint256 points) external {
        uint32 subnetId = _subnet(who);
        // Mostly more, sometimes less: a leaf was voided.
        uint256 before = meter.provenPointSecondsOf(subnetId);
        uint256 next = points % 8 == 0 ? before / 2 : before + bound(points, 0, 1e12);
        meter.setProven(subnetId, next);
        calls["prove"]++;
    }

    function fund(uint256 who, uint256 amount) external {
        uint32 subnetId = uint32(who % (SUBNETS + 1));
        amount = bound(amount, 1, 1 ether);
        _earn(amount);
        rewards.fund{value: amount}(subnetId);
        if (subnetId == 0) protocolFunded += amount;
        else _counted[subnetId].endowed += amount;
        calls["fund"]++;
    }

    function force(uint256 amount) external {
        amount = bound(amount, 0, 1 ether);
        vm.deal(address(rewards), address(rewards).balance + amount);
        forced += amount;
        calls["force"]++;
    }

    function stake(uint256 who, uint96 amount, uint96 thawing) external {
        amount = uint96(bound(amount, 0, 1000 ether));
        registry.setStake(_subnet(who), amount, uint96(bound(thawing, 0, amount)), who % 5 != 0);
        calls["stake"]++;
    }

    function tune(uint16 share, uint16 target, uint96 cap, uint96 perPoint, uint96 own) external {
        rewards.setParameters(
            IEraRewards.Parameters({
                poolShareBps: uint16(bound(share, 0, 8_000)),
                targetBps: uint16(bound(target, 1_000, 10_000)),
                livenessCap: uint96(bound(cap, 0, 100 ether)),
                livenessPerPoint: uint96(bound(perPoint, 0, 0.0001 ether))
            })
        );
        rewards.setOwnLiveness(_subnet(own), uint96(bound(own, 0, 100 ether)));
        calls["tune"]++;
    }

    function pass(uint256 time) external {
        // Hours, or until what was posted pays, or a season.
        uint256 step = time % 2 == 1 ? 2 days : bound(time, 1, 2 days);
        vm.warp(block.timestamp + (time % 64 == 0 ? 100 days : step));
        calls["pass"]++;
    }

    function pull() external {
        rewards.pullFees();
        calls["pull"]++;
    }

    function payTreasury() external {
        rewards.payTreasury();
        calls["payTreasury"]++;
    }

    function checkpoint(uint256 who) external {
        uint32 subnetId = _subnet(who);
        IEraRewards.Pool memory pool = rewards.poolOf(subnetId);
        uint32 era = rewards.currentEra() - 1;
        if (pool.closedEra >= era) return;

        IEraRewards.Books memory books = rewards.booksOf(subnetId);
        uint256 left = _left(era);
        rewards.checkpoint(subnetId);

        IEraRewards.Books memory next = rewards.booksOf(subnetId);
        IEraRewards.LivenessEra memory opened = rewards.livenessOf(era + 2);
        if (!_isReserved[era + 2]) livenessCap[era + 2] = opened.cap;
        _isReserved[era + 2] = true;
        uint256 granted = rewards.poolOf(subnetId).free - pool.free;
        uint256 liveness = left - _left(era);
        uint256 own = books.endowment - next.endowment;
        livenessDrawn[era] += liveness;
        _counted[subnetId].granted += granted;
        _counted[subnetId].utilisation += granted - liveness - own;
        _counted[subnetId].endowmentUsed += own;
        vm.assertTrue(next.leased >= books.leased && next.proven >= books.proven, "R12: a meter fell");
        vm.assertTrue(next.fees >= books.fees && next.claimed == books.claimed, "R12: books fell");
        vm.assertEq(rewards.poolOf(subnetId).closedEra, era, "R12: era not closed");
        if (liveness > 0) calls["liveness"]++;
        if (own > 0) calls["own"]++;
        calls["checkpoint"]++;
    }

    /// @notice A gateway posts: honest, above its budget, or with leaves beyond the total.
    function post(uint256 who, uint256 seed) external {
        uint32 subnetId = _pickToPost(who);
        if (subnetId == 0) return;
        IEraRewards.Pool memory pool = rewards.poolOf(subnetId);

        uint256 increase = bound(seed >> 8, 1, pool.free);
        Tree memory tree = _grow(subnetId, seed, increase);
        uint256 excess = uint256(pool.free) + 1 + (seed % 1000);
        vm.prank(operatorAt(subnetId));
        try
            rewards.postRoot(subnetId, pool.closedEra, tree.root, uint128(pool.latestTotal + excess), bytes32(seed | 1))
        {
            vm.assertTrue(false, "R12: posted more than the budget");
        } catch {
            calls["overBudget"]++;
        }
        vm.prank(operatorAt(subnetId));
        rewards.postRoot(subnetId, pool.closedEra, tree.root, uint128(tree.total), bytes32(seed | 1));
        _trees[subnetId].push(tree);
        calls["post"]++;
    }

    function disable(uint256 who) external {
        uint32 subnetId = _subnet(who);
        (bool found, uint256 index) = _latest(subnetId);
        if (!found) return;
        Tree storage tree = _trees[subnetId][index];
        if (block.timestamp >= tree.activatesAt) return;

        rewards.disableRoot(subnetId, tree.root);
        tree.disabled = true;
        calls["disable"]++;
    }

    /// @notice Anybody brings any leaf of any root that was ever posted.
    function claim(uint256 who, uint256 which, uint256 node) external {
        (uint32 subnetId, uint256 index) = _pickTree(who, which);
        if (subnetId == 0) return;
        Tree memory tree = _trees[subnetId][index];
        uint64 nodeId = uint64(node % NODES) + 1;
        uint256 before = rewards.claimedOf(subnetId, nodeId);
        uint256 claimedInAll = rewards.booksOf(subnetId).claimed;
        (uint256 creditBefore, uint256 debtBefore) = rewards.creditOf(nodeId);
        uint256 cumulative = tree.cumulative[nodeId - 1];

        bool allowed =
            !tree.disabled &&
                block.timestamp >= tree.activatesAt &&
                cumulative > before &&
                claimedInAll + cumulative - before <= tree.total;
        try rewards.claim(_leaf(subnetId, tree, nodeId)) returns (uint256 credited) {
            vm.assertTrue(allowed, "R12: claimed what was not to be had");
            (uint256 credit, uint256 debt) = rewards.creditOf(nodeId);
            vm.assertEq(credit - creditBefore, credited, "R6: credited != credit");
            vm.assertEq(credited + debtBefore - debt, cumulative - before, "R6: credited + deducted != claimed");
            deductedFrom[nodeId] += debtBefore - debt;
            calls["claim"]++;
        } catch {
            vm.assertTrue(!allowed, "R12: an honest claim was refused");
            vm.assertEq(rewards.claimedOf(subnetId, nodeId), before, "R12: a refused claim changed something");
            calls["claimRefused"]++;
        }
    }

    function withdraw(uint256 node) external {
        uint64 nodeId = _pickCredited(node);
        (uint256 credit, ) = rewards.creditOf(nodeId);
        if (credit == 0) return;
        uint256 before = ownerAt(nodeId).balance;
        rewards.withdrawRewards(nodeId);
        vm.assertEq(ownerAt(nodeId).balance - before, credit, "R6: paid != credit");
        calls["withdraw"]++;
    }

    function slash(uint256 node, uint256 amount) external {
        uint64 nodeId = amount % 4 == 0 ? uint64(node % NODES) + 1 : _pickCredited(node);
        vm.prank(SLASHER);
        uint256 taken = rewards.slashRewards(nodeId, bound(amount, 0, 1 ether));
        takenFrom[nodeId] += taken;
        slashTaken += taken;
        calls["slash"]++;
    }

    function returnIdle(uint256 who) external {
        uint32 subnetId = _subnet(who);
        IEraRewards.Pool memory pool = rewards.poolOf(subnetId);
        if (pool.closedEra == 0 || rewards.currentEra() < pool.latestEra + rewards.IDLE_ERAS()) return;
        uint256 endowment = rewards.booksOf(subnetId).endowment;
        uint256 amount = rewards.returnIdle(subnetId);
        _counted[subnetId].returned += amount - endowment;
        _counted[subnetId].endowmentUsed += endowment;
        calls["returnIdle"]++;
    }

    function countedOf(uint32 subnetId) external view returns (Counted memory) {
        return _counted[subnetId];
    }

    function treesOf(uint32 subnetId) external view returns (Tree[] memory) {
        return _trees[subnetId];
    }

    function ownerAt(uint64 nodeId) public pure returns (address) {
        return address(uint160(0x3000 + nodeId));
    }

    function operatorAt(uint32 subnetId) public pure returns (address) {
        return address(uint160(0x6000 + subnetId));
    }

    function _earn(uint256 amount) private {
        vm.deal(address(this), amount);
        paidIn += amount;
    }

    function _subnet(uint256 who) private pure returns (uint32) {
        return uint32(who % SUBNETS) + 1;
    }

    /// @dev A subnet that has something to promise; 0 when there is none.
    function _pickToPost(uint256 who) private view returns (uint32 subnetId) {
        for (uint256 i = 0; i < SUBNETS; i++) {
            uint32 id = _subnet((who % SUBNETS) + i);
            IEraRewards.Pool memory pool = rewards.poolOf(id);
            if (pool.closedEra > pool.latestEra && pool.free != 0) return id;
        }
    }

    /// @dev A root that was posted, in whatever subnet; mostly one that pays, if there is one. 0 when there is none.
    function _pickTree(uint256 who, uint256 which) private view returns (uint32 subnetId, uint256 index) {
        for (uint256 i = 0; i < SUBNETS; i++) {
            uint32 id = _subnet((who % SUBNETS) + i);
            uint256 count = _trees[id].length;
            for (uint256 j = 0; j < count; j++) {
                uint256 place = ((which % count) + j) % count;
                bool pays = !_trees[id][place].disabled && block.timestamp >= _trees[id][place].activatesAt;
                if (pays || which % 4 == 0) return (id, place);
                if (subnetId == 0) (subnetId, index) = (id, place);
            }
        }
    }

    /// @dev A node with something to withdraw, if there is one, else any.
    function _pickCredited(uint256 seed) private view returns (uint64 nodeId) {
        for (uint256 i = 0; i < NODES; i++) {
            nodeId = (uint64((seed % NODES) + i) % NODES) + 1;
            (uint256 credit, ) = rewards.creditOf(nodeId);
            if (credit != 0) return nodeId;
        }
    }

    function _left(uint32 era) private view returns (uint256) {
        IEraRewards.LivenessEra memory record = rewards.livenessOf(era);
        return record.era == era ? record.left : 0;
    }

    function _latest(uint32 subnetId) private view returns (bool found, uint256 index) {
        for (uint256 i = _trees[subnetId].length; i > 0; i--) {
            if (!_trees[subnetId][i - 1].disabled) return (true, i - 1);
        }
    }

    /// @dev The last living tree, raised by `increase`, shared out at random. Every fourth one promises its nodes more
    /// than it says in its total.
    function _grow(uint32 subnetId, uint256 seed, uint256 increase) private view returns (Tree memory tree) {
        (bool found, uint256 index) = _latest(subnetId);
        if (found) tree.cumulative = _trees[subnetId][index].cumulative;
        tree.total = rewards.poolOf(subnetId).latestTotal + increase;
        uint256 shared = seed % 4 == 0 ? increase * 2 : increase;
        for (uint256 i = 0; i < NODES; i++) {
            uint256 part = i == NODES - 1 ? shared : bound(uint256(keccak256(abi.encode(seed, i))), 0, shared);
            tree.cumulative[i] += part;
            shared -= part;
        }
        tree.activatesAt = uint40(block.timestamp + 2 days);
        tree.root = _pair(_pair(_hash(tree, 0), _hash(tree, 1)), _pair(_hash(tree, 2), _hash(tree, 3)));
    }

    function _leaf(
        uint32 subnetId,
        Tree memory tree,
        uint64 nodeId
    ) private pure returns (IEraRewards.Claim memory claimed) {
        uint256 place = nodeId - 1;
        claimed.subnetId = subnetId;
        claimed.nodeId = nodeId;
        claimed.cumulative = tree.cumulative[place];
        claimed.root = tree.root;
        claimed.proof = new bytes32[](2);
        claimed.proof[0] = _hash(tree, place ^ 1);
        claimed.proof[1] = place < 2 ? _pair(_hash(tree, 2), _hash(tree, 3)) : _pair(_hash(tree, 0), _hash(tree, 1));
    }

    function _hash(Tree memory tree, uint256 place) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(uint64(place + 1), tree.cumulative[place]))));
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }
}
