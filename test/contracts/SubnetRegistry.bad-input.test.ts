import { expect } from "chai";
import { network } from "hardhat";
import { type Address, type Hash, zeroAddress } from "viem";
import { addressOf, STAKE, subnetSettings } from "../support/contracts/market-fixture.ts";
import { deployRegistries } from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

type World = Awaited<ReturnType<typeof deployRegistries>>;
interface Case {
  readonly call: (world: World) => Promise<Hash>;
  readonly error: string;
  readonly args?: (world: World) => unknown[];
}

const MAX96 = 2n ** 96n - 1n;
const MAX40 = 2 ** 40 - 1;
const RULES = { admission: 0, acceptsFizz: true, acceptsProvider: true, minCpuTier: 0, minGpuTier: 0 };

const register =
  (changes: Partial<ReturnType<typeof subnetSettings>>, value = STAKE): Case["call"] =>
  async ({ subnets, stranger }) =>
    await subnets.write.registerSubnet([{ ...subnetSettings(addressOf(stranger)), ...changes }], {
      account: stranger.account,
      value,
    });
const endpoints =
  (...texts: [string, string, string]): Case["call"] =>
  async ({ subnets, gateway }) =>
    await subnets.write.setEndpoints([1, ...texts], { account: gateway.account });
const rules =
  (changes: Partial<typeof RULES>): Case["call"] =>
  async ({ subnets, gateway }) =>
    await subnets.write.setAdmissionRules([1, { ...RULES, ...changes }], { account: gateway.account });

const CASES: Record<string, Case> = {
  "registerSubnet: no stake": { call: register({}, 0n), error: "StakeTooLow", args: () => [0n, STAKE] },
  "registerSubnet: zero operator": { call: register({ operator: zeroAddress }), error: "ZeroOperator" },
  "registerSubnet: the operator of another": {
    call: async (world) => await register({ operator: addressOf(world.gateway) })(world),
    error: "OperatorTaken",
    args: ({ gateway }) => [addressOf(gateway), 1],
  },
  "registerSubnet: the largest cut": {
    call: register({ cutBps: 65_535 }),
    error: "CutTooHigh",
    args: () => [65_535, 2_000],
  },
  "registerSubnet: no mode": {
    call: register({ acceptsFizz: false, acceptsProvider: false }),
    error: "NothingAccepted",
  },
  "registerSubnet: a CPU tier that does not fit": {
    call: register({ minCpuTier: 256 }),
    error: "TierTooLarge",
    args: () => [256, 255],
  },
  "registerSubnet: a domain that is too long": {
    call: register({ domain: "a".repeat(254) }),
    error: "TextTooLong",
    args: () => [254n, 253n],
  },
  "setEndpoints: an API URL that is too long": {
    call: endpoints("a".repeat(257), "", ""),
    error: "TextTooLong",
    args: () => [257n, 256n],
  },
  "setEndpoints: multiaddrs that are too long": {
    call: endpoints("", "a".repeat(1_025), ""),
    error: "TextTooLong",
    args: () => [1_025n, 1_024n],
  },
  "setEndpoints: a domain that is too long": {
    call: endpoints("", "", "a".repeat(254)),
    error: "TextTooLong",
    args: () => [254n, 253n],
  },
  "setCut: the largest number": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.setCut([1, 65_535], { account: gateway.account }),
    error: "CutTooHigh",
    args: () => [65_535, 2_000],
  },
  "setAdmissionRules: no mode": {
    call: rules({ acceptsFizz: false, acceptsProvider: false }),
    error: "NothingAccepted",
  },
  "setAdmissionRules: a GPU tier that does not fit": {
    call: rules({ minGpuTier: 65_535 }),
    error: "TierTooLarge",
    args: () => [65_535, 255],
  },
  "setAdmitted: node 0": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.setAdmitted([1, 0n, true], { account: gateway.account }),
    error: "ZeroNode",
    args: () => [1],
  },
  "setGovernor: zero": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.setGovernor([1, zeroAddress], { account: gateway.account }),
    error: "ZeroGovernor",
    args: () => [1],
  },
  "addStake: nothing": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.addStake([1], { account: gateway.account, value: 0n }),
    error: "ZeroAmount",
    args: () => [1],
  },
  "thawStake: nothing": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.thawStake([1, 0n], { account: gateway.account }),
    error: "ZeroAmount",
    args: () => [1],
  },
  "thawStake: the largest amount": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.thawStake([1, MAX96], { account: gateway.account }),
    error: "ThawTooMuch",
    args: () => [1, MAX96, STAKE],
  },
  "thawStake: the minimum": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.thawStake([1, 1n], { account: gateway.account }),
    error: "StakeTooLow",
    args: () => [STAKE - 1n, STAKE],
  },
  "withdrawStake: nothing thaws": {
    call: async ({ subnets, gateway }) =>
      await subnets.write.withdrawStake([1], { account: gateway.account }),
    error: "NothingThaws",
    args: () => [1],
  },
  "lockStake: a time that is over": {
    call: async ({ subnets, slasher }) =>
      await subnets.write.lockStake([1, 1n, 0], { account: slasher.account }),
    error: "TimeOutOfRange",
  },
  "lockStake: the largest time": {
    call: async ({ subnets, slasher }) =>
      await subnets.write.lockStake([1, 1n, MAX40], { account: slasher.account }),
    error: "TimeOutOfRange",
  },
};

type Role = "owner" | "governor" | "operator" | "slasher";
const OF_A_SUBNET: Record<string, readonly [by: Role, args: readonly unknown[]]> = {
  setEndpoints: ["operator", ["", "", ""]],
  setCut: ["governor", [1]],
  setAdmissionRules: ["governor", [RULES]],
  setAdmitted: ["governor", [1n, true]],
  setGovernor: ["governor", [`0x${"11".repeat(20)}`]],
  closeSubnet: ["owner", []],
  addStake: ["owner", []],
  thawStake: ["owner", [1n]],
  withdrawStake: ["owner", []],
  lockStake: ["slasher", [1n, MAX40]],
  unlockStake: ["slasher", [1n]],
  slashStake: ["slasher", [1n]],
};
const ERRORS = {
  owner: "NotOwner",
  governor: "NotGovernor",
  operator: "NotOwnerOrOperator",
  slasher: "NotSlasher",
} as const;
const WHEN_CLOSED = [
  "setEndpoints",
  "setCut",
  "setAdmissionRules",
  "setAdmitted",
  "setGovernor",
  "closeSubnet",
  "addStake",
];

describe("SubnetRegistry: bad input", () => {
  for (const [title, { call, error, args }] of Object.entries(CASES)) {
    it(`${title}: refused with its own error, and nothing changes`, async () => {
      const world = await setup();
      const before = await everything(world);
      const name = `SubnetRegistry_${error}` as never;
      if (args === undefined) await assertions.revertWithCustomError(call(world), world.subnets, name);
      else await assertions.revertWithCustomErrorWithArgs(call(world), world.subnets, name, args(world));
      expect(await everything(world)).to.deep.equal(before);
    });
  }

  for (const [name, [by, args]] of Object.entries(OF_A_SUBNET)) {
    it(`${name}: refused for subnets 0 and 99 and to strangers, and nothing changes`, async () => {
      const world = await setup();
      const before = await everything(world);
      for (const subnetId of [0, 99])
        await assertions.revertWithCustomErrorWithArgs(
          send(world, name, [[subnetId, ...args], by === "slasher" ? world.slasher : world.gateway]),
          world.subnets,
          "SubnetRegistry_SubnetNotFound",
          [subnetId],
        );
      await assertions.revertWithCustomErrorWithArgs(
        send(world, name, [[1, ...args], world.stranger]),
        world.subnets,
        `SubnetRegistry_${ERRORS[by]}`,
        by === "slasher" ? [addressOf(world.stranger)] : [1, addressOf(world.stranger)],
      );
      expect(await everything(world)).to.deep.equal(before);
    });

    if (!WHEN_CLOSED.includes(name)) continue;
    it(`${name}: refused once the subnet is closed, and nothing changes`, async () => {
      const world = await setup();
      await world.subnets.write.closeSubnet([1], { account: world.gateway.account });
      const before = await everything(world);
      await assertions.revertWithCustomErrorWithArgs(
        send(world, name, [[1, ...args], world.gateway]),
        world.subnets,
        "SubnetRegistry_SubnetIsClosed",
        [1],
      );
      expect(await everything(world)).to.deep.equal(before);
    });
  }

  async function setup(): Promise<World> {
    return await networkHelpers.loadFixture(deployRegistries);
  }
});

type Sender = { account: { address: Address } };

async function send(world: World, name: string, [args, by]: [readonly unknown[], Sender]): Promise<Hash> {
  const write = world.subnets.write as unknown as Record<
    string,
    (args: readonly unknown[], options: object) => Promise<Hash>
  >;
  const call = write[name];
  if (call === undefined) throw new Error(name);
  return await call(args, { account: by.account.address, ...(name === "addStake" ? { value: 1n } : {}) });
}

/** All that the registry stores about its two subnets, and its coin. */
async function everything({ subnets, publicClient }: World): Promise<unknown> {
  const of = async (subnetId: number) => [
    await subnets.read.subnetOf([subnetId]),
    await subnets.read.stakeOf([subnetId]),
    await subnets.read.isAdmitted([subnetId, 1n, 0, 0, 0]),
  ];
  return [
    await of(1),
    await of(2),
    await subnets.read.subnetCount(),
    await subnets.read.slasher(),
    await publicClient.getBalance({ address: subnets.address }),
  ];
}
