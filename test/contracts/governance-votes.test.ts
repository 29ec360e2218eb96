import { expect } from "chai";
import { network } from "hardhat";
import { parseEther, zeroAddress, zeroHash } from "viem";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { deployGovernance, OTHER_SUBNET, SUBNET } from "../support/contracts/governance-fixture.ts";

const connection = await network.create();
const { viem, networkHelpers } = connection;
const { assertions } = viem;

const TOKEN = "0x00000000000000000000000000000000000000aa";

describe("SubnetVotes", () => {
  describe("claimVotes", () => {
    it("gives the owner one vote for each wei that the node earned, whoever calls", async () => {
      const { votes, books, alice, stranger } = await setup();
      await books.write.earn([1n, SUBNET, zeroAddress, 7n]);
      await assertions.emitWithArgs(
        votes.write.claimVotes([1n], { account: stranger.account }),
        votes,
        "VotesClaimed",
        [1n, addressOf(alice), 7n, parseEther("60") + 7n],
      );
      expect(await votes.read.getVotes([alice.account.address])).to.equal(parseEther("60") + 7n);
      expect(await votes.read.getVotes([stranger.account.address])).to.equal(0n);
      expect(await votes.read.totalVotes()).to.equal(parseEther("100") + 7n);
      expect(await votes.read.claimedOf([1n])).to.equal(parseEther("60") + 7n);
    });

    it("counts what was earned once", async () => {
      const { votes, alice } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        votes.write.claimVotes([1n]),
        votes,
        "SubnetVotes_NothingEarned",
        [1n, parseEther("60")],
      );
      expect(await votes.read.getVotes([alice.account.address])).to.equal(parseEther("60"));
    });

    it("counts the native coin alone: tokens have no price here", async () => {
      const { votes, books } = await setup();
      await books.write.earn([1n, SUBNET, TOKEN, parseEther("1000")]);
      await assertions.revertWithCustomError(
        votes.write.claimVotes([1n]),
        votes,
        "SubnetVotes_NothingEarned",
      );
    });

    it("counts this subnet alone", async () => {
      const { votes, books, createGovernor, alice } = await setup();
      await books.write.earn([1n, OTHER_SUBNET, zeroAddress, parseEther("5")]);
      await assertions.revertWithCustomError(
        votes.write.claimVotes([1n]),
        votes,
        "SubnetVotes_NothingEarned",
      );
      const other = await createGovernor({}, OTHER_SUBNET);
      await other.votes.write.claimVotes([1n]);
      expect(await other.votes.read.getVotes([alice.account.address])).to.equal(parseEther("5"));
    });

    it("is refused for a node that does not exist or earned nothing", async () => {
      const { votes, books, alice } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        votes.write.claimVotes([9n]),
        votes,
        "SubnetVotes_NoSuchNode",
        [9n],
      );
      await books.write.setOwner([9n, alice.account.address]);
      await assertions.revertWithCustomErrorWithArgs(
        votes.write.claimVotes([9n]),
        votes,
        "SubnetVotes_NothingEarned",
        [9n, 0n],
      );
    });

    it("is no way for a gateway's report to make votes: there is no other way in", async () => {
      const { votes } = await setup();
      const changing = votes.abi
        .filter((item) => item.type === "function" && !["view", "pure"].includes(item.stateMutability))
        .map((item) => ("name" in item ? item.name : ""));
      expect(changing.sort()).to.deep.equal(["claimVotes", "initialize"]);
    });
  });

  describe("votes that were earned", () => {
    it("stay where they are when the node changes hands; only later earnings count for the new owner", async () => {
      const { votes, books, alice, stranger } = await setup();
      await books.write.setOwner([1n, stranger.account.address]);
      await assertions.revertWithCustomError(
        votes.write.claimVotes([1n]),
        votes,
        "SubnetVotes_NothingEarned",
      );
      await books.write.earn([1n, SUBNET, zeroAddress, 3n]);
      await votes.write.claimVotes([1n]);
      expect(await votes.read.getVotes([stranger.account.address])).to.equal(3n);
      expect(await votes.read.getVotes([alice.account.address])).to.equal(parseEther("60"));
    });

    it("cannot be lent: everybody is the delegate of himself, for good", async () => {
      const { votes, alice, bob } = await setup();
      const [a, b] = [addressOf(alice), addressOf(bob)];
      await assertions.revertWithCustomErrorWithArgs(
        votes.read.delegate([b], { account: alice.account }),
        votes,
        "SubnetVotes_NoDelegation",
        [a],
      );
      await assertions.revertWithCustomErrorWithArgs(
        votes.read.delegateBySig([b, 0n, 2n ** 48n, 27, zeroHash, zeroHash], {
          account: alice.account,
        }),
        votes,
        "SubnetVotes_NoDelegation",
        [a],
      );
      expect(await votes.read.delegates([a])).to.equal(a);
    });

    it("have a past by the second: what was claimed in this second counts from the next one on", async () => {
      const { votes, books, alice, now, at } = await setup();
      const before = await now();
      await books.write.earn([1n, SUBNET, zeroAddress, 5n]);
      await at(before + 100n);
      await votes.write.claimVotes([1n]);
      await assertions.revertWithCustomErrorWithArgs(
        votes.read.getPastVotes([alice.account.address, before + 100n]),
        votes,
        "ERC5805FutureLookup",
        [before + 100n, Number(before) + 100],
      );
      await networkHelpers.mine();
      expect(await votes.read.getPastVotes([alice.account.address, before + 99n])).to.equal(parseEther("60"));
      expect(await votes.read.getPastVotes([alice.account.address, before + 100n])).to.equal(
        parseEther("60") + 5n,
      );
      expect(await votes.read.getPastTotalSupply([before + 99n])).to.equal(parseEther("100"));
      expect(await votes.read.getPastTotalSupply([before + 100n])).to.equal(parseEther("100") + 5n);
    });

    it("are counted by Unix time", async () => {
      const { votes, governor, now } = await setup();
      expect(await votes.read.CLOCK_MODE()).to.equal("mode=timestamp");
      expect(await governor.read.CLOCK_MODE()).to.equal("mode=timestamp");
      expect(BigInt(await votes.read.clock())).to.equal(await now());
      expect(await governor.read.clock()).to.equal(await votes.read.clock());
    });
  });

  describe("set-up", () => {
    it("is done by the factory, once", async () => {
      const { votes, stranger } = await setup();
      expect(await votes.read.subnetId()).to.equal(SUBNET);
      await assertions.revertWithCustomError(
        votes.write.initialize([OTHER_SUBNET], { account: stranger.account }),
        votes,
        "InvalidInitialization",
      );
    });

    it("is locked on the implementation", async () => {
      const { votesCode } = await setup();
      await assertions.revertWithCustomError(
        votesCode.write.initialize([SUBNET]),
        votesCode,
        "InvalidInitialization",
      );
    });

    it("is refused for subnet 0", async () => {
      const { createGovernor, registry, gateway, votes } = await setup();
      await registry.write.register([0, gateway.account.address, 0]);
      await assertions.revertWithCustomError(createGovernor({}, 0), votes, "SubnetVotes_ZeroSubnet");
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployFixture);
  }
});

async function deployFixture() {
  return await deployGovernance(connection);
}
