// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "../../../contracts/interfaces/ILeaseMarket.sol";
import {TierPoints} from "../../../contracts/libraries/TierPoints.sol";
import {Resources} from "../../../contracts/types/Resources.sol";
import {MarketWorld} from "./MarketWorld.sol";

/// @notice Does what parties may do, in any order, and keeps books of its own beside the market's.
contract MarketHandler is MarketWorld {
    /// @dev The handler's own view of a lease.
    struct Book {
        uint256 deposited;
        /// what left the balance and was no refund
        uint256 paid;
        /// what node, subnet and protocol earned by it
        uint256 shared;
        uint256 reservation;
        uint256 refunded;
        /// rate x time while billed, less credited downtime, never clamped
        uint256 scaledCost;
        bytes32 closedHash;
    }

    /// @dev The handler's own view of what a node earned in one token.
    struct Meter {
        uint256 earned;
        uint256 pointSeconds;
        uint256 expectedPointSeconds;
    }

    uint256 private constant MAX_LEASES = 24;
    // bit n: the state with number n
    uint256 private constant OPEN = 2;
    uint256 private constant BILLED = 4 + 8;
    uint256 private constant ANY = 2 + 4 + 8 + 16;
    uint256 private constant STARTED = 4 + 8 + 16;
    bytes32 private constant SEALED_PART = keccak256("sealed part");

    mapping(uint256 lid => Book book) private _books;
    mapping(address payToken => uint256 amount) public deposited;
    mapping(address payToken => uint256 amount) public withdrawn;
    mapping(address party => mapping(address payToken => uint256 amount)) public withdrawnBy;
    mapping(uint64 nodeId => uint32 strikes) public strikes;
    mapping(bytes32 what => uint256 times) public calls;
    mapping(uint64 nodeId => mapping(address payToken => Meter meter)) private _meters;
    uint256 private _added;
    uint256 private _sharedBefore;
    bool private _mayPassHoldback;

    error DrillPassed();

    /// @dev Compares a lease before and after one call: transitions, clock, and where its balance went.
    modifier tracked(uint256 lid) {
        ILeaseMarket.Lease memory before = market.leaseOf(lid);
        uint256 freeBefore = market.accountOf(before.tenant, before.token);
        uint32 downBefore = market.downtimeOf(lid);
        _added = 0;
        _sharedBefore = _sharedOf(before);
        _mayPassHoldback = false;
        _;
        ILeaseMarket.Lease memory current = market.leaseOf(lid);
        _checkStep(before, current);
        _bookStep(lid, before, current, market.accountOf(before.tenant, before.token) - freeBefore);
        _bookMeters(before, current, market.downtimeOf(lid) - downBefore);
        bool closed = before.state != current.state && current.state == ILeaseMarket.LeaseState.Closed;
        if (closed) _books[lid].closedHash = fixedHash(current);
    }

    function deposit(uint256 who, uint256 which, uint256 amount) external {
        address tenant = tenantAt(who % TENANTS);
        amount = bound(amount, 1, 1e9);
        _depositFor(tenant, tokenAt(which % 2), amount);
    }

    function withdraw(uint256 who, uint256 which, uint256 amount) external {
        address party = partyAt(who % partyCount());
        address payToken = tokenAt(which % 2);
        uint256 free = market.accountOf(party, payToken);
        if (free == 0) return;
        _withdraw(party, payToken, bound(amount, 1, free));
        calls["withdraw"]++;
    }

    function open(uint256 who, uint64 node, uint256 which, uint256 terms) external {
        if (market.leaseCount() >= MAX_LEASES) return;
        address tenant = tenantAt(who % TENANTS);
        ILeaseMarket.Quote memory quote = _anyQuote(1 + (node % uint64(NODES)), tokenAt(which % 2), terms);
        uint32 prepaid = uint32(bound(terms >> 200, 0, 4_000));
        uint256 lock = (uint256(quote.ratePerSecond) * prepaid + 1e12 - 1) / 1e12;
        if (!_fits(quote.nodeId, quote.resources, Resources.wrap(0))) return;
        _depositFor(tenant, quote.token, lock + 1);

        bytes memory signature = _signQuote(quote);
        vm.prank(tenant);
        uint256 lid = market.open(
            quote,
            signature,
            ILeaseMarket.Terms({sealedPartHash: SEALED_PART, prepaidSeconds: prepaid, salt: bytes32(terms)})
        );
        _books[lid].deposited = lock;
        vm.assertEq(market.leaseOf(lid).balance, lock, "9: locked != ceil(rate x prepaid)");
        calls["open"]++;
    }

    function confirmStart(uint256 seed) external tracked(_pick(seed, OPEN)) {
        uint256 lid = _pick(seed, OPEN);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state != ILeaseMarket.LeaseState.Open || block.timestamp > lease.deadline) return;
        _mayPassHoldback = true;
        vm.prank(operatorAt(lease.nodeId));
        market.confirmStart(lid, lease.leaseHash);
        calls["confirmStart"]++;
    }

    function decline(uint256 seed) external tracked(_pick(seed, OPEN)) {
        uint256 lid = _pick(seed, OPEN);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state != ILeaseMarket.LeaseState.Open || block.timestamp > lease.deadline) return;
        vm.prank(operatorAt(lease.nodeId));
        market.decline(lid, lease.leaseHash, 10_001);
        calls["decline"]++;
    }

    function expire(uint256 seed, bool withReceipt) external tracked(_pick(seed, OPEN)) {
        uint256 lid = _pick(seed, OPEN);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state != ILeaseMarket.LeaseState.Open || block.timestamp <= lease.deadline) return;
        bytes memory receipt = withReceipt ? _signReceipt(lid) : bytes("");
        vm.prank(lease.tenant);
        market.expire(lid, receipt);
        if (withReceipt) strikes[lease.nodeId]++;
        calls["expire"]++;
    }

    function topUp(uint256 seed, uint256 amount) external tracked(_pick(seed, ANY)) {
        uint256 lid = _pick(seed, ANY);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state == ILeaseMarket.LeaseState.None || lease.state == ILeaseMarket.LeaseState.Closed) return;
        if (_isExhausted(lid, lease)) return;
        _added = bound(amount, 1, 1e6);
        address payer = tenantAt(amount % TENANTS);
        _depositFor(payer, lease.token, _added);
        vm.prank(payer);
        market.topUp(lid, _added);
        _books[lid].deposited += _added;
        calls["topUp"]++;
    }

    function requestUpdate(uint256 seed, uint256 terms, uint40 life) external tracked(_pick(seed, BILLED)) {
        uint256 lid = _pick(seed, BILLED);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        ILeaseMarket.PendingUpdate memory pending = market.pendingUpdateOf(lid);
        if (lease.state != ILeaseMarket.LeaseState.Active || _isExhausted(lid, lease)) return;
        if (pending.version != 0 && block.timestamp <= pending.expiresAt) return;
        (uint16 subnetCut, uint16 protocolCut) = _cuts();
        if (lease.subnetCutBps != subnetCut || lease.protocolCutBps != protocolCut) return;
        market.settle(lid); // drops an expired update, so that what fits can be told
        if (_isExhausted(lid, market.leaseOf(lid))) return;

        ILeaseMarket.Quote memory quote = _anyQuote(lease.nodeId, lease.token, terms);
        if (!_fits(lease.nodeId, quote.resources, lease.resources)) return;
        bytes memory signature = _signQuote(quote);
        vm.prank(lease.tenant);
        market.requestUpdateWithQuote(
            lid,
            ILeaseMarket.Update({
                openPartHash: quote.openPartHash,
                sealedPartHash: bytes32(terms),
                currentSealedPartHash: 0,
                version: lease.version + 1,
                expiresAt: uint40(block.timestamp + bound(life, 1, 2_000))
            }),
            quote,
            signature
        );
        calls["requestUpdate"]++;
    }

    function answerUpdate(uint256 seed, bool confirm) external tracked(_pickPending(seed)) {
        uint256 lid = _pickPending(seed);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        ILeaseMarket.PendingUpdate memory pending = market.pendingUpdateOf(lid);
        if (pending.version == 0) return;
        bool late = block.timestamp > pending.expiresAt || _isExhausted(lid, lease);
        _mayPassHoldback = true;
        vm.prank(operatorAt(lease.nodeId));
        if (confirm && !late) market.confirmUpdate(lid, pending.version, pending.manifestHash);
        else market.declineUpdate(lid, pending.version, 10_009);
        calls[confirm && !late ? bytes32("confirmUpdate") : bytes32("declineUpdate")]++;
    }

    function settle(uint256 seed) external tracked(_pick(seed, ANY)) {
        if (market.leaseCount() == 0) return;
        market.settle(_pick(seed, ANY));
        calls["settle"]++;
    }

    function giveNotice(uint256 seed) external tracked(_pick(seed, BILLED)) {
        uint256 lid = _pick(seed, BILLED);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state != ILeaseMarket.LeaseState.Active || seed % 3 != 0) return;
        vm.prank(ownerAt(lease.nodeId));
        market.giveNotice(lid, 10_007);
        calls["giveNotice"]++;
    }

    function close(uint256 seed, bool byNode) external tracked(_pickToClose(seed)) {
        uint256 lid = _pickToClose(seed);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state == ILeaseMarket.LeaseState.None || lease.state == ILeaseMarket.LeaseState.Closed) return;
        bool reclaimed = lease.state == ILeaseMarket.LeaseState.Reclaiming && block.timestamp >= lease.deadline;
        if (byNode && !reclaimed && !_isExhausted(lid, lease)) byNode = false;
        vm.prank(byNode ? operatorAt(lease.nodeId) : lease.tenant);
        market.close(lid, byNode ? 10_007 : 1);
        calls["close"]++;
    }

    /// @dev The node agrees, or the slasher decides, to seconds that are still held back.
    function creditDowntime(uint256 seed, uint32 duration, bool bySlasher) external tracked(_pick(seed, STARTED)) {
        uint256 lid = _pick(seed, STARTED);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state == ILeaseMarket.LeaseState.None || lease.state == ILeaseMarket.LeaseState.Open) return;
        (uint32 held, ) = market.heldOf(lid);
        if (held == 0) return;
        duration = uint32(bound(duration, 1, held));
        uint32 before = market.downtimeOf(lid);
        _mayPassHoldback = true;
        vm.prank(bySlasher ? SLASHER : operatorAt(lease.nodeId));
        if (bySlasher) market.claimDowntime(lid, duration);
        else market.creditDowntime(lid, before + duration);
        vm.assertEq(market.downtimeOf(lid), before + duration, "10: credited != asked for");
        _takeOffBill(lid, lease, duration);
        calls["creditDowntime"]++;
    }

    function forfeit(uint256 seed) external tracked(_pick(seed, STARTED)) {
        uint256 lid = _pick(seed, STARTED);
        ILeaseMarket.Lease memory lease = market.leaseOf(lid);
        if (lease.state == ILeaseMarket.LeaseState.None || lease.state == ILeaseMarket.LeaseState.Open) return;
        if (seed % 4 != 0) return;
        (uint32 held, uint256 amount) = market.heldOf(lid);
        _mayPassHoldback = true;
        vm.prank(SLASHER);
        uint256 forfeited = market.forfeitHeld(lid);
        vm.assertEq(forfeited, amount, "8: forfeited != held back");
        (uint32 left, ) = market.heldOf(lid);
        vm.assertEq(left, 0, "8: held back after forfeit");
        _takeOffBill(lid, lease, held);
        calls["forfeit"]++;
    }

    function collect(uint256 seed) external {
        address payToken = tokenAt(seed % 2);
        if (seed % 3 == 0) market.collectSubnet(1, payToken);
        else market.collect(uint64(1 + ((seed >> 1) % NODES)), 1, payToken);
        calls["collect"]++;
    }

    /// @dev Anybody sends the registration fees to who gets them.
    function takeFees() external {
        nodes.withdrawFees();
        calls["takeFees"]++;
    }

    function changeCuts(uint16 subnetCut, uint16 protocolCut) external {
        if (subnetCut % 4 != 0) return;
        vm.prank(SUBNET_OWNER);
        subnets.setCut(1, uint16(bound(subnetCut, 0, 2_000)));
        market.setProtocolCut(uint16(bound(protocolCut, 0, 1_000)));
        calls["changeCuts"]++;
    }

    /// @dev Time passes, and the handler bills it by itself.
    function pass(uint256 duration) external {
        duration = bound(duration, 1, 1_500);
        for (uint256 lid = 1; lid <= market.leaseCount(); lid++) {
            ILeaseMarket.Lease memory lease = market.leaseOf(lid);
            if (!_isBilled(lease)) continue;
            _books[lid].scaledCost += uint256(lease.ratePerSecond) * duration;
        }
        vm.warp(block.timestamp + duration);
        calls["pass"]++;
    }

    /// @notice Ends everything, pays everybody, and reverts with {DrillPassed} if nothing was left behind.
    function drill() external {
        for (uint256 lid = 1; lid <= market.leaseCount(); lid++) {
            ILeaseMarket.Lease memory lease = market.leaseOf(lid);
            if (lease.state == ILeaseMarket.LeaseState.Closed) continue;
            vm.prank(lease.tenant);
            market.close(lid, 1);
        }
        vm.warp(block.timestamp + HOLDBACK);
        for (uint256 lid = 1; lid <= market.leaseCount(); lid++) market.settle(lid);
        for (uint256 which = 0; which < 2; which++) {
            market.collectSubnet(1, tokenAt(which));
            for (uint64 nodeId = 1; nodeId <= NODES; nodeId++) market.collect(nodeId, 1, tokenAt(which));
            for (uint256 who = 0; who < partyCount(); who++) {
                uint256 free = market.accountOf(partyAt(who), tokenAt(which));
                if (free != 0) _withdraw(partyAt(who), tokenAt(which), free);
            }
        }
        vm.assertEq(address(market).balance, 0, "16: native coin left behind");
        vm.assertEq(token.balanceOf(address(market)), 0, "16: tokens left behind");
        for (uint64 nodeId = 1; nodeId <= NODES; nodeId++) {
            vm.assertEq(Resources.unwrap(market.usedOf(nodeId)), 0, "16: resources left reserved");
        }
        revert DrillPassed();
    }

    function bookOf(uint256 lid) external view returns (Book memory) {
        return _books[lid];
    }

    /// @notice Points x seconds that a node's releases paid, as the handler counts them.
    function expectedPointSeconds(uint64 nodeId, address payToken) external view returns (uint256) {
        return _meters[nodeId][payToken].expectedPointSeconds;
    }

    function holdback() external pure returns (uint256) {
        return HOLDBACK;
    }

    /// @notice Hash of what of a Closed lease never changes: all but what a release moves.
    function fixedHash(ILeaseMarket.Lease memory lease) public pure returns (bytes32) {
        (lease.balance, lease.settledAt, lease.deadline, lease.scaledRemainder) = (0, 0, 0, 0);
        return keccak256(abi.encode(lease));
    }

    function _anyQuote(
        uint64 nodeId,
        address payToken,
        uint256 terms
    ) private returns (ILeaseMarket.Quote memory quote) {
        uint96[6] memory rates = [uint96(0), 1, 4e11, 1e12 - 1, 333e12 + 7, 2e15];
        quote = _quote(nodeId, payToken);
        quote.ratePerSecond = rates[terms % 6];
        quote.startWindowSeconds = uint32((terms >> 8) % 3_000);
        quote.noticeSeconds = uint32((terms >> 24) % 1_000);
        quote.reservationSeconds = uint16((terms >> 40) % 601);
        uint128 gpu = uint128((terms >> 120) % 2);
        quote.resources = Resources.wrap(
            uint128(1 + ((terms >> 56) % 3_000)) |
                (uint128(1 + ((terms >> 72) % 6_000)) << 32) |
                (uint128((terms >> 88) % 40) << 64) |
                (gpu << 96) |
                ((gpu * 7) << 112)
        );
    }

    function _depositFor(address payer, address payToken, uint256 amount) private {
        deposited[payToken] += amount;
        if (payToken == address(0)) {
            vm.deal(payer, amount);
            vm.prank(payer);
            market.deposit{value: amount}();
        } else {
            token.mint(payer, amount);
            vm.prank(payer);
            token.approve(address(market), amount);
            vm.prank(payer);
            market.depositToken(payToken, amount);
        }
    }

    function _withdraw(address party, address payToken, uint256 amount) private {
        withdrawn[payToken] += amount;
        withdrawnBy[party][payToken] += amount;
        vm.prank(party);
        market.withdraw(payToken, amount);
    }

    function _bookStep(
        uint256 lid,
        ILeaseMarket.Lease memory before,
        ILeaseMarket.Lease memory current,
        uint256 refund
    ) private {
        uint256 paid = before.balance + _added - current.balance - refund;
        Book storage book = _books[lid];
        book.paid += paid;
        book.shared += _sharedOf(current) - _sharedBefore;
        book.refunded += refund;
        if (before.state == ILeaseMarket.LeaseState.Open) book.reservation += paid;
    }

    /// @dev Seconds that were held back and are credited: no more than were billed.
    function _takeOffBill(uint256 lid, ILeaseMarket.Lease memory lease, uint256 duration) private {
        uint256 scaled = uint256(lease.ratePerSecond) * duration;
        vm.assertLe(scaled, _books[lid].scaledCost, "10: credited > rate x time");
        _books[lid].scaledCost -= scaled;
    }

    /// @dev Counts the time that was released, and holds the meters against what they were: they only grow.
    function _bookMeters(
        ILeaseMarket.Lease memory before,
        ILeaseMarket.Lease memory current,
        uint256 credited
    ) private {
        if (before.nodeId == 0) return;
        Meter storage meter = _meters[before.nodeId][before.token];
        if (before.state != ILeaseMarket.LeaseState.Open && before.ratePerSecond != 0) {
            uint256 released = current.settledAt - before.settledAt - credited;
            meter.expectedPointSeconds += TierPoints.pointsOf(before.resources, 0, 0) * released;
        }
        (, uint256 earned, uint256 pointSeconds) = market.earningsOf(before.nodeId, 1, before.token);
        vm.assertLe(meter.earned, earned, "19: earned fell");
        vm.assertLe(meter.pointSeconds, pointSeconds, "19: point-seconds fell");
        (meter.earned, meter.pointSeconds) = (earned, pointSeconds);
    }

    /// @dev All that the parties of a lease ever earned in its token, by this lease and by others.
    function _sharedOf(ILeaseMarket.Lease memory lease) private view returns (uint256 sum) {
        (, uint256 toNode, ) = market.earningsOf(lease.nodeId, 1, lease.token);
        (uint256 toSubnet, ) = market.subnetEarningsOf(1, lease.token);
        (, uint256 toProtocol) = market.subnetMetersOf(1, lease.token);
        return toNode + toSubnet + toProtocol;
    }

    function _cuts() private view returns (uint16 subnetCut, uint16 protocolCut) {
        (, subnetCut, ) = subnets.cutOf(1);
        protocolCut = market.protocolCutBps();
    }

    function _isExhausted(uint256 lid, ILeaseMarket.Lease memory lease) private view returns (bool) {
        return _isBilled(lease) && block.timestamp >= market.paidUntil(lid);
    }

    /// @dev Whether the node has room for what `wanted` needs beyond `held`.
    function _fits(uint64 nodeId, Resources wanted, Resources held) private view returns (bool) {
        uint128 used = Resources.unwrap(market.usedOf(nodeId));
        for (uint256 shift = 0; shift <= 96; shift += 32) {
            uint256 mask = shift == 96 ? 0xffff : 0xffffffff;
            uint256 have = (Resources.unwrap(held) >> shift) & mask;
            uint256 want = (Resources.unwrap(wanted) >> shift) & mask;
            uint256 extra = want > have ? want - have : 0;
            if (((used >> shift) & mask) + extra > ((TOTAL_RESOURCES >> shift) & mask)) return false;
        }
        return true;
    }

    /// @dev A lease in one of the states, if there is one, else any; 0, which is none, while there is none.
    function _pick(uint256 seed, uint256 states) private view returns (uint256 lid) {
        uint256 count = market.leaseCount();
        if (count == 0) return 0;
        for (uint256 i = 0; i < count; i++) {
            lid = 1 + (((seed % count) + i) % count);
            if ((states >> uint256(market.leaseOf(lid).state)) & 1 == 1) return lid;
        }
    }

    /// @dev A lease with an update that waits; 0 for none. Among all leases they are too rare to be met by chance.
    function _pickPending(uint256 seed) private view returns (uint256 lid) {
        uint256 count = market.leaseCount();
        for (uint256 i = 0; i < count; i++) {
            lid = 1 + (((seed % count) + i) % count);
            if (market.pendingUpdateOf(lid).version != 0) return lid;
        }
        return 0;
    }

    /// @dev Any lease; sometimes one with an update that waits, which the close must drop.
    function _pickToClose(uint256 seed) private view returns (uint256 lid) {
        if (seed % 2 == 0) lid = _pickPending(seed >> 1);
        if (lid == 0) lid = _pick(seed, ANY);
    }

    function _isBilled(ILeaseMarket.Lease memory lease) private pure returns (bool) {
        return lease.state == ILeaseMarket.LeaseState.Active || lease.state == ILeaseMarket.LeaseState.Reclaiming;
    }

    function _checkStep(ILeaseMarket.Lease memory before, ILeaseMarket.Lease memory current) private view {
        vm.assertLe(before.settledAt, current.settledAt, "17: settledAt fell");
        vm.assertLe(current.settledAt, block.timestamp, "17: settledAt > now");
        bool released = current.settledAt > before.settledAt && !_mayPassHoldback;
        vm.assertTrue(!released || current.settledAt + HOLDBACK <= block.timestamp, "20: released before the holdback");
        vm.assertLe(before.version, current.version, "17: version fell");
        vm.assertLe(current.version, before.version + 1, "17: version jumped");
        vm.assertEq(before.leaseHash, current.leaseHash, "17: lease hash changed");
        // Open 1, Active 2, Reclaiming 3, Closed 4: states only go up, and Open never to Reclaiming.
        vm.assertLe(uint256(before.state), uint256(current.state), "17: state went back");
        vm.assertTrue(
            !(before.state == ILeaseMarket.LeaseState.Open && current.state == ILeaseMarket.LeaseState.Reclaiming),
            "17: Open -> Reclaiming"
        );
    }
}
