// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EscrowLedger} from "../../contracts/libraries/EscrowLedger.sol";
import {LeaseBilling} from "../../contracts/libraries/LeaseBilling.sol";
import {LeaseRecord} from "../../contracts/types/LeaseRecord.sol";
import {VmTest} from "./support/Vm.sol";

/// @notice Money rules alone: numbers 1 to 5 of the list in README.md.
contract LeaseBillingTest is VmTest {
    using EscrowLedger for EscrowLedger.Book;
    using LeaseBilling for LeaseRecord;

    uint256 private constant RATE_SCALE = 1e12;
    uint256 private constant START = 1_800_000_000;

    struct Totals {
        uint256 paid;
        uint256 toNode;
        uint256 toSubnet;
        uint256 toProtocol;
    }

    LeaseRecord private _often;
    LeaseRecord private _once;
    EscrowLedger.Book private _book;

    /// 1. Settling often credits, to each party, exactly what settling once does.
    function testFuzz_SettlingOftenEqualsSettlingOnce(
        uint96 rate,
        uint96 balance,
        uint16 subnetCut,
        uint16 protocolCut,
        uint32[12] calldata steps
    ) external {
        _set(_often, rate, balance, subnetCut, protocolCut);
        _set(_once, rate, balance, subnetCut, protocolCut);

        Totals memory often;
        uint256 nowAt = START;
        for (uint256 i = 0; i < steps.length; i++) {
            nowAt += bound(steps[i], 0, 4_000);
            _add(often, _settle(_often, nowAt));
        }
        Totals memory once;
        _add(once, _settle(_once, nowAt));

        vm.assertEq(often.paid, once.paid, "paid often != paid once");
        vm.assertEq(often.toNode, once.toNode, "node often != node once");
        vm.assertEq(often.toSubnet, once.toSubnet, "subnet often != subnet once");
        vm.assertEq(often.toProtocol, once.toProtocol, "protocol often != protocol once");
        vm.assertEq(_often.balance, _once.balance, "balance often != balance once");
        vm.assertEq(_often.settledAt, _once.settledAt, "clock often != clock once");
        vm.assertEq(_often.scaledRemainder, _once.scaledRemainder, "remainder often != remainder once");
    }

    /// 2. The shares of each settlement add up to what was paid, and never exceed their cuts by a whole unit.
    function testFuzz_SharesAddUp(
        uint96 balance,
        uint16 subnetCut,
        uint16 protocolCut,
        uint96[8] calldata amounts
    ) external {
        _set(_often, 0, balance, subnetCut, protocolCut);
        Totals memory all;
        for (uint256 i = 0; i < amounts.length; i++) {
            uint256 amount = i % 2 == 0 ? bound(amounts[i], 0, 3) : amounts[i];
            amount = bound(amount, 0, _often.balance);
            Totals memory split = _pay(_often, amount);
            vm.assertEq(split.toNode + split.toSubnet + split.toProtocol, amount, "shares != paid");
            _add(all, split);
        }
        vm.assertEq(all.toSubnet, (all.paid * _often.subnetCutBps) / 10_000, "subnet != floor(paid x cut)");
        vm.assertLe(all.toProtocol * 10_000, all.paid * _often.protocolCutBps + 10_000, "protocol > its cut");
        vm.assertLe(all.paid * _often.protocolCutBps, (all.toProtocol + 2) * 10_000, "protocol < its cut");
        vm.assertEq(all.paid + _often.balance, balance, "paid + balance != deposited");
    }

    /// 3. Nobody is paid more than rate x time, nor more than the balance; what is left below one unit is kept.
    function testFuzz_NeverMoreThanEarned(uint96 rate, uint96 balance, uint40 elapsed) external {
        _set(_once, rate, balance, 1_000, 500);
        uint256 nowAt = START + bound(elapsed, 0, 1e9);
        uint256 end = _once.paidUntil();
        Totals memory split = _settle(_once, nowAt);

        vm.assertLe(split.paid, balance, "paid > balance");
        uint256 billed = uint256(_once.settledAt) - START;
        vm.assertLe(billed, nowAt - START, "billed > elapsed");
        vm.assertEq(split.paid * RATE_SCALE + _once.scaledRemainder, rate * billed, "paid + remainder != rate x time");
        vm.assertTrue(_once.scaledRemainder < RATE_SCALE, "remainder >= one unit");
        vm.assertEq(_once.settledAt, nowAt < end ? nowAt : end, "clock != min(now, paidUntil)");
    }

    /// 4. paidUntil does not move by settling: an exhausted lease stays exhausted, and pays nothing more.
    function testFuzz_PaidUntilIsStable(uint96 rate, uint96 balance, uint40 first, uint40 second) external {
        _set(_once, rate, balance, 0, 0);
        uint256 end = _once.paidUntil();
        uint256 nowAt = START + bound(first, 0, 1e9);
        _settle(_once, nowAt);
        vm.assertEq(_once.paidUntil(), end, "paidUntil moved");
        _settle(_once, nowAt + bound(second, 0, 1e9));
        vm.assertEq(_once.paidUntil(), end, "paidUntil moved again");
        if (nowAt >= end) {
            vm.assertEq(_settle(_once, nowAt + 2e9).paid, 0, "exhausted lease paid");
        }
    }

    /// 5. What is locked for a time lasts for that time, and one unit less would not.
    function testFuzz_LockLasts(uint96 rate, uint32 duration) external {
        rate = uint96(bound(rate, 1, type(uint96).max));
        duration = uint32(bound(duration, 0, 2e9)); // the clock has 32 bits
        uint96 locked = uint96(LeaseBilling.lockFor(rate, duration));
        vm.assertEq(locked, LeaseBilling.lockFor(rate, duration), "lock does not fit 96 bits");
        _set(_once, rate, locked, 0, 0);
        vm.assertTrue(_once.paidUntil() >= START + duration, "lock is too short");
        if (locked == 0) return;
        _set(_once, rate, locked - 1, 0, 0);
        vm.assertTrue(_once.paidUntil() < START + duration, "lock is too long");
    }

    function _set(
        LeaseRecord storage lease,
        uint96 rate,
        uint96 balance,
        uint16 subnetCut,
        uint16 protocolCut
    ) private {
        lease.ratePerSecond = rate;
        lease.balance = balance;
        lease.settledAt = uint32(START);
        lease.scaledRemainder = 0;
        lease.subnetRest = 0;
        lease.protocolRest = 0;
        lease.subnetCutBps = uint16(bound(subnetCut, 0, 2_000));
        lease.protocolCutBps = uint16(bound(protocolCut, 0, 1_000));
    }

    /// @dev As the market settles: the clock moves, and what that earns leaves the balance in shares.
    function _settle(LeaseRecord storage lease, uint256 nowAt) private returns (Totals memory split) {
        (uint256 paid, ) = lease.settleTo(nowAt);
        return _pay(lease, paid);
    }

    function _pay(LeaseRecord storage lease, uint256 paid) private returns (Totals memory split) {
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
