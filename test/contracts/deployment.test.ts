import { expect } from "chai";
import { artifacts, network } from "hardhat";
import { getAddress, zeroAddress } from "viem";
import * as chain from "@fizz/protocol/chain";
import fizz from "../../ignition/modules/fizz.ts";

const { ignition, viem } = await network.create();

/** A contract may not be larger than this (EIP-170). */
const MAX_CODE_BYTES = 24_576;

describe("deployment", () => {
  it("wires the three contracts, allows the native coin, and is owned as the parameters say", async () => {
    const [deployer, other] = await viem.getWalletClients();
    const owner = getAddress(other?.account.address ?? zeroAddress);
    const { forwarder, nodeRegistry, subnetRegistry, leaseMarket } = await ignition.deploy(fizz, {
      parameters: { Fizz: { owner, treasury: owner, protocolCutBps: 250 } },
    });
    expect(await leaseMarket.read.isTokenAllowed([zeroAddress])).to.equal(true);
    expect(await leaseMarket.read.protocolCutBps()).to.equal(250);
    expect(await leaseMarket.read.treasury()).to.equal(owner);
    expect(await leaseMarket.read.owner()).to.equal(owner);
    expect(await nodeRegistry.read.owner()).to.equal(owner);
    expect(await nodeRegistry.read.feeReceiver()).to.equal(
      getAddress(deployer?.account.address ?? zeroAddress),
    );
    expect(await nodeRegistry.read.REGISTRATION_FEE()).to.equal(5_000_000_000_000_000n);
    expect(await subnetRegistry.read.MIN_STAKE()).to.equal(50_000_000_000_000_000n);
    expect(await subnetRegistry.read.owner()).to.equal(owner);
    for (const contract of [nodeRegistry, subnetRegistry])
      expect(await contract.read.trustedForwarder()).to.equal(getAddress(forwarder.address));
    expect(await subnetRegistry.read.MAX_CUT_BPS()).to.equal(2_000);
  });

  for (const [name, abi] of [
    ["CapacityRounds", chain.capacityRoundsAbi],
    ["EraRewards", chain.eraRewardsAbi],
    ["LeaseMarket", chain.leaseMarketAbi],
    ["NodeRegistry", chain.nodeRegistryAbi],
    ["ProtocolTimelock", chain.protocolTimelockAbi],
    ["Slasher", chain.slasherAbi],
    ["SubnetGovernor", chain.subnetGovernorAbi],
    ["SubnetGovernorFactory", chain.subnetGovernorFactoryAbi],
    ["SubnetRegistry", chain.subnetRegistryAbi],
    ["SubnetVotes", chain.subnetVotesAbi],
  ] as const) {
    it(`keeps ${name} within the size of a contract, and its ABI in protocol/ up to date`, async () => {
      const artifact = await artifacts.readArtifact(name);
      const bytes = (artifact.deployedBytecode.length - 2) / 2;
      expect(bytes).to.be.at.most(MAX_CODE_BYTES);
      const built: unknown = JSON.parse(
        JSON.stringify(artifact.abi, (key, value: unknown) => (key === "internalType" ? undefined : value)),
      );
      expect(abi).to.deep.equal(built);
    });
  }
});
