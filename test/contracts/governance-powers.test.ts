import { expect } from "chai";
import { network } from "hardhat";
import {
  type Address,
  encodeFunctionData,
  type Hex,
  parseEther,
  size,
  slice,
  toFunctionSelector,
} from "viem";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  deployGovernance,
  OTHER_SUBNET,
  type Proposal,
  SETTINGS,
  SUBNET,
} from "../support/contracts/governance-fixture.ts";

const connection = await network.create();
const { viem, networkHelpers } = connection;
const { assertions } = viem;

const MAX_CALLS = 8;
const MAX_CUT_BPS = 2_000;

describe("SubnetGovernor: what it may do", () => {
  describe("in its own subnet", () => {
    it("sets cut, admission, single nodes and the budget, in one proposal", async () => {
      const { registry, rewards, proposalOf, setCut, enact, power } = await setup();
      const calls = [setCut(900), power.setAdmissionRules(1), power.setAdmitted(7n, true)];
      const proposal = proposalOf(calls);
      await enact({
        ...proposal,
        targets: [...proposal.targets, rewards.address],
        values: [...proposal.values, 0n],
        calldatas: [...proposal.calldatas, power.setOwnLiveness(parseEther("0.25"))],
      });
      const record = await registry.read.recordOf([SUBNET]);
      expect(record.slice(2, 4)).to.deep.equal([900, 1]);
      expect(await registry.read.admittedOf([SUBNET, 7n])).to.equal(true);
      expect((await rewards.read.recordOf([SUBNET]))[4]).to.equal(parseEther("0.25"));
    });

    it("hands over to another governor, and has no say after that", async () => {
      const { registry, createGovernor, proposalOf, setCut, enact, power } = await setup();
      const next = await createGovernor();
      await enact(proposalOf([power.setGovernor(next.governor.address)]));
      expect((await registry.read.recordOf([SUBNET]))[1]).to.equal(addressOf({ account: next.governor }));
      await assertions.revertWithCustomError(
        enact(proposalOf([setCut(500)])),
        registry,
        "SubnetMock_NotGovernor",
      );
    });

    it("stays within the registry's constants, whatever was voted", async () => {
      const { registry, proposalOf, setCut, enact, cut } = await setup();
      await enact(proposalOf([setCut(MAX_CUT_BPS)]));
      await assertions.revertWithCustomErrorWithArgs(
        enact(proposalOf([setCut(MAX_CUT_BPS + 1)])),
        registry,
        "SubnetMock_TooHigh",
        [MAX_CUT_BPS + 1, MAX_CUT_BPS],
      );
      expect(await cut()).to.equal(MAX_CUT_BPS);
    });

    it("does all of a proposal or nothing", async () => {
      const { proposalOf, setCut, enact, registry, cut } = await setup();
      const before = await cut();
      await assertions.revertWithCustomError(
        enact(proposalOf([setCut(100), setCut(MAX_CUT_BPS + 1)])),
        registry,
        "SubnetMock_TooHigh",
      );
      expect(await cut()).to.equal(before);
    });
  });

  describe("beyond its own subnet", () => {
    it("proposes nothing for another subnet, even where it governs that one too", async () => {
      const { governor, registry, proposalOf, setCut, propose, gateway } = await setup();
      await registry.write.setGovernor([OTHER_SUBNET, governor.address], { account: gateway.account });
      await assertions.revertWithCustomErrorWithArgs(
        propose(proposalOf([setCut(400), setCut(400, OTHER_SUBNET)])),
        governor,
        "SubnetGovernor_ForeignSubnet",
        [1n, BigInt(OTHER_SUBNET), SUBNET],
      );
    });

    it("compares the whole word that names the subnet, not its last bytes", async () => {
      const { governor, proposalOf, setCut, propose } = await setup();
      const dirty = `${setCut(400).slice(0, 10)}01${setCut(400).slice(12)}` as Hex;
      await assertions.revertWithCustomErrorWithArgs(
        propose(proposalOf([dirty])),
        governor,
        "SubnetGovernor_ForeignSubnet",
        [0n, (1n << 248n) + BigInt(SUBNET), SUBNET],
      );
    });

    it("calls no foreign target, not even with a function that it knows", async () => {
      const { governor, rewards, books, votes, factory, stranger, proposalOf, setCut, propose } =
        await setup();
      const targets = [rewards, books, votes, factory, governor, { address: addressOf(stranger) }];
      for (const { address } of targets) {
        await assertions.revertWithCustomErrorWithArgs(
          propose(proposalOf([setCut(400)], address)),
          governor,
          "SubnetGovernor_ForbiddenCall",
          [0n, addressOf({ account: { address } }), slice(setCut(400), 0, 4)],
        );
      }
    });

    it("calls no other function of the registry and the rewards", async () => {
      const { governor, registry, rewards, proposalOf, propose, power } = await setup();
      const registers = encodeFunctionData({
        abi: registry.abi,
        functionName: "register",
        args: [SUBNET, governor.address, 0],
      });
      await refused(registry.address, registers);
      await refused(registry.address, power.setOwnLiveness(1n));
      await refused(rewards.address, power.setAdmissionRules(1));
      await refused(rewards.address, power.setGovernor(governor.address));
      await refused(registry.address, toFunctionSelector("closeSubnet(uint32)"));
      await refused(registry.address, "0x");

      async function refused(target: Address, data: Hex) {
        const selector = size(data) < 4 ? "0x00000000" : slice(data, 0, 4);
        await assertions.revertWithCustomErrorWithArgs(
          propose(proposalOf([data], target)),
          governor,
          "SubnetGovernor_ForbiddenCall",
          [0n, addressOf({ account: { address: target } }), selector],
        );
      }
    });

    it("never changes its own rules, and relays nothing", async () => {
      const { governor, proposalOf, propose, alice } = await setup();
      const extend = encodeFunctionData({
        abi: governor.abi,
        functionName: "setLateQuorumVoteExtension",
        args: [0],
      });
      const relay = encodeFunctionData({
        abi: governor.abi,
        functionName: "relay",
        args: [governor.address, 0n, "0x"],
      });
      for (const data of [extend, relay]) {
        await assertions.revertWithCustomError(
          propose(proposalOf([data], governor.address)),
          governor,
          "SubnetGovernor_ForbiddenCall",
        );
      }
      await assertions.revertWithCustomErrorWithArgs(
        governor.write.setLateQuorumVoteExtension([0], { account: alice.account }),
        governor,
        "GovernorOnlyExecutor",
        [addressOf(alice)],
      );
    });

    it("refuses call data that ends before the subnet", async () => {
      const { governor, proposalOf, setCut, propose } = await setup();
      for (const length of [4, 35]) {
        await assertions.revertWithCustomError(
          propose(proposalOf([slice(setCut(400), 0, length)])),
          governor,
          "SubnetGovernor_ForbiddenCall",
        );
      }
    });

    it("holds no coins and sends none", async () => {
      const { governor, proposalOf, setCut, propose, proposeAndWin, execute, at, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        stranger.sendTransaction({ to: governor.address, value: 5n }),
        governor,
        "SubnetGovernor_CoinsRefused",
        [5n],
      );
      await assertions.revertWithCustomErrorWithArgs(
        propose({ ...proposalOf([setCut(400)]), values: [6n] }),
        governor,
        "SubnetGovernor_CoinsRefused",
        [6n],
      );
      const proposal = proposalOf([setCut(400)]);
      const proposalId = await proposeAndWin(proposal);
      await at(await governor.read.proposalEta([proposalId]));
      await assertions.revertWithCustomErrorWithArgs(
        execute(proposal, 7n),
        governor,
        "SubnetGovernor_CoinsRefused",
        [7n],
      );
    });
  });

  describe("proposals", () => {
    it("need the threshold, a second before", async () => {
      const { governor, books, votes, proposalOf, setCut, propose, at, now, stranger } = await setup();
      const threshold = SETTINGS.proposalThreshold;
      await books.write.setOwner([4n, stranger.account.address]);
      await earnAndClaim(threshold - 1n);
      await assertions.revertWithCustomErrorWithArgs(
        propose(proposalOf([setCut(400)]), stranger),
        governor,
        "GovernorInsufficientProposerVotes",
        [addressOf(stranger), threshold - 1n, threshold],
      );
      await earnAndClaim(1n);
      await at((await now()) + 1n);
      await propose(proposalOf([setCut(400)]), stranger);

      async function earnAndClaim(amount: bigint) {
        await books.write.earn([4n, SUBNET, "0x0000000000000000000000000000000000000000", amount]);
        await votes.write.claimVotes([4n]);
      }
    });

    it("are refused empty, uneven, too long, and twice", async () => {
      const { governor, proposalOf, setCut, propose } = await setup();
      const empty = proposalOf([]);
      const uneven: Proposal = { ...proposalOf([setCut(1)]), values: [] };
      for (const proposal of [empty, uneven]) {
        await assertions.revertWithCustomError(propose(proposal), governor, "GovernorInvalidProposalLength");
      }
      const many = Array.from({ length: MAX_CALLS + 1 }, () => setCut(1));
      await assertions.revertWithCustomErrorWithArgs(
        propose(proposalOf(many)),
        governor,
        "SubnetGovernor_TooManyCalls",
        [BigInt(MAX_CALLS + 1), BigInt(MAX_CALLS)],
      );
      const proposal = proposalOf(many.slice(1));
      await propose(proposal);
      await assertions.revertWithCustomError(propose(proposal), governor, "GovernorUnexpectedProposalState");
    });

    it("cannot be taken by a front-runner when the description names the proposer", async () => {
      const { governor, proposalOf, setCut, propose, alice, carol } = await setup();
      const proposal = {
        ...proposalOf([setCut(400)]),
        description: `Lower the cut#proposer=${addressOf(carol).toLowerCase()}`,
      };
      await assertions.revertWithCustomErrorWithArgs(
        propose(proposal, alice),
        governor,
        "GovernorRestrictedProposer",
        [addressOf(alice)],
      );
      await propose(proposal, carol);
    });
  });

  describe("an attack on the vote", () => {
    it("by votes that are bought and used in the same block: they do not count", async () => {
      const { governor, books, votes, proposalOf, setCut, stranger, publicClient } = await setup();
      await books.write.setOwner([4n, stranger.account.address]);
      await books.write.earn([4n, SUBNET, "0x0000000000000000000000000000000000000000", parseEther("1000")]);
      const proposal = proposalOf([setCut(2_000)]);
      const data = encodeFunctionData({
        abi: governor.abi,
        functionName: "propose",
        args: [proposal.targets, proposal.values, proposal.calldatas, proposal.description],
      });
      const claim = encodeFunctionData({ abi: votes.abi, functionName: "claimVotes", args: [4n] });
      const test = await viem.getTestClient();
      await test.setAutomine(false);
      const gas = 1_000_000n;
      const first = await stranger.sendTransaction({ to: votes.address, data: claim, gas });
      const second = await stranger.sendTransaction({ to: governor.address, data, gas });
      await test.mine({ blocks: 1 });
      await test.setAutomine(true);
      const [claimed, proposed] = await Promise.all(
        [first, second].map(async (hash) => await publicClient.getTransactionReceipt({ hash })),
      );
      expect(claimed?.blockNumber).to.equal(proposed?.blockNumber);
      expect([claimed?.status, proposed?.status]).to.deep.equal(["success", "reverted"]);
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployFixture);
  }
});

async function deployFixture() {
  const fixture = await deployGovernance(connection);
  const { abi } = fixture.registry;
  const power = {
    setAdmissionRules: (admission: number) =>
      encodeFunctionData({
        abi,
        functionName: "setAdmissionRules",
        args: [SUBNET, { admission, acceptsFizz: true, acceptsProvider: true, minCpuTier: 0, minGpuTier: 0 }],
      }),
    setAdmitted: (nodeId: bigint, admitted: boolean) =>
      encodeFunctionData({ abi, functionName: "setAdmitted", args: [SUBNET, nodeId, admitted] }),
    setGovernor: (governor: Address) =>
      encodeFunctionData({ abi, functionName: "setGovernor", args: [SUBNET, governor] }),
    setOwnLiveness: (weiPerEra: bigint) =>
      encodeFunctionData({ abi, functionName: "setOwnLiveness", args: [SUBNET, weiPerEra] }),
  };
  return { ...fixture, power };
}
