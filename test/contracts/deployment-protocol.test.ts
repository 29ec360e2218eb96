import { expect } from "chai";
import { artifacts, network } from "hardhat";
import {
  type Address,
  encodeFunctionData,
  getContract,
  type Hex,
  keccak256,
  parseAbi,
  toHex,
  zeroAddress,
  zeroHash,
} from "viem";
import protocol from "../../ignition/modules/protocol.ts";
import subnetGovernor from "../../ignition/modules/subnet-governor.ts";
import subnet from "../../ignition/modules/subnet.ts";
import { DAY, SETTINGS } from "../support/contracts/governance-fixture.ts";
import { addressOf } from "../support/contracts/market-fixture.ts";

const { ignition, viem, networkHelpers } = await network.create();

const DELAY_SECONDS = 5 * DAY;
const PROPOSER = keccak256(toHex("PROPOSER_ROLE"));
const CANCELLER = keccak256(toHex("CANCELLER_ROLE"));
const ADMIN = zeroHash;
/** What a deployment shows, whichever contract it is. */
const SHOWN = parseAbi([
  "function owner() view returns (address)",
  "function pendingOwner() view returns (address)",
  "function slasher() view returns (address)",
  "function feeReceiver() view returns (address)",
  "function treasury() view returns (address)",
  "function HOLDBACK_SECONDS() view returns (uint32)",
  "function protocolCutBps() view returns (uint16)",
  "function setProtocolCut(uint16 cutBps)",
  "function subnetIdOf(address operator) view returns (uint32)",
  "function cutOf(uint32 subnetId) view returns (address owner, uint16 cutBps, bool active)",
  "function governorOf(uint32 subnetId) view returns (address)",
]);

describe("deployment of the whole protocol", () => {
  it("ends with the timelock as the owner of everything, and nothing left to the deployer", async () => {
    const { deployed, show, deployer, proposer, canceller } = await setup();
    const timelock = deployed.protocolTimelock;
    const owner = addressOf({ account: timelock });
    for (const name of ["subnetRegistry", "nodeRegistry", "leaseMarket", "eraRewards", "slasher"] as const) {
      const owned = show(name);
      expect(await owned.read.owner(), name).to.equal(owner);
      expect(await owned.read.pendingOwner(), name).to.equal(zeroAddress);
    }
    const has = async (role: Hex, account: Address) => await timelock.read.hasRole([role, account]);
    expect(await has(PROPOSER, proposer)).to.equal(true);
    expect(await has(CANCELLER, canceller)).to.equal(true);
    for (const role of [PROPOSER, CANCELLER, ADMIN]) expect(await has(role, deployer)).to.equal(false);
    expect(await timelock.read.getMinDelay()).to.equal(BigInt(DELAY_SECONDS));
  });

  it("wires the slasher into all that it slashes, and the fees into the rewards", async () => {
    const { deployed, show } = await setup();
    const slasher = addressOf({ account: deployed.slasher });
    const rewards = addressOf({ account: deployed.eraRewards });
    for (const name of ["subnetRegistry", "nodeRegistry", "leaseMarket", "eraRewards"] as const) {
      expect(await show(name).read.slasher(), name).to.equal(slasher);
    }
    expect(await show("nodeRegistry").read.feeReceiver()).to.equal(rewards);
    expect(await show("leaseMarket").read.treasury()).to.equal(rewards);
    expect(await show("leaseMarket").read.HOLDBACK_SECONDS()).to.equal(3_600);
    expect(await show("leaseMarket").read.protocolCutBps()).to.equal(250);
  });

  it("lets the timelock change a parameter after its delay, and nobody else", async () => {
    const { deployed, show, proposer, ownedMock } = await setup();
    const timelock = deployed.protocolTimelock;
    const market = show("leaseMarket");
    const data = encodeFunctionData({ abi: SHOWN, functionName: "setProtocolCut", args: [300] });
    await viem.assertions.revertWithCustomErrorWithArgs(
      market.write.setProtocolCut([300], { account: proposer }),
      ownedMock,
      "OwnableUnauthorizedAccount",
      [proposer],
    );
    const delay = BigInt(DELAY_SECONDS);
    await timelock.write.schedule([market.address, 0n, data, zeroHash, zeroHash, delay], {
      account: proposer,
    });
    await networkHelpers.time.increase(DELAY_SECONDS);
    await timelock.write.execute([market.address, 0n, data, zeroHash, zeroHash]);
    expect(await market.read.protocolCutBps()).to.equal(300);
  });

  it("knows the real powers: each function that a governor may call exists under that name", async () => {
    await setup();
    for (const [powers, target] of [
      ["ISubnetPowers", "SubnetRegistry"],
      ["ISubnetBudgets", "EraRewards"],
    ] as const) {
      const known = new Set((await functionsOf(target)).map(signatureOf));
      for (const power of await functionsOf(powers)) expect(known, target).to.include(signatureOf(power));
    }
  });

  it("registers a subnet, and gives it to its electorate", async () => {
    const { deployed, show, operator } = await setup();
    const factory = deployed.subnetGovernorFactory;
    const registry = show("subnetRegistry");
    await ignition.deploy(subnet, {
      parameters: {
        Subnet: {
          subnetRegistry: registry.address,
          operator,
          cutBps: 700,
          apiUrl: "https://gateway.example",
          multiaddrs: "/dns4/gateway.example/tcp/4001",
        },
      },
    });
    const subnetId = await registry.read.subnetIdOf([operator]);
    expect((await registry.read.cutOf([subnetId]))[1]).to.equal(700);

    const { governor } = await ignition.deploy(subnetGovernor, {
      parameters: {
        SubnetGovernor: {
          subnetRegistry: registry.address,
          subnetGovernorFactory: factory.address,
          subnetId,
        },
      },
    });
    const address = addressOf({ account: governor });
    expect(await registry.read.governorOf([subnetId])).to.equal(address);
    expect(await factory.read.subnetIdOf([address])).to.equal(subnetId);
    expect((await governor.read.settings()).quorumBps).to.equal(SETTINGS.quorumBps);
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployProtocol);
  }
});

async function deployProtocol() {
  const wallets = await viem.getWalletClients();
  const publicClient = await viem.getPublicClient();
  const [deployer, proposer, canceller, treasury, operator] = wallets.map(addressOf) as Required5<Address>;
  const deployed = await ignition.deploy(protocol, {
    parameters: {
      Market: { protocolCutBps: 250, holdbackSeconds: 3_600 },
      Rewards: { treasury },
      Slashing: { pool: treasury },
      Governance: { timelockDelaySeconds: DELAY_SECONDS, proposer, canceller },
    },
  });
  const ownedMock = await viem.deployContract("OwnedMock", [deployer]);
  const [client] = wallets;
  const show = (name: keyof typeof deployed) =>
    getContract({
      abi: SHOWN,
      address: deployed[name].address,
      client: { public: publicClient, wallet: client as (typeof wallets)[number] },
    });
  return { deployed, show, ownedMock, deployer, proposer, canceller, operator };
}

type Required5<T> = [T, T, T, T, T];

interface AbiFunction {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly AbiInput[];
}

interface AbiInput {
  readonly type: string;
  readonly components?: readonly AbiInput[];
}

async function functionsOf(name: string): Promise<AbiFunction[]> {
  const { abi } = await artifacts.readArtifact(name);
  return (abi as readonly AbiFunction[]).filter(({ type }) => type === "function");
}

function signatureOf({ name, inputs }: AbiFunction): string {
  const typeOf = ({ type, components }: AbiInput): string =>
    components === undefined ? type : `${type.replace("tuple", "")}(${components.map(typeOf).join(",")})`;
  return `${name}(${inputs.map(typeOf).join(",")})`;
}
