import { expect } from "chai";
import { artifacts } from "hardhat";
import * as chain from "@fizz/protocol/chain";

/** A contract may not be larger than this (EIP-170). */
const MAX_CODE_BYTES = 24_576;

describe("deployment", () => {
  for (const [name, abi] of [
    ["CapacityRounds", chain.capacityRoundsAbi],
    ["EraRewards", chain.eraRewardsAbi],
    ["FizzForwarder", chain.fizzForwarderAbi],
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
