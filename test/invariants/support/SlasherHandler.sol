// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ICapacityVerdicts} from "../../../contracts/interfaces/ICapacityVerdicts.sol";
import {ILeaseMarket} from "../../../contracts/interfaces/ILeaseMarket.sol";
import {INodeBonds} from "../../../contracts/interfaces/INodeBonds.sol";
import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {ISubnetStakes} from "../../../contracts/interfaces/ISubnetStakes.sol";
import {SlasherWorld} from "./SlasherWorld.sol";

/// @notice Reports, answers, claims and pays in any order, and keeps books of its own beside the slasher's.
contract SlasherHandler is SlasherWorld {
    struct Filed {
        bytes32 reportId;
        ISlasher.Report report;
        ISlasher.ReportState state;
        uint256 stakedThen;
        uint256 taken;
        uint256 timesSettled;
        bool superseded;
    }

    struct Claimed {
        bytes32 claimId;
        ISlasher.DowntimeClaim claim;
        ISlasher.ClaimState state;
        uint256 taken;
        uint256 toNode;
    }

    uint256 private constant MAX_OF_A_KIND = 40;

    Filed[] private _filed;
    Claimed[] private _claimed;
    mapping(uint32 subnetId => uint256 until) private _busyUntil;
    mapping(bytes32 what => uint256 times) public calls;
    uint256 public cameIn;
    uint256 public paidOut;
    uint256 public heldDeposits;
    uint256 public shared;
    uint256 public toPool;
    uint256 public slashed;
    uint256 public stakedIn;
    uint256 public takenOut;
    uint256 public lastLockUntil;

    constructor() {
        addStake(1, 0.0005 ether);
        addStake(2, 3 ether);
        addStake(4, 1 ether);
        addStake(5, 1 ether);
    }

    receive() external payable {}

    function reportNoShow(uint256 seed) external {
        if (_filed.length == MAX_OF_A_KIND) return;
        uint256 lid = _newLease(seed, ILeaseMarket.LeaseState.Closed);
        market.setNoShow(lid);
        vmLogs.recordLogs();
        slasher.reportNoShow(lid);
        _book("noShow");
    }

    function reportAbandonment(uint256 seed) external {
        if (_filed.length == MAX_OF_A_KIND) return;
        uint256 lid = seed % 3 == 0 ? _answeredLease(seed) : 0;
        if (lid == 0) lid = _newLease(seed, ILeaseMarket.LeaseState.Active);
        address tenant = market.leaseOf(lid).tenant;
        uint256 deposit = slasher.currentRules().deposit;
        vm.deal(tenant, deposit);
        vmLogs.recordLogs();
        vm.prank(tenant);
        slasher.reportAbandonment{value: deposit}(lid);
        cameIn += deposit;
        heldDeposits += deposit;
        _book("abandonment");
    }

    function reportVerdict(uint256 seed, uint256 which) external {
        if (_filed.length == MAX_OF_A_KIND) return;
        bytes32 verdictId = keccak256(abi.encode("verdict", _filed.length));
        rounds.setVerdict(
            verdictId,
            ICapacityVerdicts.Verdict({
                fault: ICapacityVerdicts.Fault(1 + (which % 3)),
                nodeId: uint64(1 + (seed % NODES)),
                subnetId: uint32(1 + ((seed >> 8) % 2)),
                round: 1,
                decidedAt: uint40(block.timestamp),
                reporter: REPORTER
            })
        );
        vmLogs.recordLogs();
        slasher.reportVerdict(verdictId);
        _book("verdict");
    }

    function appeal(uint256 seed) external {
        (bool found, uint256 at) = _pickReport(seed, true, 0);
        if (!found) return;
        Filed storage filed = _filed[at];
        ISlasher.Report memory report = filed.report;
        uint32 subnetId = uint32(1 + ((seed >> 8) % 2));
        ISlasher.Pulse memory pulse = ISlasher.Pulse({
            nodeId: report.nodeId,
            subnetId: subnetId,
            at: uint40(block.timestamp),
            leases: 1,
            leaseRoot: keccak256(bytes.concat(keccak256(abi.encode(market.leaseOf(uint256(report.fact)).leaseHash))))
        });
        slasher.appeal(
            report,
            pulse,
            _signPulse(NODE_KEY + report.nodeId, pulse),
            _signPulse(GATEWAY_KEY + subnetId, pulse),
            new bytes32[](0)
        );
        _end(filed, ISlasher.ReportState.Appealed, "appeal");
    }

    function compensate(uint256 seed) external {
        (bool found, uint256 at) = _pickReport(seed, false, 0);
        if (!found || seed % 4 != 0) return;
        Filed storage filed = _filed[at];
        uint256 poolBefore = slasher.balanceOf(POOL);
        vm.deal(address(this), filed.report.amount);
        slasher.compensate{value: filed.report.amount}(filed.report);
        cameIn += filed.report.amount;
        shared += filed.report.amount;
        toPool += slasher.balanceOf(POOL) - poolBefore;
        _end(filed, ISlasher.ReportState.Compensated, "compensate");
    }

    function settle(uint256 seed) external {
        (bool found, uint256 at) = _pickReport(seed, false, 1);
        if (!found) return;
        Filed storage filed = _filed[at];
        rewards.setClaimable(filed.report.nodeId, seed % 0.003 ether);
        (uint256 before, uint256 poolBefore) = (staked(), slasher.balanceOf(POOL));
        slasher.settle(filed.report);
        uint256 taken = before - staked();
        filed.taken += taken;
        filed.timesSettled += 1;
        slashed += taken;
        cameIn += taken;
        shared += taken;
        toPool += slasher.balanceOf(POOL) - poolBefore;
        _end(filed, ISlasher.ReportState.Settled, "settle");
    }

    function lapse(uint256 seed) external {
        (bool found, uint256 at) = _pickReport(seed, false, 2);
        if (!found) return;
        slasher.lapse(_filed[at].report);
        _end(_filed[at], ISlasher.ReportState.Lapsed, "lapse");
    }

    /// @dev Somebody brings what ended once more: as a report of the same fact, or to settle it again.
    function repeat(uint256 seed) external {
        (bool found, uint256 at) = _pickEnded(seed);
        if (!found) return;
        Filed storage filed = _filed[at];
        uint256 before = staked();
        try slasher.settle(filed.report) {
            filed.timesSettled += 1;
            filed.taken += before - staked();
        } catch {
            calls["repeat"] += 1;
        }
        if (filed.report.offence == ISlasher.Offence.NoShow)
            _fileAgain(abi.encodeCall(ISlasher.reportNoShow, uint256(filed.report.fact)));
        else _fileAgain(abi.encodeCall(ISlasher.reportVerdict, filed.report.fact));
    }

    function claimDowntime(uint256 seed, uint256 duration) external {
        if (_claimed.length == MAX_OF_A_KIND) return;
        uint256 lid = _newLease((seed & ~uint256(0xff << 24)) | (1 << 24), ILeaseMarket.LeaseState.Active);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        duration = bound(duration, 1, 2 hours);
        uint256 value = (uint256(lease.ratePerSecond) * duration) / 1e12;
        ISubnetStakes.Stake memory stake = subnets.stakeOf(lease.subnetId);
        uint256 locked = block.timestamp >= stake.lockedUntil ? 0 : stake.locked;
        uint256 needed = value * 2 > 0.001 ether ? value * 2 : 0.001 ether;
        if (value == 0 || needed > stake.amount - locked) return;
        vmLogs.recordLogs();
        vm.prank(vm.addr(GATEWAY_KEY + lease.subnetId));
        slasher.claimDowntime(lid, lease.settledAt + 1, uint32(duration));
        (bytes memory data, bytes32 id) = _recorded(ISlasher.DowntimeClaimed.selector);
        ISlasher.DowntimeClaim memory claim = abi.decode(data, (ISlasher.DowntimeClaim));
        _claimed.push(Claimed({claimId: id, claim: claim, state: ISlasher.ClaimState.Open, taken: 0, toNode: 0}));
        _lockedUntil(claim.voidableUntil + 1);
        calls["claim"] += 1;
    }

    function voidClaim(uint256 seed) external {
        (bool found, uint256 at) = _pickClaim(seed, false);
        if (!found) return;
        Claimed storage claimed = _claimed[at];
        ISlasher.DowntimeClaim memory claim = claimed.claim;
        bytes32 typeHash = keccak256("ServiceReceipt(bytes32 leaseHash,uint40 from,uint40 until)");
        uint40 until = claim.fromAt + claim.duration;
        uint256 key = seed % 2 == 0 ? GATEWAY_KEY + 3 - claim.subnetId : _keyOf(claim.tenant);
        bytes memory signature = _sign(key, keccak256(abi.encode(typeHash, claim.leaseHash, claim.fromAt, until)));
        address owner = vm.addr(OWNER_KEY + claim.nodeId);
        (uint256 before, uint256 ownerBefore) = (staked(), slasher.balanceOf(owner));
        slasher.voidClaim(claim, claim.fromAt, until, signature);
        claimed.taken = before - staked();
        claimed.toNode = slasher.balanceOf(owner) - ownerBefore;
        claimed.state = ISlasher.ClaimState.Voided;
        slashed += claimed.taken;
        cameIn += claimed.taken;
        calls["void"] += 1;
    }

    function releaseClaim(uint256 seed) external {
        (bool found, uint256 at) = _pickClaim(seed, true);
        if (!found) return;
        slasher.releaseClaim(_claimed[at].claim);
        _claimed[at].state = ISlasher.ClaimState.Released;
        calls["release"] += 1;
    }

    function withdraw(uint256 seed) external {
        address party = partyAt(seed % partyCount());
        if (slasher.balanceOf(party) == 0) return;
        paidOut += slasher.withdrawFor(party);
        calls["withdraw"] += 1;
    }

    /// @dev Ids 1 to 3 are nodes, 4 and 5 subnets.
    function addStake(uint256 seed, uint256 amount) public {
        amount = bound(amount, 1, 3 ether);
        vm.deal(address(this), amount);
        uint256 id = seed % 6;
        if (id == 0 || id == 3) return;
        if (id < 4) nodes.stake{value: amount}(id);
        else subnets.stake{value: amount}(id - 3);
        stakedIn += amount;
    }

    /// @dev An owner that takes out what it may.
    function takeOut(uint256 seed) external {
        uint256 id = 1 + (seed % 2);
        INodeBonds.Bond memory record = nodes.bondOf(uint64(id));
        if (record.thawing == 0) {
            if (record.amount / 10 != 0) nodes.thaw(id, record.amount / 10);
            return;
        }
        uint256 locked = block.timestamp >= record.lockedUntil ? 0 : record.locked;
        if (block.timestamp < record.thawedAt || locked >= record.amount) return;
        takenOut += nodes.withdrawThawed(id);
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + bound(time, 1, 3 days));
    }

    function reportCount() external view returns (uint256) {
        return _filed.length;
    }

    function filedAt(uint256 index) external view returns (Filed memory filed) {
        return _filed[index];
    }

    function claimCount() external view returns (uint256) {
        return _claimed.length;
    }

    function claimedAt(uint256 index) external view returns (Claimed memory claimed) {
        return _claimed[index];
    }

    /// @notice What is locked at a time, if nobody does anything until then.
    function lockedAt(uint256 time) external view returns (uint256 sum) {
        for (uint64 nodeId = 1; nodeId <= NODES; nodeId++) {
            INodeBonds.Bond memory record = nodes.bondOf(nodeId);
            if (time < record.lockedUntil) sum += record.locked;
        }
        for (uint32 subnetId = 1; subnetId <= 2; subnetId++) {
            ISubnetStakes.Stake memory record = subnets.stakeOf(subnetId);
            if (time < record.lockedUntil) sum += record.locked;
        }
    }

    /// @notice All bonds and stakes.
    function staked() public view returns (uint256 sum) {
        for (uint64 nodeId = 1; nodeId <= NODES; nodeId++) sum += nodes.bondOf(nodeId).amount;
        for (uint32 subnetId = 1; subnetId <= 2; subnetId++) sum += subnets.stakeOf(subnetId).amount;
    }

    function _book(bytes32 what) private {
        (bytes memory data, bytes32 id) = _recorded(ISlasher.ReportFiled.selector);
        ISlasher.Report memory report = abi.decode(data, (ISlasher.Report));
        for (uint256 i = 0; i < _filed.length; i++) {
            if (_filed[i].reportId == id) _filed[i].superseded = true;
        }
        Filed storage filed = _filed.push();
        filed.reportId = id;
        filed.report = report;
        filed.state = ISlasher.ReportState.Open;
        filed.stakedThen =
            report.accused == ISlasher.Accused.Gateway
                ? subnets.stakeOf(report.subnetId).amount
                : nodes.bondOf(report.nodeId).amount;
        if (report.accused == ISlasher.Accused.Gateway) _busyUntil[report.subnetId] = report.lapsesAt;
        _lockedUntil(report.lapsesAt);
        calls[what] += 1;
    }

    function _fileAgain(bytes memory call) private {
        (bool done, ) = address(slasher).call(call);
        vm.assertTrue(!done, "S2: what had ended was reported again");
    }

    function _lockedUntil(uint256 until) private {
        if (until > lastLockUntil) lastLockUntil = until;
    }

    function _end(Filed storage filed, ISlasher.ReportState state, bytes32 what) private {
        filed.state = state;
        heldDeposits -= filed.report.deposit;
        calls[what] += 1;
    }

    /// @dev A lease whose abandonment was answered, and not reported again; 0 when there is none.
    function _answeredLease(uint256 seed) private view returns (uint256 lid) {
        for (uint256 i = 0; i < _filed.length; i++) {
            Filed storage filed = _filed[((seed % _filed.length) + i) % _filed.length];
            if (filed.state == ISlasher.ReportState.Appealed && !filed.superseded) return uint256(filed.report.fact);
        }
    }

    /// @dev An open report in a phase: 0 answerable, 1 to settle, 2 lapsed.
    function _pickReport(uint256 seed, bool abandoned, uint256 phase) private view returns (bool found, uint256 at) {
        for (uint256 i = 0; i < _filed.length; i++) {
            at = ((seed % _filed.length) + i) % _filed.length;
            Filed storage filed = _filed[at];
            if (filed.state != ISlasher.ReportState.Open) continue;
            if (abandoned && filed.report.offence != ISlasher.Offence.Abandonment) continue;
            if (_phaseOf(filed.report) == phase) return (true, at);
        }
    }

    /// @dev A report by proof that ended: an answered abandonment may come again.
    function _pickEnded(uint256 seed) private view returns (bool found, uint256 at) {
        for (uint256 i = 0; i < _filed.length; i++) {
            at = ((seed % _filed.length) + i) % _filed.length;
            if (_filed[at].state == ISlasher.ReportState.Open) continue;
            if (_filed[at].report.offence != ISlasher.Offence.Abandonment) return (true, at);
        }
    }

    function _phaseOf(ISlasher.Report storage report) private view returns (uint256 phase) {
        if (block.timestamp <= report.appealUntil) return 0;
        return block.timestamp < report.lapsesAt ? 1 : 2;
    }

    function _pickClaim(uint256 seed, bool over) private view returns (bool found, uint256 at) {
        for (uint256 i = 0; i < _claimed.length; i++) {
            at = ((seed % _claimed.length) + i) % _claimed.length;
            Claimed storage claimed = _claimed[at];
            if (claimed.state != ISlasher.ClaimState.Open) continue;
            if ((block.timestamp > claimed.claim.voidableUntil) != over) continue;
            if (over && block.timestamp <= _busyUntil[claimed.claim.subnetId]) continue;
            return (true, at);
        }
    }

    function _keyOf(address tenant) private pure returns (uint256 key) {
        for (key = TENANT_KEY; key < TENANT_KEY + NODES; key++) if (vm.addr(key) == tenant) return key;
    }
}
