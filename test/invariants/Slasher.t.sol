// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ISlasher} from "../../contracts/interfaces/ISlasher.sol";
import {SlasherHandler} from "./support/SlasherHandler.sol";
import {FuzzSelector, VmTest} from "./support/Vm.sol";

/// @notice What holds after any sequence of reports, answers, claims and withdrawals: S1 to S7 of the list in README.md.
contract SlasherInvariants is VmTest {
    SlasherHandler private _handler;

    function setUp() external {
        _handler = new SlasherHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](15);
        selectors[0] = SlasherHandler.reportNoShow.selector;
        selectors[1] = SlasherHandler.reportAbandonment.selector;
        selectors[2] = SlasherHandler.reportVerdict.selector;
        selectors[3] = SlasherHandler.appeal.selector;
        selectors[4] = SlasherHandler.compensate.selector;
        selectors[5] = SlasherHandler.settle.selector;
        selectors[6] = SlasherHandler.lapse.selector;
        selectors[7] = SlasherHandler.claimDowntime.selector;
        selectors[8] = SlasherHandler.voidClaim.selector;
        selectors[9] = SlasherHandler.releaseClaim.selector;
        selectors[10] = SlasherHandler.withdraw.selector;
        selectors[11] = SlasherHandler.addStake.selector;
        selectors[12] = SlasherHandler.takeOut.selector;
        selectors[13] = SlasherHandler.pass.selector;
        selectors[14] = SlasherHandler.repeat.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: selectors});
    }

    /// The invariants say something only if the handler gets everywhere. Random calls, one fixed seed.
    function test_SlasherHandlerGetsEverywhere() external {
        uint256 random = 1;
        for (uint256 i = 0; i < 900; i++) {
            random = uint256(keccak256(abi.encode(random)));
            _anyCall(random % 15, random >> 8);
        }
        bytes32[12] memory reached = [
            bytes32("noShow"),
            "abandonment",
            "verdict",
            "appeal",
            "compensate",
            "settle",
            "lapse",
            "claim",
            "void",
            "release",
            "withdraw",
            "repeat"
        ];
        for (uint256 i = 0; i < reached.length; i++) {
            vm.assertTrue(_handler.calls(reached[i]) > 0, string(abi.encodePacked("never: ", reached[i])));
        }
    }

    /// S1. Deposits + compensations + what was slashed = what is credited + what was paid + deposits of open reports.
    function invariant_SlasherCountsEveryCoin() external view {
        uint256 owed = 0;
        for (uint256 who = 0; who < _handler.partyCount(); who++)
            owed += _handler.slasher().balanceOf(_handler.partyAt(who));
        vm.assertEq(
            _handler.cameIn(),
            owed + _handler.paidOut() + _handler.heldDeposits(),
            "S1: deposits + slashed != credited + withdrawn + held"
        );
        vm.assertEq(
            address(_handler.slasher()).balance,
            owed + _handler.heldDeposits(),
            "S1: coins != credited + held"
        );
    }

    /// S2. A report that ended stays as it ended, and is not reported again.
    function invariant_SlasherEndsOnce() external view {
        for (uint256 i = 0; i < _handler.reportCount(); i++) {
            SlasherHandler.Filed memory filed = _handler.filedAt(i);
            if (filed.superseded) continue;
            vm.assertEq(
                uint256(_handler.slasher().reportStateOf(filed.reportId)),
                uint256(filed.state),
                "S2: the state of a report changed by itself"
            );
        }
    }

    /// S3. Nothing is taken twice, nor more than was staked, nor more than the penalty.
    function invariant_NothingIsTakenTwice() external view {
        for (uint256 i = 0; i < _handler.reportCount(); i++) {
            SlasherHandler.Filed memory filed = _handler.filedAt(i);
            vm.assertLe(filed.timesSettled, 1, "S3: one report was settled twice");
            vm.assertLe(filed.taken, filed.stakedThen, "S3: more was taken than was staked at the report");
            vm.assertLe(filed.taken, filed.report.stakeCap, "S3: more was taken than was reachable");
            vm.assertLe(filed.report.stakeCap, filed.report.amount, "S3: more is reachable than the penalty");
            vm.assertLe(filed.report.locked, filed.report.stakeCap, "S3: more is locked than reachable");
        }
    }

    /// S4. At most a fifth of what is shared out goes to reporters, and three tenths to the harmed.
    function invariant_PoolGetsHalf() external view {
        vm.assertLe(_handler.shared(), 2 * _handler.toPool() + 2 * _handler.reportCount(), "S4: pool < half");
    }

    /// S5. Locks expire by themselves: one lock time after the last report or claim, nothing is locked.
    function invariant_LocksExpire() external view {
        uint256 last = _handler.lastLockUntil();
        uint256 time = block.timestamp < last ? last : block.timestamp;
        vm.assertEq(_handler.lockedAt(time), 0, "S5: a lock outlived its time");
    }

    /// S6. Stakes only leave by slashes that the slasher reported, and by their owners.
    function invariant_StakesAreAccounted() external view {
        vm.assertEq(
            _handler.staked(),
            _handler.stakedIn() - _handler.slashed() - _handler.takenOut(),
            "S6: stakes != in - slashed - out"
        );
    }

    /// S7. A claim ends once, never takes more than it locked, and gives the node no more than its price.
    function invariant_ClaimsEndOnce() external view {
        for (uint256 i = 0; i < _handler.claimCount(); i++) {
            SlasherHandler.Claimed memory claimed = _handler.claimedAt(i);
            vm.assertEq(
                uint256(_handler.slasher().claimStateOf(claimed.claimId)),
                uint256(claimed.state),
                "S7: the state of a claim changed by itself"
            );
            vm.assertLe(claimed.taken, claimed.claim.locked, "S7: a claim took more than it locked");
            vm.assertLe(claimed.claim.toNode, claimed.claim.value, "S7: more than the price is for the node");
            vm.assertLe(claimed.toNode, claimed.claim.value, "S7: the node got more than the price");
        }
    }

    function _anyCall(uint256 which, uint256 seed) private {
        if (which == 0) _handler.reportNoShow(seed);
        else if (which == 1) _handler.reportAbandonment(seed);
        else if (which == 2) _handler.reportVerdict(seed, seed >> 8);
        else if (which == 3) _handler.appeal(seed);
        else if (which == 4) _handler.compensate(seed);
        else if (which == 5) _handler.settle(seed);
        else if (which == 6) _handler.lapse(seed);
        else if (which == 7) _handler.claimDowntime(seed, seed >> 8);
        else if (which == 8) _handler.voidClaim(seed);
        else if (which == 9) _handler.releaseClaim(seed);
        else if (which == 10) _handler.withdraw(seed);
        else if (which == 11) _handler.addStake(seed, seed >> 8);
        else if (which == 12) _handler.takeOut(seed);
        else if (which == 14) {
            _handler.settle(seed);
            _handler.repeat(seed);
        } else _handler.pass(seed);
    }
}
