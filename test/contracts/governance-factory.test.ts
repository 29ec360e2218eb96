import { expect } from "chai";
import { network } from "hardhat";
import { encodeFunctionData, parseEther, stringToHex, zeroAddress } from "viem";
import { addressOf } from "../support/contracts/market-fixture.ts";
import {
  DAY,
  deployGovernance,
  EXIT_SECONDS,
  forwarded,
  OTHER_SUBNET,
  SETTINGS,
  SUBNET,
} from "../support/contracts/governance-fixture.ts";

const connection = await network.create();
const { viem, networkHelpers } = connection;
const { assertions } = viem;

/** Name, least, most. */
const BOUNDS = [
  ["votingDelay", 1 * DAY, 14 * DAY],
  ["votingPeriod", 3 * DAY, 30 * DAY],
  ["executionDelay", 4 * DAY, 30 * DAY],
  ["quorumBps", 1_000, 5_000],
  ["quorumFloor", parseEther("0.1"), parseEther("1000")],
  ["proposalThreshold", parseEther("0.01"), parseEther("100")],
] as const;

describe("SubnetGovernorFactory", () => {
  describe("createGovernor", () => {
    it("makes a governor and the subnet's votes, set up, and remembers both", async () => {
      const { factory, governor, votes } = await setup();
      expect(await factory.read.subnetIdOf([governor.address])).to.equal(SUBNET);
      expect(await factory.read.votesOf([SUBNET])).to.equal(addressOf({ account: votes }));
      expect(await governor.read.subnetId()).to.equal(SUBNET);
      expect(await governor.read.token()).to.equal(addressOf({ account: votes }));
      expect(await governor.read.settings()).to.deep.equal(SETTINGS);
      expect(await governor.read.votingDelay()).to.equal(BigInt(SETTINGS.votingDelay));
      expect(await governor.read.votingPeriod()).to.equal(BigInt(SETTINGS.votingPeriod));
      expect(await governor.read.proposalThreshold()).to.equal(SETTINGS.proposalThreshold);
      expect(await governor.read.name()).to.equal("Fizz");
    });

    it("makes a second governor over the same votes, so that claims outlive a governor", async () => {
      const { factory, createGovernor, governor, votes } = await setup();
      const second = await createGovernor({ votingPeriod: 7 * DAY });
      expect(second.governor.address).to.not.equal(governor.address);
      expect(second.votes.address).to.equal(votes.address);
      expect(await factory.read.subnetIdOf([second.governor.address])).to.equal(SUBNET);
      expect(await second.governor.read.votingPeriod()).to.equal(BigInt(7 * DAY));
      expect(await governor.read.votingPeriod()).to.equal(BigInt(SETTINGS.votingPeriod));
    });

    it("keeps subnets apart", async () => {
      const { createGovernor, governor, votes } = await setup();
      const other = await createGovernor({}, OTHER_SUBNET);
      expect(other.votes.address).to.not.equal(votes.address);
      expect(await other.governor.read.subnetId()).to.equal(OTHER_SUBNET);
      expect(await other.votes.read.totalVotes()).to.equal(0n);
      expect(await governor.read.subnetId()).to.equal(SUBNET);
    });

    it("is refused to everybody but the subnet's owner", async () => {
      const { factory, stranger } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        factory.write.createGovernor([SUBNET, SETTINGS], { account: stranger.account }),
        factory,
        "SubnetGovernorFactory_NotOwner",
        [SUBNET, addressOf(stranger)],
      );
    });

    it("is refused for a subnet that does not exist", async () => {
      const { factory, gateway } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        factory.write.createGovernor([9, SETTINGS], { account: gateway.account }),
        factory,
        "SubnetGovernorFactory_SubnetNotFound",
        [9],
      );
    });

    for (const [setting, min, max] of BOUNDS) {
      it(`holds ${setting} within its bounds`, async () => {
        const { createGovernor, governor } = await setup();
        await createGovernor({ [setting]: min });
        await createGovernor({ [setting]: max });
        for (const value of [stepFrom(min, -1), stepFrom(max, 1)]) {
          await assertions.revertWithCustomErrorWithArgs(
            createGovernor({ [setting]: value }),
            governor,
            "SubnetGovernor_SettingOutOfRange",
            [stringToHex(setting, { size: 32 }), BigInt(value), BigInt(min), BigInt(max)],
          );
        }
      });
    }

    it("takes the owner's word through the forwarder, and nobody's through another", async () => {
      const { factory, gateway, forwarder, stranger } = await setup();
      const call = encodeFunctionData({
        abi: factory.abi,
        functionName: "createGovernor",
        args: [OTHER_SUBNET, SETTINGS],
      });
      const data = forwarded(call, gateway);
      await forwarder.sendTransaction({ to: factory.address, data });
      expect(await factory.read.votesOf([OTHER_SUBNET])).to.not.equal(zeroAddress);
      await assertions.revertWithCustomErrorWithArgs(
        stranger.sendTransaction({ to: factory.address, data }),
        factory,
        "SubnetGovernorFactory_NotOwner",
        [OTHER_SUBNET, addressOf(stranger)],
      );
    });
  });

  describe("clones", () => {
    it("are 45 bytes that hold nothing but the implementation's address", async () => {
      const { factory, governor, publicClient } = await setup();
      const code = await publicClient.getCode({ address: governor.address });
      const implementation = (await factory.read.governorImplementation()).slice(2).toLowerCase();
      expect(code).to.equal(`0x363d3d373d3d3d363d73${implementation}5af43d82803e903d91602b57fd5bf3`);
    });

    it("are not set up twice", async () => {
      const { governor, votes, stranger } = await setup();
      await assertions.revertWithCustomError(
        governor.write.initialize([OTHER_SUBNET, votes.address, SETTINGS], { account: stranger.account }),
        governor,
        "InvalidInitialization",
      );
    });

    it("leave their implementation locked", async () => {
      const { governorCode, votes } = await setup();
      await assertions.revertWithCustomError(
        governorCode.write.initialize([SUBNET, votes.address, SETTINGS]),
        governorCode,
        "InvalidInitialization",
      );
    });
  });

  describe("when deployed", () => {
    it("is refused without code to clone", async () => {
      const { factory, governorCode, votesCode, registry, stranger, forwarder } = await setup();
      const nobody = addressOf(stranger);
      for (const [first, second] of [
        [nobody, votesCode.address],
        [governorCode.address, nobody],
      ] as const) {
        await assertions.revertWithCustomErrorWithArgs(
          viem.deployContract("SubnetGovernorFactory", [
            first,
            second,
            registry.address,
            forwarder.account.address,
          ]),
          factory,
          "SubnetGovernorFactory_NoCode",
          [nobody],
        );
      }
    });

    it("refuses governors where a node's exit takes as long as the shortest delay", async () => {
      const { governor, registry, forwarder } = await setup();
      const slow = await viem.deployContract("EarningsMock", [4 * DAY]);
      await assertions.revertWithCustomErrorWithArgs(
        viem.deployContract("SubnetGovernor", [
          registry.address,
          registry.address,
          slow.address,
          forwarder.account.address,
        ]),
        governor,
        "SubnetGovernor_ExitTooLong",
        [BigInt(4 * DAY), BigInt(4 * DAY)],
      );
      expect((await governor.read.MIN_EXECUTION_DELAY()) > BigInt(EXIT_SECONDS)).to.equal(true);
    });

    it("refuses a governor of subnet 0", async () => {
      const { governor, governorCode, votes } = await setup();
      const clone = await viem.deployContract("CloneMock", [governorCode.address]);
      const zero = await viem.getContractAt("SubnetGovernor", await clone.read.clone());
      await assertions.revertWithCustomError(
        zero.write.initialize([0, votes.address, SETTINGS]),
        governor,
        "SubnetGovernor_ZeroSubnet",
      );
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployFixture);
  }
});

function stepFrom(value: number | bigint, step: number): number | bigint {
  return typeof value === "bigint" ? value + BigInt(step) : value + step;
}

async function deployFixture() {
  return await deployGovernance(connection);
}
