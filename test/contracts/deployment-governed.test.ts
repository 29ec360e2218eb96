import { expect } from "chai";
import { network } from "hardhat";
import {
  type Abi,
  type Address,
  encodeFunctionData,
  getAddress,
  getContract,
  type Hex,
  keccak256,
  parseAbi,
  parseEther,
  parseEventLogs,
  toHex,
  zeroAddress,
} from "viem";
import protocol from "../../ignition/modules/protocol.ts";
import subnet from "../../ignition/modules/subnet.ts";
import { EXIT_SECONDS, SETTINGS, VOTE } from "../support/contracts/governance-fixture.ts";
import { addressOf } from "../support/contracts/market-fixture.ts";

const { ignition, viem, networkHelpers } = await network.create();

const SUBNET = 1;
const RULES = { admission: 1, acceptsFizz: true, acceptsProvider: false, minCpuTier: 0, minGpuTier: 0 };
const SUCCESSOR = getAddress("0x00000000000000000000000000000000000000bb");
const SHOWN = parseAbi([
  "function cutOf(uint32 subnetId) view returns (address owner, uint16 cutBps, bool active)",
  "function governorOf(uint32 subnetId) view returns (address)",
  "event OwnLivenessChanged(uint32 indexed subnetId, uint96 weiPerEra)",
  "event AdmissionRulesChanged(uint32 indexed subnetId, (uint8 admission, bool acceptsFizz, bool acceptsProvider, uint16 minCpuTier, uint16 minGpuTier) rules)",
  "event NodeAdmitted(uint32 indexed subnetId, uint64 indexed nodeId, bool admitted)",
]);

describe("a governor of a subnet of the deployed protocol", () => {
  it("is obeyed by the registry and the rewards, after vote and delay", async () => {
    const { registry, rewards, power, enact, shown } = await networkHelpers.loadFixture(deployGoverned);
    const logs = await enact([
      [registry, power("setCut", [SUBNET, 300])],
      [registry, power("setAdmissionRules", [SUBNET, RULES])],
      [registry, power("setAdmitted", [SUBNET, 7n, true])],
      [rewards, power("setOwnLiveness", [SUBNET, 5n])],
      [registry, power("setGovernor", [SUBNET, SUCCESSOR])],
    ]);
    expect(logs.map(({ eventName, args }) => [eventName, args])).to.deep.include.members([
      ["AdmissionRulesChanged", { subnetId: SUBNET, rules: RULES }],
      ["NodeAdmitted", { subnetId: SUBNET, nodeId: 7n, admitted: true }],
      ["OwnLivenessChanged", { subnetId: SUBNET, weiPerEra: 5n }],
    ]);
    expect((await shown.read.cutOf([SUBNET]))[1]).to.equal(300);
    expect(await shown.read.governorOf([SUBNET])).to.equal(SUCCESSOR);
  });
});

/** Registry and rewards are the deployed ones; what nodes earned comes from a mock. */
async function deployGoverned() {
  const [deployer, alice] = await viem.getWalletClients();
  if (deployer === undefined || alice === undefined) throw new Error("The chain has no accounts.");
  const publicClient = await viem.getPublicClient();
  const deployed = await ignition.deploy(protocol);
  const registry = addressOf({ account: deployed.subnetRegistry });
  const rewards = addressOf({ account: deployed.eraRewards });
  const forwarder = addressOf({ account: deployed.forwarder });
  await ignition.deploy(subnet, {
    parameters: {
      Subnet: {
        subnetRegistry: registry,
        operator: addressOf(alice),
        apiUrl: "https://gateway.example",
        multiaddrs: "/dns4/gateway.example/tcp/4001",
      },
    },
  });

  const books = await viem.deployContract("EarningsMock", [EXIT_SECONDS]);
  const code = await viem.deployContract("SubnetGovernor", [registry, rewards, books.address, forwarder]);
  const votesCode = await viem.deployContract("SubnetVotes", [books.address, books.address]);
  const factory = await viem.deployContract("SubnetGovernorFactory", [
    code.address,
    votesCode.address,
    registry,
    forwarder,
  ]);
  const hash = await factory.write.createGovernor([SUBNET, SETTINGS]);
  const { logs } = await publicClient.getTransactionReceipt({ hash });
  const [created] = parseEventLogs({ abi: factory.abi, eventName: "GovernorCreated", logs });
  const governor = await viem.getContractAt("SubnetGovernor", created?.args.governor ?? zeroAddress);
  const votes = await viem.getContractAt("SubnetVotes", created?.args.votes ?? zeroAddress);
  const abi: Abi = (await viem.getContractAt("SubnetMock", registry)).abi;
  const power = (functionName: PowerName, args: readonly unknown[]): Hex =>
    encodeFunctionData({ abi, functionName, args });
  await deployer.sendTransaction({ to: registry, data: power("setGovernor", [SUBNET, governor.address]) });
  await books.write.setOwner([1n, addressOf(alice)]);
  await books.write.earn([1n, SUBNET, zeroAddress, parseEther("2")]);
  await votes.write.claimVotes([1n]);

  /** Proposes, wins, waits and executes; the logs are the execution's. */
  const enact = async (calls: readonly (readonly [Address, Hex])[]) => {
    const targets = calls.map(([target]) => target);
    const values = calls.map(() => 0n);
    const calldatas = calls.map(([, data]) => data);
    const hashed = [targets, values, calldatas, keccak256(toHex("All of it"))] as const;
    await networkHelpers.mine();
    await governor.write.propose([targets, values, calldatas, "All of it"], { account: alice.account });
    const proposalId = await governor.read.hashProposal([...hashed]);
    await networkHelpers.time.increaseTo((await governor.read.proposalSnapshot([proposalId])) + 1n);
    await governor.write.castVote([proposalId, VOTE.for], { account: alice.account });
    await networkHelpers.time.increaseTo(await governor.read.proposalEta([proposalId]));
    const receipt = await publicClient.getTransactionReceipt({
      hash: await governor.write.execute([...hashed]),
    });
    return parseEventLogs({ abi: SHOWN, logs: receipt.logs });
  };
  const shown = getContract({ abi: SHOWN, address: registry, client: publicClient });
  return { registry, rewards, power, enact, shown };
}

type PowerName = "setCut" | "setAdmissionRules" | "setAdmitted" | "setOwnLiveness" | "setGovernor";
