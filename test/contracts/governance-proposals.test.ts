import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, parseEther, zeroAddress } from "viem";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  deployGovernance,
  EXIT_SECONDS,
  expectState,
  FIRST_CUT_BPS,
  forwarded,
  GRACE_SECONDS,
  hashedOf,
  LATE_QUORUM_SECONDS,
  SETTINGS,
  STATE,
  SUBNET,
  VOTE,
} from "../support/contracts/governance-fixture.ts";

const connection = await network.create();
const { viem, networkHelpers } = connection;
const { assertions } = viem;

describe("SubnetGovernor: the life of a proposal", () => {
  it("lowers a cut, then raises it", async () => {
    const { proposalOf, setCut, enact, cut } = await setup();
    await enact(proposalOf([setCut(400)]));
    expect(await cut()).to.equal(400);
    await enact(proposalOf([setCut(1_500)]));
    expect(await cut()).to.equal(1_500);
  });

  it("goes through its states at the very second of each", async () => {
    const { governor, proposalOf, setCut, propose, execute, vote, warpTo, stateOf, now, alice } =
      await setup();
    const proposal = proposalOf([setCut(400)]);
    const proposalId = await propose(proposal);
    const snapshot = (await now()) + BigInt(SETTINGS.votingDelay);
    const deadline = snapshot + BigInt(SETTINGS.votingPeriod);
    const eta = deadline + BigInt(SETTINGS.executionDelay);
    expect(await governor.read.proposalSnapshot([proposalId])).to.equal(snapshot);
    expect(await governor.read.proposalDeadline([proposalId])).to.equal(deadline);
    expect(await governor.read.proposalEta([proposalId])).to.equal(eta);

    await warpTo(snapshot);
    expect(await stateOf(proposalId)).to.equal(STATE.pending);
    await warpTo(snapshot + 1n);
    expect(await stateOf(proposalId)).to.equal(STATE.active);
    await vote(proposalId, alice, VOTE.for);
    await warpTo(deadline);
    expect(await stateOf(proposalId)).to.equal(STATE.active);
    await warpTo(deadline + 1n);
    expect(await stateOf(proposalId)).to.equal(STATE.queued);
    await warpTo(eta - 1n);
    expect(await stateOf(proposalId)).to.equal(STATE.queued);
    await warpTo(eta);
    expect(await stateOf(proposalId)).to.equal(STATE.succeeded);
    await execute(proposal);
    expect(await stateOf(proposalId)).to.equal(STATE.executed);
  });

  it("takes effect only after whoever disagrees has left", async () => {
    const { governor, books, proposalOf, setCut, proposeAndWin, execute, at, cut } = await setup();
    const proposal = proposalOf([setCut(2_000)]);
    const proposalId = await proposeAndWin(proposal);
    const decided = await governor.read.proposalDeadline([proposalId]);
    // A node that gives notice when the vote is over is out at this time.
    const out = decided + 1n + BigInt(await books.read.EXIT_SECONDS());
    for (const time of [out, (await governor.read.proposalEta([proposalId])) - 1n]) {
      await at(time);
      await assertions.revertWithCustomErrorWithArgs(
        execute(proposal),
        governor,
        "GovernorUnexpectedProposalState",
        [proposalId, STATE.queued, expectState(STATE.succeeded)],
      );
    }
    expect(await cut()).to.equal(FIRST_CUT_BPS);
    expect((await governor.read.proposalEta([proposalId])) - decided > BigInt(EXIT_SECONDS)).to.equal(true);
    await at(await governor.read.proposalEta([proposalId]));
    await execute(proposal);
    expect(await cut()).to.equal(2_000);
  });

  it("is executed until the grace is over, and void after it", async () => {
    const { governor, proposalOf, setCut, proposeAndWin, execute, at, warpTo, stateOf, cut } = await setup();
    const [late, tooLate] = [proposalOf([setCut(300)]), proposalOf([setCut(200)])];
    const lateId = await proposeAndWin(late);
    await at((await governor.read.proposalEta([lateId])) + BigInt(GRACE_SECONDS));
    await execute(late);
    expect(await cut()).to.equal(300);

    const tooLateId = await proposeAndWin(tooLate);
    await warpTo((await governor.read.proposalEta([tooLateId])) + BigInt(GRACE_SECONDS) + 1n);
    expect(await stateOf(tooLateId)).to.equal(STATE.expired);
    await assertions.revertWithCustomErrorWithArgs(
      execute(tooLate),
      governor,
      "GovernorUnexpectedProposalState",
      [tooLateId, STATE.expired, expectState(STATE.succeeded)],
    );
    expect(await cut()).to.equal(300);
  });

  it("is executed once", async () => {
    const { governor, proposalOf, setCut, enact, execute } = await setup();
    const proposal = proposalOf([setCut(400)]);
    await enact(proposal);
    await assertions.revertWithCustomError(execute(proposal), governor, "GovernorUnexpectedProposalState");
  });

  it("needs no queueing, and offers none", async () => {
    const { governor, proposalOf, setCut, proposeAndWin, warpTo } = await setup();
    const proposal = proposalOf([setCut(400)]);
    const proposalId = await proposeAndWin(proposal);
    await warpTo(await governor.read.proposalEta([proposalId]));
    await assertions.revertWithCustomErrorWithArgs(
      governor.write.queue(hashedOf(proposal)),
      governor,
      "GovernorProposalQueueingNotRequired",
      [proposalId],
    );
  });

  it("is withdrawn by its proposer alone, before the vote", async () => {
    const { governor, proposalOf, setCut, propose, stateOf, carol, alice } = await setup();
    const proposal = proposalOf([setCut(400)]);
    const proposalId = await propose(proposal, carol);
    await assertions.revertWithCustomErrorWithArgs(
      governor.write.cancel(hashedOf(proposal), { account: alice.account }),
      governor,
      "GovernorUnableToCancel",
      [proposalId, addressOf(alice)],
    );
    await governor.write.cancel(hashedOf(proposal), { account: carol.account });
    expect(await stateOf(proposalId)).to.equal(STATE.canceled);
  });

  it("that nobody made has no state and no times", async () => {
    const { governor, stateOf } = await setup();
    expect(await governor.read.proposalEta([1n])).to.equal(0n);
    await assertions.revertWithCustomErrorWithArgs(stateOf(1n), governor, "GovernorNonexistentProposal", [
      1n,
    ]);
  });
});

describe("SubnetGovernor: the vote", () => {
  it("is lost by a majority against", async () => {
    const { governor, proposalOf, setCut, propose, vote, warpTo, stateOf, alice, bob } = await setup();
    const proposalId = await propose(proposalOf([setCut(400)]));
    await warpTo((await governor.read.proposalSnapshot([proposalId])) + 1n);
    await vote(proposalId, bob, VOTE.for);
    await vote(proposalId, alice, VOTE.against);
    await warpTo((await governor.read.proposalDeadline([proposalId])) + 1n);
    expect(await stateOf(proposalId)).to.equal(STATE.defeated);
  });

  it("is lost below the quorum, and won at it", async () => {
    const { governor, proposalOf, setCut, propose, vote, warpTo, stateOf, bob, carol } = await setup();
    // 10 of 100 votes, where 20 are needed.
    const few = await propose(proposalOf([setCut(400)]));
    await warpTo((await governor.read.proposalSnapshot([few])) + 1n);
    expect(await governor.read.quorum([await governor.read.proposalSnapshot([few])])).to.equal(
      parseEther("20"),
    );
    await vote(few, carol, VOTE.for);
    await warpTo((await governor.read.proposalDeadline([few])) + 1n);
    expect(await stateOf(few)).to.equal(STATE.defeated);

    // Abstaining counts for the quorum.
    const enough = await propose(proposalOf([setCut(400)]));
    await warpTo((await governor.read.proposalSnapshot([enough])) + 1n);
    await vote(enough, carol, VOTE.for);
    await vote(enough, bob, VOTE.abstain);
    await warpTo((await governor.read.proposalDeadline([enough])) + 1n);
    expect(await stateOf(enough)).to.equal(STATE.queued);
  });

  it("has a quorum that rounds up and never falls below the floor", async () => {
    const { governor, createGovernor, books, votes, now } = await setup();
    await books.write.earn([1n, SUBNET, zeroAddress, 1n]);
    await votes.write.claimVotes([1n]);
    const claimed = await now();
    await networkHelpers.mine();
    expect(await governor.read.quorum([claimed])).to.equal(parseEther("20") + 1n);
    const high = await createGovernor({ quorumFloor: parseEther("50") });
    expect(await high.governor.read.quorum([claimed])).to.equal(parseEther("50"));
  });

  it("changes nothing in a subnet where nobody has earned yet", async () => {
    const { createGovernor, carol } = await setup();
    const { governor } = await createGovernor({}, 2);
    expect(await governor.read.quorum([1n])).to.equal(SETTINGS.quorumFloor);
    await assertions.revertWithCustomErrorWithArgs(
      governor.write.propose([[], [], [], ""], { account: carol.account }),
      governor,
      "GovernorInsufficientProposerVotes",
      [addressOf(carol), 0n, SETTINGS.proposalThreshold],
    );
  });

  it("counts the votes of the second before it begins, not what is claimed later", async () => {
    const { governor, books, votes, proposalOf, setCut, propose, vote, at, stranger } = await setup();
    const proposalId = await propose(proposalOf([setCut(400)]));
    const snapshot = await governor.read.proposalSnapshot([proposalId]);
    await books.write.setOwner([4n, stranger.account.address]);
    await books.write.earn([4n, SUBNET, zeroAddress, parseEther("500")]);
    await at(snapshot + 1n);
    await votes.write.claimVotes([4n]);
    await vote(proposalId, stranger, VOTE.for);
    expect(await governor.read.proposalVotes([proposalId])).to.deep.equal([0n, 0n, 0n]);
  });

  it("is cast once, and only while it runs", async () => {
    const { governor, proposalOf, setCut, propose, vote, warpTo, alice } = await setup();
    const proposalId = await propose(proposalOf([setCut(400)]));
    await assertions.revertWithCustomErrorWithArgs(
      vote(proposalId, alice, VOTE.for),
      governor,
      "GovernorUnexpectedProposalState",
      [proposalId, STATE.pending, expectState(STATE.active)],
    );
    await warpTo((await governor.read.proposalSnapshot([proposalId])) + 1n);
    await vote(proposalId, alice, VOTE.for);
    await assertions.revertWithCustomErrorWithArgs(
      vote(proposalId, alice, VOTE.against),
      governor,
      "GovernorAlreadyCastVote",
      [addressOf(alice)],
    );
    await warpTo((await governor.read.proposalDeadline([proposalId])) + 1n);
    await assertions.revertWithCustomError(
      vote(proposalId, alice, VOTE.for),
      governor,
      "GovernorUnexpectedProposalState",
    );
  });

  it("goes on for two days when the quorum is reached in the last second", async () => {
    const { governor, proposalOf, setCut, propose, vote, at, warpTo, stateOf, alice, bob } = await setup();
    const proposalId = await propose(proposalOf([setCut(400)]));
    const deadline = await governor.read.proposalDeadline([proposalId]);
    await at(deadline);
    await vote(proposalId, bob, VOTE.for);
    const extended = deadline + BigInt(LATE_QUORUM_SECONDS);
    expect(await governor.read.proposalDeadline([proposalId])).to.equal(extended);
    expect(await governor.read.proposalEta([proposalId])).to.equal(
      extended + BigInt(SETTINGS.executionDelay),
    );
    await at(extended);
    await vote(proposalId, alice, VOTE.against);
    await warpTo(extended + 1n);
    expect(await stateOf(proposalId)).to.equal(STATE.defeated);
  });

  it("is cast by a signed ballot that anybody brings, for wallets that stay cold", async () => {
    const { governor, proposalOf, setCut, propose, warpTo, alice, stranger, publicClient } = await setup();
    const proposalId = await propose(proposalOf([setCut(400)]));
    await warpTo((await governor.read.proposalSnapshot([proposalId])) + 1n);
    const ballot = { proposalId, support: VOTE.for, voter: addressOf(alice), nonce: 0n };
    const signature = await alice.signTypedData({
      domain: {
        name: "Fizz",
        version: "1",
        chainId: await publicClient.getChainId(),
        verifyingContract: governor.address,
      },
      types: {
        Ballot: [
          { name: "proposalId", type: "uint256" },
          { name: "support", type: "uint8" },
          { name: "voter", type: "address" },
          { name: "nonce", type: "uint256" },
        ],
      },
      primaryType: "Ballot",
      message: ballot,
    });
    const bring = async (support: number) =>
      await governor.write.castVoteBySig([proposalId, support, ballot.voter, signature], {
        account: stranger.account,
      });
    await assertions.revertWithCustomError(bring(VOTE.against), governor, "GovernorInvalidSignature");
    await bring(VOTE.for);
    expect(await governor.read.hasVoted([proposalId, ballot.voter])).to.equal(true);
    await assertions.revertWithCustomError(bring(VOTE.for), governor, "GovernorInvalidSignature");
  });

  it("is taken from the forwarder as the signer's, and from others as their own", async () => {
    const { governor, proposalOf, setCut, propose, warpTo, alice, forwarder, stranger } = await setup();
    const proposalId = await propose(proposalOf([setCut(400)]));
    await warpTo((await governor.read.proposalSnapshot([proposalId])) + 1n);
    const call = encodeFunctionData({
      abi: governor.abi,
      functionName: "castVote",
      args: [proposalId, VOTE.for],
    });
    await stranger.sendTransaction({ to: governor.address, data: forwarded(call, alice) });
    expect(await governor.read.hasVoted([proposalId, alice.account.address])).to.equal(false);
    await forwarder.sendTransaction({ to: governor.address, data: forwarded(call, alice) });
    expect(await governor.read.hasVoted([proposalId, alice.account.address])).to.equal(true);
    expect((await governor.read.proposalVotes([proposalId]))[1]).to.equal(parseEther("60"));
  });
});

async function setup() {
  return await networkHelpers.loadFixture(deployFixture);
}

async function deployFixture() {
  return await deployGovernance(connection);
}
