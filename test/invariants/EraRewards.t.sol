// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EraRewards} from "../../contracts/EraRewards.sol";
import {IEraRewards} from "../../contracts/interfaces/IEraRewards.sol";
import {BudgetMath} from "../../contracts/rewards/BudgetMath.sol";
import {RewardSlots} from "../../contracts/rewards/RewardSlots.sol";
import {RewardsHandler} from "./support/RewardsHandler.sol";
import {FuzzSelector, VmTest} from "./support/Vm.sol";

/// @notice What holds after any sequence of calls: numbers R1 to R8 of the list in README.md.
contract EraRewardsInvariants is VmTest {
    RewardsHandler private _handler;

    function setUp() external {
        _handler = new RewardsHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev What leads to a claim, a chain of steps, is there more than once, and so drawn more often.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](24);
        selectors[0] = RewardsHandler.lease.selector;
        selectors[1] = RewardsHandler.register.selector;
        selectors[2] = RewardsHandler.prove.selector;
        selectors[3] = RewardsHandler.fund.selector;
        selectors[4] = RewardsHandler.force.selector;
        selectors[5] = RewardsHandler.stake.selector;
        selectors[6] = RewardsHandler.tune.selector;
        selectors[7] = RewardsHandler.pass.selector;
        selectors[8] = RewardsHandler.pull.selector;
        selectors[9] = RewardsHandler.payTreasury.selector;
        selectors[10] = RewardsHandler.checkpoint.selector;
        selectors[11] = RewardsHandler.post.selector;
        selectors[12] = RewardsHandler.disable.selector;
        selectors[13] = RewardsHandler.claim.selector;
        selectors[14] = RewardsHandler.withdraw.selector;
        selectors[15] = RewardsHandler.slash.selector;
        selectors[16] = RewardsHandler.lease.selector;
        selectors[17] = RewardsHandler.checkpoint.selector;
        selectors[18] = RewardsHandler.checkpoint.selector;
        selectors[19] = RewardsHandler.post.selector;
        selectors[20] = RewardsHandler.pass.selector;
        selectors[21] = RewardsHandler.pass.selector;
        selectors[22] = RewardsHandler.claim.selector;
        selectors[23] = RewardsHandler.claim.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: selectors});
    }

    /// The invariants say something only if the handler gets everywhere. Random calls, one fixed seed.
    function test_HandlerGetsEverywhere() external {
        uint256 random = 7;
        for (uint256 i = 0; i < 1_500; i++) {
            random = uint256(keccak256(abi.encode(random)));
            _anyCall(random % 20, random >> 8);
        }
        bytes32[21] memory reached = [
            bytes32("lease"),
            "register",
            "prove",
            "fund",
            "force",
            "stake",
            "tune",
            "pass",
            "pull",
            "payTreasury",
            "checkpoint",
            "liveness",
            "own",
            "post",
            "overBudget",
            "disable",
            "claim",
            "claimRefused",
            "withdraw",
            "returnIdle",
            "slash"
        ];
        for (uint256 i = 0; i < reached.length; i++) {
            vm.assertTrue(_handler.calls(reached[i]) > 0, string(abi.encodePacked("never: ", reached[i])));
        }
        _checkMoney();
        _checkPromises();
    }

    function invariant_Money() external view {
        _checkMoney();
    }

    function invariant_Promises() external view {
        _checkPromises();
    }

    /// R9. Whatever is shared out by stake or in 1/10000 stays within what is shared out.
    function testFuzz_SharesStayWithinTheCap(uint96 cap, uint96 a, uint96 b, uint96 c) external pure {
        uint256 all = uint256(a) + b + c;
        uint256 sum =
            BudgetMath.shareOf(cap, a, all) + BudgetMath.shareOf(cap, b, all) + BudgetMath.shareOf(cap, c, all);
        vm.assertLe(sum, cap, "R9: shares > cap");
        if (all != 0) vm.assertLe(cap, sum + 2, "R9: shares < cap - 2");
    }

    /// R10. The liveness factor is at most 1, falls with use, and is 0 at the target and without proven points.
    function testFuzz_LivenessFallsWithUse(
        uint96 amount,
        uint128 leased,
        uint128 more,
        uint128 proven,
        uint16 target
    ) external pure {
        uint256 targetBps = bound(target, 1_000, 10_000);
        uint256 used = bound(leased, 0, type(uint128).max / 2);
        uint256 scaled = BudgetMath.whileUnused(amount, used, proven, targetBps);
        uint256 later = BudgetMath.whileUnused(amount, used + more / 2, proven, targetBps);
        vm.assertLe(scaled, amount, "R10: scaled > amount");
        vm.assertLe(later, scaled, "R10: more use, more liveness");
        if (proven == 0) vm.assertEq(scaled, 0, "R10: nothing proven, something drawn");
        if (used * 10_000 >= targetBps * (used + proven)) vm.assertEq(scaled, 0, "R10: liveness at the target");
    }

    /// R11. What is packed comes back.
    function testFuzz_SlotsKeepTheirFields(uint96 a, uint96 b, uint32 c, uint32 d, uint40 e, uint24 f) external pure {
        IEraRewards.Pool memory pool = RewardSlots.toPool(RewardSlots.pack(IEraRewards.Pool(a, b, c, d)));
        vm.assertTrue(
            pool.free == a && pool.latestTotal == b && pool.latestEra == c && pool.closedEra == d,
            "R11: pool changed"
        );
        IEraRewards.PostedRoot memory posted = RewardSlots.toPostedRoot(
            RewardSlots.pack(IEraRewards.PostedRoot(a, b, e, f))
        );
        vm.assertTrue(
            posted.total == a && posted.previousTotal == b && posted.activatesAt == e && posted.era == f,
            "R11: posted root changed"
        );
    }

    function _checkMoney() private view {
        EraRewards rewards = _handler.rewards();
        (uint256 protocolFree, uint256 treasuryDue, uint256 unsplit) = rewards.totals();
        uint256 owed = protocolFree + treasuryDue + unsplit;
        uint256 out = address(_handler.TREASURY()).balance;
        for (uint32 id = 1; id <= _handler.SUBNETS(); id++) {
            IEraRewards.Pool memory pool = rewards.poolOf(id);
            IEraRewards.Books memory books = rewards.booksOf(id);
            owed += uint256(pool.free) + pool.latestTotal - books.claimed + books.endowment;
        }
        for (uint32 i = 0; i < 4; i++) owed += rewards.livenessOf(i).left;
        for (uint64 id = 1; id <= _handler.NODES(); id++) {
            (uint256 credit, ) = rewards.creditOf(id);
            owed += credit;
            out += _handler.ownerAt(id).balance;
        }

        // R1. Coins held, less what was forced in, are owed to somebody: each wei to exactly one.
        vm.assertEq(address(rewards).balance - _handler.forced(), owed, "R1: coins held != pools + promises + credits");

        // R2. What came in is here, or was paid to a node's wallet or the treasury.
        uint256 waiting = address(_handler.meter()).balance + address(_handler.registry()).balance;
        vm.assertEq(_handler.paidIn() - waiting, owed + out, "R2: in != here + out");
    }

    function _checkPromises() private view {
        EraRewards rewards = _handler.rewards();
        uint256[5] memory claimedBy;
        for (uint32 id = 1; id <= _handler.SUBNETS(); id++) {
            IEraRewards.Pool memory pool = rewards.poolOf(id);
            IEraRewards.Books memory books = rewards.booksOf(id);
            RewardsHandler.Counted memory counted = _handler.countedOf(id);
            uint256 sum = 0;
            for (uint64 nodeId = 1; nodeId <= _handler.NODES(); nodeId++) {
                sum += rewards.claimedOf(id, nodeId);
                claimedBy[nodeId] += rewards.claimedOf(id, nodeId);
            }

            // R3. Claims of a subnet's nodes are what it counted, and no more than what it reserved.
            vm.assertEq(sum, books.claimed, "R3: claimed != sum over nodes");
            vm.assertLe(books.claimed, pool.latestTotal, "R3: claimed > promised");

            // R4. What is promised or free was granted to this subnet, or came back unpromised.
            vm.assertEq(
                uint256(pool.free) + pool.latestTotal + counted.returned,
                counted.granted,
                "R4: free + promised != granted"
            );
            vm.assertEq(books.endowment + counted.endowmentUsed, counted.endowed, "R4: endowment != given - used");

            // R5. Self-leasing loses: utilisation budgets ever are at most 80 % of the fees that the subnet's leases paid.
            vm.assertLe(counted.utilisation * 10_000, counted.fees * 8_000, "R5: utilisation > k x fees");
            vm.assertLe(books.fees, counted.fees, "R5: fees split > fees paid");
            vm.assertLe(pool.latestEra, pool.closedEra, "R7: reported > closed");
            _checkRoots(rewards, id);
        }
        for (uint64 nodeId = 1; nodeId <= _handler.NODES(); nodeId++) {
            // R6. What a node claimed is its credit, was paid to it, or was slashed.
            (uint256 credit, ) = rewards.creditOf(nodeId);
            uint256 gone =
                _handler.ownerAt(nodeId).balance + _handler.takenFrom(nodeId) + _handler.deductedFrom(nodeId);
            vm.assertEq(claimedBy[nodeId], credit + gone, "R6: claimed != credit + paid + slashed");
        }
        _checkCaps(rewards);
    }

    /// R7. A root's total and activation never change; of the living ones the last is what the pool promises.
    function _checkRoots(EraRewards rewards, uint32 id) private view {
        RewardsHandler.Tree[] memory trees = _handler.treesOf(id);
        uint256 last = 0;
        for (uint256 i = 0; i < trees.length; i++) {
            IEraRewards.PostedRoot memory posted = rewards.rootOf(id, trees[i].root);
            if (trees[i].disabled) continue;
            vm.assertEq(posted.total, trees[i].total, "R7: total of a root changed");
            vm.assertEq(posted.activatesAt, trees[i].activatesAt, "R7: activation of a root moved");
            vm.assertEq(posted.previousTotal, last, "R7: roots do not follow each other");
            last = posted.total;
        }
        vm.assertEq(last, rewards.poolOf(id).latestTotal, "R7: promised != total of the last root");
    }

    /// R8. No era's liveness rewards are above the cap that was reserved for it.
    function _checkCaps(EraRewards rewards) private view {
        uint32 now_ = rewards.currentEra();
        for (uint32 i = 0; i < 4; i++) {
            IEraRewards.LivenessEra memory record = rewards.livenessOf(i);
            if (record.era == 0) continue;
            vm.assertLe(record.era, now_ + 1, "R8: an era is open too early");
            vm.assertEq(record.left + _handler.livenessDrawn(record.era), record.cap, "R8: left + drawn != cap");
            vm.assertEq(record.cap, _handler.livenessCap(record.era), "R8: a reserved cap changed");
        }
    }

    function _anyCall(uint256 which, uint256 seed) private {
        if (which == 0) _handler.lease(seed, seed >> 1, seed >> 2);
        else if (which == 1) _handler.register(seed);
        else if (which == 2) _handler.prove(seed, seed >> 1);
        else if (which == 3) _handler.fund(seed, seed >> 1);
        else if (which == 4) _handler.force(seed);
        else if (which == 5) _handler.stake(seed, uint96(seed >> 1), uint96(seed >> 2));
        else if (which == 6)
            _handler.tune(uint16(seed), uint16(seed >> 1), uint96(seed), uint96(seed >> 8), uint96(seed));
        else if (which == 7) _handler.pull();
        else if (which == 8) _handler.payTreasury();
        else if (which <= 11) _handler.checkpoint(seed);
        else if (which <= 13) _handler.post(seed, seed >> 2);
        else if (which == 14 && seed % 4 == 0) _handler.disable(seed >> 2);
        else if (which == 15) _handler.withdraw(seed);
        else if (which == 16 && seed % 4 == 0) _handler.slash(seed >> 2, seed >> 4);
        else if (which == 17) _handler.returnIdle(seed);
        else if (which == 18) _handler.pass(seed);
        else _handler.claim(seed, seed >> 2, seed >> 10);
    }
}
