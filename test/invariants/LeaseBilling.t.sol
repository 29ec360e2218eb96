// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EscrowLedger} from "../../contracts/libraries/EscrowLedger.sol";
import {LeaseBilling} from "../../contracts/libraries/LeaseBilling.sol";
import {LeaseStream} from "../../contracts/types/LeaseRecord.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice Money rules alone: numbers 1 to 5 of the list in README.md.
contract LeaseBillingTest is VmTest {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseStream;

    uint256 private constant RATE_SCALE = 1e12;
    uint256 private constant START = 1_800_000_000;

    struct Totals {
        uint256 paid;
        uint256 toNode;
        uint256 toSubnet;
        uint256 toProtocol;
    }

    EscrowLedger.Book private _book;

    /// 1. Settling often credits, to each party, exactly what settling once does.
    function testFuzz_SettlingOftenEqualsSettlingOnce(
        uint96 rate,
        uint96 balance,
        uint16 subnetCut,
        uint16 protocolCut,
        uint32[12] calldata steps
    ) external {
        balance /= 2; // both leases earn into one book, which counts to 2^96
        LeaseStream memory often = _stream(rate, balance, subnetCut, protocolCut);
        LeaseStream memory once = _stream(rate, balance, subnetCut, protocolCut);

        Totals memory paidOften;
        uint256 nowAt = START;
        for (uint256 i = 0; i < steps.length; i++) {
            nowAt += bound(steps[i], 0, 4_000);
            _add(paidOften, _settle(often, nowAt));
        }
        Totals memory paidOnce;
        _add(paidOnce, _settle(once, nowAt));

        vm.assertEq(paidOften.paid, paidOnce.paid, "1: paid often != paid once");
        vm.assertEq(paidOften.toNode, paidOnce.toNode, "1: node often != node once");
        vm.assertEq(paidOften.toSubnet, paidOnce.toSubnet, "1: subnet often != subnet once");
        vm.assertEq(paidOften.toProtocol, paidOnce.toProtocol, "1: protocol often != protocol once");
        vm.assertEq(often.balance, once.balance, "1: balance often != balance once");
        vm.assertEq(often.settledAt, once.settledAt, "1: clock often != clock once");
        vm.assertEq(often.scaledRemainder, once.scaledRemainder, "1: remainder often != remainder once");
    }

    /// 2. The shares of each settlement add up to what was paid, and never exceed their cuts by a whole unit.
    function testFuzz_SharesAddUp(
        uint96 balance,
        uint16 subnetCut,
        uint16 protocolCut,
        uint96[8] calldata amounts
    ) external {
        LeaseStream memory often = _stream(0, balance, subnetCut, protocolCut);
        Totals memory all;
        for (uint256 i = 0; i < amounts.length; i++) {
            uint256 amount = i % 2 == 0 ? bound(amounts[i], 0, 3) : amounts[i];
            amount = bound(amount, 0, often.balance);
            Totals memory split = _pay(often, amount);
            vm.assertEq(split.toNode + split.toSubnet + split.toProtocol, amount, "2: shares != paid");
            _add(all, split);
        }
        vm.assertEq(all.toSubnet, (all.paid * often.subnetCutBps) / 10_000, "2: subnet != floor(paid x cut)");
        vm.assertLe(all.toProtocol * 10_000, all.paid * often.protocolCutBps + 10_000, "2: protocol > its cut");
        vm.assertLe(all.paid * often.protocolCutBps, (all.toProtocol + 2) * 10_000, "2: protocol < its cut");
        vm.assertEq(all.paid + often.balance, balance, "2: paid + balance != deposited");
    }

    /// 3. Nobody is paid more than rate x time, nor more than the balance; what is left below one unit is kept.
    function testFuzz_NeverMoreThanEarned(uint96 rate, uint96 balance, uint40 elapsed) external {
        LeaseStream memory once = _stream(rate, balance, 1_000, 500);
        uint256 nowAt = START + bound(elapsed, 0, 1e9);
        uint256 end = once.paidUntil();
        Totals memory split = _settle(once, nowAt);

        vm.assertLe(split.paid, balance, "3: paid > balance");
        uint256 billed = uint256(once.settledAt) - START;
        vm.assertLe(billed, nowAt - START, "3: billed > elapsed");
        vm.assertEq(
            split.paid * RATE_SCALE + once.scaledRemainder,
            rate * billed,
            "3: paid + remainder != rate x time"
        );
        vm.assertTrue(once.scaledRemainder < RATE_SCALE, "3: remainder >= one unit");
        vm.assertEq(once.settledAt, nowAt < end ? nowAt : end, "3: clock != min(now, paidUntil)");
    }

    /// 4. paidUntil does not move by settling: an exhausted lease stays exhausted, and pays nothing more.
    function testFuzz_PaidUntilIsStable(uint96 rate, uint96 balance, uint40 first, uint40 second) external {
        LeaseStream memory once = _stream(rate, balance, 0, 0);
        uint256 end = once.paidUntil();
        uint256 nowAt = START + bound(first, 0, 1e9);
        _settle(once, nowAt);
        vm.assertEq(once.paidUntil(), end, "4: paidUntil moved");
        _settle(once, nowAt + bound(second, 0, 1e9));
        vm.assertEq(once.paidUntil(), end, "4: paidUntil moved again");
        if (nowAt >= end) {
            vm.assertEq(_settle(once, nowAt + 2e9).paid, 0, "4: exhausted lease paid");
        }
    }

    /// 5. What is locked for a time lasts for that time, and one unit less would not.
    function testFuzz_LockLasts(uint96 rate, uint32 duration) external pure {
        rate = uint96(bound(rate, 1, type(uint96).max));
        duration = uint32(bound(duration, 0, 2e9)); // the clock has 32 bits
        uint96 locked = uint96(LeaseBilling.lockFor(rate, duration));
        vm.assertEq(locked, LeaseBilling.lockFor(rate, duration), "5: lock does not fit 96 bits");
        LeaseStream memory once = _stream(rate, locked, 0, 0);
        vm.assertTrue(once.paidUntil() >= START + duration, "5: lock is too short");
        if (locked == 0) return;
        once = _stream(rate, locked - 1, 0, 0);
        vm.assertTrue(once.paidUntil() < START + duration, "5: lock is too long");
    }

    function _stream(
        uint96 rate,
        uint96 balance,
        uint16 subnetCut,
        uint16 protocolCut
    ) private pure returns (LeaseStream memory lease) {
        lease.ratePerSecond = rate;
        lease.balance = balance;
        lease.settledAt = uint32(START);
        lease.subnetCutBps = uint16(bound(subnetCut, 0, 2_000));
        lease.protocolCutBps = uint16(bound(protocolCut, 0, 1_000));
    }

    /// @dev As the market settles: the clock moves, and what that earns leaves the balance in shares.
    function _settle(LeaseStream memory lease, uint256 nowAt) private returns (Totals memory split) {
        (uint256 paid, ) = lease.settleTo(nowAt);
        return _pay(lease, paid);
    }

    function _pay(LeaseStream memory lease, uint256 paid) private returns (Totals memory split) {
        EscrowLedger.Shares memory shares = lease.share(paid);
        lease.balance = _book.release(1 << 48, lease.balance, shares, 0);
        return Totals(paid, shares.toNode, shares.toSubnet, shares.toProtocol);
    }

    function _add(Totals memory totals, Totals memory split) private pure {
        totals.paid += split.paid;
        totals.toNode += split.toNode;
        totals.toSubnet += split.toSubnet;
        totals.toProtocol += split.toProtocol;
    }
}
