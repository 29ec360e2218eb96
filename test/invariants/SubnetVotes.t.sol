// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {FuzzSelector, VmTest} from "./support/Vm.sol";
import {VotesHandler} from "./support/VotesHandler.sol";

/// @notice What holds of earned votes after any sequence of calls: numbers G1 to G4 of the list in README.md.
contract SubnetVotesInvariants is VmTest {
    VotesHandler private _handler;

    function setUp() external {
        _handler = new VotesHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = VotesHandler.earn.selector;
        selectors[1] = VotesHandler.claim.selector;
        selectors[2] = VotesHandler.sell.selector;
        selectors[3] = VotesHandler.lend.selector;
        selectors[4] = VotesHandler.pass.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_handler), selectors: selectors});
    }

    /// The invariants say something only if the handler gets everywhere.
    function test_HandlerGetsEverywhere() external {
        uint256 random = 1;
        for (uint256 i = 0; i < 100; i++) {
            random = uint256(keccak256(abi.encode(random)));
            uint256 which = random % 5;
            if (which == 0) _handler.earn(random >> 8, random >> 9, random % 3 == 0, random % 7 == 0);
            else if (which == 1) _handler.claim(random >> 8);
            else if (which == 2) _handler.sell(random >> 8, random >> 9);
            else if (which == 3) _handler.lend(random >> 8, random >> 9);
            else _handler.pass(random >> 8);
        }
        bytes32[6] memory reached = [bytes32("earn"), "claim", "nothing", "sell", "lend", "pass"];
        for (uint256 i = 0; i < reached.length; i++) {
            vm.assertTrue(_handler.calls(reached[i]) > 0, string(abi.encodePacked("never: ", reached[i])));
        }
        vm.assertTrue(_handler.snapshotCount() > 0, "no snapshot");
    }

    function invariant_Votes() external view {
        _checkClaimsNeverExceedEarnings();
        _checkVotesAreWhatWasClaimed();
        _checkVotesStayWithWhoGotThem();
        _checkThePastStands();
    }

    /// G1. All votes = sum of the owners' votes = sum of the nodes' claims.
    function _checkVotesAreWhatWasClaimed() private view {
        uint256 ofOwners = 0;
        for (uint256 i = 0; i < _handler.OWNERS(); i++) ofOwners += _handler.votes().getVotes(_handler.ownerAt(i));
        uint256 ofNodes = 0;
        for (uint64 nodeId = 1; nodeId <= _handler.NODES(); nodeId++) ofNodes += _handler.votes().claimedOf(nodeId);
        vm.assertEq(_handler.votes().totalVotes(), ofOwners, "G1: votes != sum of the owners' votes");
        vm.assertEq(_handler.votes().totalVotes(), ofNodes, "G1: votes != sum of the nodes' claims");
    }

    /// G2. No node has more votes to its name than it earned here, in the native coin.
    function _checkClaimsNeverExceedEarnings() private view {
        for (uint64 nodeId = 1; nodeId <= _handler.NODES(); nodeId++) {
            vm.assertLe(_handler.votes().claimedOf(nodeId), _handler.earnedHere(nodeId), "G2: claimed > earned");
        }
    }

    /// G3. Votes are where they were credited: they never move and never fall.
    function _checkVotesStayWithWhoGotThem() private view {
        for (uint256 i = 0; i < _handler.OWNERS(); i++) {
            address owner = _handler.ownerAt(i);
            vm.assertEq(_handler.votes().getVotes(owner), _handler.credited(owner), "G3: votes moved");
        }
    }

    /// G4. What was true at the end of a second stays what is answered for it.
    function _checkThePastStands() private view {
        for (uint256 i = 0; i < _handler.snapshotCount(); i++) {
            VotesHandler.Snapshot memory taken = _handler.snapshotAt(i);
            vm.assertEq(_handler.votes().getPastTotalSupply(taken.time), taken.total, "G4: past total changed");
            for (uint256 who = 0; who < _handler.OWNERS(); who++) {
                uint256 past = _handler.votes().getPastVotes(_handler.ownerAt(who), taken.time);
                vm.assertEq(past, taken.ofOwner[who], "G4: past votes changed");
            }
        }
    }
}
