// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "../../contracts/interfaces/ILeaseMarket.sol";
import {ResourceMath} from "../../contracts/libraries/ResourceMath.sol";
import {Resources} from "../../contracts/types/Resources.sol";
import {MarketHandler} from "./support/MarketHandler.sol";
import {FuzzSelector, VmTest} from "./support/Vm.sol";

/// @notice What holds after any sequence of calls: numbers 7 to 20 of the list in README.md.
contract LeaseMarketInvariants is VmTest {
    using ResourceMath for Resources;

    MarketHandler private _handler;

    function setUp() external {
        _handler = new MarketHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev Everything that a party may do; not {MarketHandler.drill}, which ends it all. What leads to an update is there
    /// more than once, and so drawn more often.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](21);
        selectors[0] = MarketHandler.deposit.selector;
        selectors[1] = MarketHandler.withdraw.selector;
        selectors[2] = MarketHandler.open.selector;
        selectors[3] = MarketHandler.confirmStart.selector;
        selectors[4] = MarketHandler.decline.selector;
        selectors[5] = MarketHandler.expire.selector;
        selectors[6] = MarketHandler.topUp.selector;
        selectors[7] = MarketHandler.requestUpdate.selector;
        selectors[8] = MarketHandler.answerUpdate.selector;
        selectors[9] = MarketHandler.settle.selector;
        selectors[10] = MarketHandler.giveNotice.selector;
        selectors[11] = MarketHandler.close.selector;
        selectors[12] = MarketHandler.changeCuts.selector;
        selectors[13] = MarketHandler.pass.selector;
        selectors[14] = MarketHandler.creditDowntime.selector;
        selectors[15] = MarketHandler.forfeit.selector;
        selectors[16] = MarketHandler.collect.selector;
        selectors[17] = MarketHandler.takeFees.selector;
        selectors[18] = MarketHandler.confirmStart.selector;
        selectors[19] = MarketHandler.requestUpdate.selector;
        selectors[20] = MarketHandler.requestUpdate.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: selectors});
    }

    /// The invariants say something only if the handler gets everywhere. Random calls, one fixed seed.
    function test_HandlerGetsEverywhere() external {
        uint256 random = 1;
        for (uint256 i = 0; i < 500; i++) {
            random = uint256(keccak256(abi.encode(random)));
            _anyCall(random % 16, random >> 8);
        }
        bytes32[18] memory reached = [
            bytes32("open"),
            "withdraw",
            "confirmStart",
            "decline",
            "expire",
            "topUp",
            "requestUpdate",
            "confirmUpdate",
            "declineUpdate",
            "settle",
            "giveNotice",
            "close",
            "changeCuts",
            "pass",
            "creditDowntime",
            "forfeit",
            "collect",
            "takeFees"
        ];
        for (uint256 i = 0; i < reached.length; i++) {
            vm.assertTrue(_handler.calls(reached[i]) > 0, string(abi.encodePacked("never: ", reached[i])));
        }
    }

    /// @dev Each `invariant_` function is a campaign of its own, so the checks are gathered in three.
    function invariant_Money() external view {
        _checkAllUnitsEqualDepositsMinusWithdrawals();
        _checkHeldIsRecentAndInside();
        _checkLeaseBooksBalance();
        _checkCostIsRateTimesTime();
        _checkSharesFollowTheCuts();
    }

    function invariant_Leases() external view {
        _checkClosedIsClosed();
        _checkUsedIsWhatLeasesReserve();
        _checkHashesAreUniqueAndStrikesCounted();
        _checkFeesAreApart();
        _checkMeters();
    }

    /// 16. At any time every lease can be ended by its tenant and every account emptied; nothing stays behind.
    function invariant_EverybodyCanLeave() external {
        try _handler.drill() {
            vm.assertTrue(false, "16: drill did not revert");
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(MarketHandler.DrillPassed.selector), "16: somebody is stuck");
        }
    }

    /// 7. Free balances, leases and earnings hold exactly what came in and did not go out, and the market has it.
    function _checkAllUnitsEqualDepositsMinusWithdrawals() private view {
        for (uint256 which = 0; which < 2; which++) {
            address payToken = _handler.tokenAt(which);
            uint256 sum = 0;
            for (uint256 who = 0; who < _handler.partyCount(); who++) {
                sum += _handler.market().accountOf(_handler.partyAt(who), payToken);
            }
            for (uint256 lid = 1; lid <= _count(); lid++) {
                ILeaseMarket.Lease memory lease = _lease(lid);
                if (lease.token == payToken) sum += lease.balance;
            }
            for (uint256 party = 3; party <= 6; party++) sum += _outstanding(party, payToken);
            uint256 inside = _handler.deposited(payToken) - _handler.withdrawn(payToken);
            vm.assertEq(sum, inside, "7: free + leases + earnings != deposits - withdrawals");
            vm.assertEq(_holdings(payToken), inside, "7: coins held != deposits - withdrawals");
        }
    }

    /// 8. What is held back is in the balance of its lease, and is no older than the holdback.
    function _checkHeldIsRecentAndInside() private view {
        for (uint256 lid = 1; lid <= _count(); lid++) {
            ILeaseMarket.Lease memory lease = _lease(lid);
            (uint32 heldSeconds, uint256 amount) = _handler.market().heldOf(lid);
            vm.assertLe(heldSeconds, _handler.holdback(), "8: held back for longer than the holdback");
            vm.assertLe(amount, lease.balance, "8: held back > balance");
            vm.assertLe(amount, (uint256(lease.ratePerSecond) * heldSeconds) / 1e12 + 1, "8: held back > rate x time");
            if (lease.state == ILeaseMarket.LeaseState.Closed && lease.balance != 0) {
                vm.assertLe(lease.deadline, block.timestamp + _handler.holdback(), "8: released too late");
            }
        }
    }

    /// 9. Of each lease: deposited = paid + refunded + balance, where paid is what the three got by it.
    function _checkLeaseBooksBalance() private view {
        for (uint256 lid = 1; lid <= _count(); lid++) {
            MarketHandler.Book memory book = _handler.bookOf(lid);
            vm.assertEq(
                book.deposited,
                book.shared + book.refunded + _lease(lid).balance,
                "9: deposited != paid + refunded + balance"
            );
        }
    }

    /// 10. A lease costs rate x time while it ran, no more, and exactly that while its money lasts. Credits give the
    /// tenant whole units: of the sum of all credits of a lease, less than a unit stays with the node.
    function _checkCostIsRateTimesTime() private view {
        for (uint256 lid = 1; lid <= _count(); lid++) {
            ILeaseMarket.Lease memory lease = _lease(lid);
            MarketHandler.Book memory book = _handler.bookOf(lid);
            uint256 billed = book.paid - book.reservation;
            uint256 most = book.scaledCost / 1e12 + (_handler.market().downtimeOf(lid) == 0 ? 0 : 1);
            vm.assertLe(billed, most, "10: billed > rate x time");
            if (lease.state == ILeaseMarket.LeaseState.Closed) {
                vm.assertLe(billed + lease.balance, most, "10: billed + held back > rate x time");
            }
            vm.assertLe(book.reservation, (uint256(lease.ratePerSecond) * 600) / 1e12, "10: reservation > 600 s");
            if (lease.state != ILeaseMarket.LeaseState.Active && lease.state != ILeaseMarket.LeaseState.Reclaiming) {
                continue;
            }
            if (block.timestamp >= _handler.market().paidUntil(lid)) continue;
            (uint256 earned, uint256 refund) = _handler.market().previewClose(lid);
            vm.assertEq(billed + earned, book.scaledCost / 1e12, "10: billed + earned != rate x time");
            vm.assertEq(earned + refund, lease.balance, "10: earned + refund != balance");
        }
    }

    /// 11. Closed leases do not change but by releases, hold only what is held back, and have no update pending.
    function _checkClosedIsClosed() private view {
        for (uint256 lid = 1; lid <= _count(); lid++) {
            ILeaseMarket.Lease memory lease = _lease(lid);
            if (lease.state != ILeaseMarket.LeaseState.Closed) continue;
            vm.assertEq(_handler.fixedHash(lease), _handler.bookOf(lid).closedHash, "11: closed lease changed");
            vm.assertTrue(lease.balance == 0 || lease.deadline != 0, "11: closed lease holds a balance for ever");
            vm.assertEq(_handler.market().pendingUpdateOf(lid).version, 0, "11: closed lease has an update");
        }
    }

    /// 12. A node has reserved what its leases and their pending updates need, and never more than it registered.
    function _checkUsedIsWhatLeasesReserve() private view {
        for (uint64 nodeId = 1; nodeId <= 2; nodeId++) {
            Resources sum = Resources.wrap(0);
            for (uint256 lid = 1; lid <= _count(); lid++) {
                ILeaseMarket.Lease memory lease = _lease(lid);
                if (lease.nodeId != nodeId || lease.state == ILeaseMarket.LeaseState.Closed) continue;
                sum = sum.plus(lease.resources.max(_handler.market().pendingUpdateOf(lid).resources));
            }
            Resources used = _handler.market().usedOf(nodeId);
            vm.assertEq(Resources.unwrap(used), Resources.unwrap(sum), "12: used != sum of reservations");
            bool within = Resources.wrap(0).fits(used, _handler.nodes().nodeOf(nodeId).resources);
            vm.assertTrue(within, "12: used > registered");
        }
    }

    /// 13. The subnet got floor(paid x its cut) of each lease, to the unit; the three shares are all that was paid.
    function _checkSharesFollowTheCuts() private view {
        for (uint256 which = 0; which < 2; which++) {
            address payToken = _handler.tokenAt(which);
            uint256 toSubnet = 0;
            uint256 paid = 0;
            for (uint256 lid = 1; lid <= _count(); lid++) {
                ILeaseMarket.Lease memory lease = _lease(lid);
                if (lease.token != payToken) continue;
                paid += _handler.bookOf(lid).paid;
                toSubnet += (_handler.bookOf(lid).paid * lease.subnetCutBps) / 10_000;
            }
            uint256 subnetGot = _income(5, payToken);
            vm.assertEq(subnetGot, toSubnet, "13: subnet != sum of floor(paid x cut)");
            uint256 all = _income(3, payToken) + _income(4, payToken) + subnetGot + _income(6, payToken);
            vm.assertEq(all, paid, "13: node + subnet + protocol != paid");
        }
    }

    /// 14. Lease hashes are unique, and strikes count missed starts with a receipt.
    function _checkHashesAreUniqueAndStrikesCounted() private view {
        for (uint256 a = 1; a <= _count(); a++) {
            for (uint256 b = a + 1; b <= _count(); b++) {
                vm.assertTrue(_lease(a).leaseHash != _lease(b).leaseHash, "14: two leases share a hash");
            }
        }
        for (uint64 nodeId = 1; nodeId <= 2; nodeId++) {
            vm.assertEq(_handler.market().strikesOf(nodeId), _handler.strikes(nodeId), "14: strikes != missed starts");
        }
    }

    /// 15. Registration fees are what nodes paid, and are not mixed with stakes or escrow.
    function _checkFeesAreApart() private view {
        uint256 fees = _handler.nodes().nodeCount() * _handler.nodes().REGISTRATION_FEE();
        uint256 waiting = _handler.nodes().feesCollected();
        vm.assertEq(waiting + _handler.nodes().feeReceiver().balance, fees, "15: fees != fee x nodes");
        vm.assertEq(address(_handler.nodes()).balance, waiting, "15: registry holds other coins");
        vm.assertEq(address(_handler.subnets()).balance, 0.05 ether, "15: stake moved");
    }

    /// 18. The meters are what the parties got, and the time that was released; of the subnet, the sum of its nodes.
    function _checkMeters() private view {
        for (uint256 which = 0; which < 2; which++) {
            address payToken = _handler.tokenAt(which);
            uint256 sum = 0;
            for (uint64 nodeId = 1; nodeId <= 2; nodeId++) {
                (, uint256 earned, uint256 pointSeconds) = _handler.market().earningsOf(nodeId, 1, payToken);
                vm.assertEq(earned, _income(2 + nodeId, payToken), "18: earned != income of the node's owner");
                uint256 expected = _handler.expectedPointSeconds(nodeId, payToken);
                vm.assertEq(pointSeconds, expected, "18: point-seconds != points x released time");
                sum += pointSeconds;
            }
            (uint256 ofSubnet, uint256 fees) = _handler.market().subnetMetersOf(1, payToken);
            vm.assertEq(ofSubnet, sum, "18: point-seconds of the subnet != sum of its nodes");
            vm.assertEq(fees, _income(6, payToken), "18: protocol fees != income of the treasury");
        }
    }

    function _anyCall(uint256 which, uint256 seed) private {
        if (which == 0) _handler.deposit(seed, seed >> 1, seed >> 2);
        else if (which == 1) _handler.withdraw(seed, seed >> 1, seed >> 2);
        else if (which == 2) _handler.open(seed, uint64(seed >> 1), seed >> 2, seed);
        else if (which == 3 && seed % 2 == 0) _handler.confirmStart(seed >> 1);
        else if (which == 4 && seed % 4 == 0) _handler.decline(seed >> 2);
        else if (which == 5) _handler.expire(seed, seed % 2 == 0);
        else if (which == 6) _handler.topUp(seed, seed >> 1);
        else if (which == 7) {
            _handler.requestUpdate(seed, seed >> 1, uint40(seed >> 2));
            if (seed % 2 == 0) _handler.answerUpdate(seed, seed % 4 == 0); // before it expires
        } else if (which == 8) _handler.answerUpdate(seed, seed % 2 == 0);
        else if (which == 9) _handler.settle(seed);
        else if (which == 10) _handler.giveNotice(seed);
        else if (which == 11 && seed % 8 == 0) _handler.close(seed >> 3, seed % 3 == 0);
        else if (which == 12 && seed % 2 == 0) _handler.changeCuts(uint16(seed), uint16(seed >> 1));
        else if (which == 12 && seed % 4 == 1) _handler.takeFees();
        else if (which == 13) _handler.creditDowntime(seed, uint32(seed >> 1), seed % 2 == 0);
        else if (which == 14) _handler.forfeit(seed);
        else if (which == 15) _handler.collect(seed);
        else _handler.pass(seed);
    }

    function _count() private view returns (uint256) {
        return _handler.market().leaseCount();
    }

    function _lease(uint256 lid) private view returns (ILeaseMarket.Lease memory) {
        return _handler.market().leaseOf(lid);
    }

    /// @dev What a party that never deposits ever got, collected or not.
    function _income(uint256 party, address payToken) private view returns (uint256) {
        address account = _handler.partyAt(party);
        uint256 free = _handler.market().accountOf(account, payToken);
        return free + _handler.withdrawnBy(account, payToken) + _outstanding(party, payToken);
    }

    /// @dev What waits to be collected for a party: 3 and 4 own the nodes, 5 the subnet, 6 is the treasury.
    function _outstanding(uint256 party, address payToken) private view returns (uint256 outstanding) {
        if (party < 5) {
            (outstanding, , ) = _handler.market().earningsOf(uint64(party - 2), 1, payToken);
            return outstanding;
        }
        (uint256 toSubnet, uint256 toProtocol) = _handler.market().subnetEarningsOf(1, payToken);
        return party == 5 ? toSubnet : toProtocol;
    }

    function _holdings(address payToken) private view returns (uint256) {
        address account = address(_handler.market());
        return payToken == address(0) ? account.balance : _handler.token().balanceOf(account);
    }
}
