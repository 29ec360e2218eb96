import { expect } from "chai";
import { network } from "hardhat";
import { type Address, type Hash, zeroAddress } from "viem";
import { addressOf, FEE, registration, resources } from "../support/contracts/market-fixture.ts";
import {
  deployRegistries,
  MODE,
  NODE_STATUS,
  PROVIDER_MIN_BOND,
} from "../support/contracts/registry-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

type World = Awaited<ReturnType<typeof deployRegistries>>;
type Words = ReturnType<typeof registration>;
interface Case {
  readonly call: (world: World) => Promise<Hash>;
  readonly error: string;
  readonly args?: (world: World) => unknown[];
}

const MAX96 = 2n ** 96n - 1n;
const MAX40 = 2 ** 40 - 1;

const register =
  (changes: Partial<Words>, value = FEE): Case["call"] =>
  async ({ nodes, stranger }) =>
    await nodes.write.register([{ ...registration(addressOf(stranger)), ...changes }, "0x"], {
      account: stranger.account,
      value,
    });

const CASES: Record<string, Case> = {
  "register: no fee": { call: register({}, 0n), error: "WrongFee", args: () => [0n, FEE] },
  "register: zero operator": { call: register({ operator: zeroAddress }), error: "ZeroOperator" },
  "register: no CPU": {
    call: register({ resources: resources({ milliCpu: 0, memoryMiB: 5 }) }),
    error: "EmptyResources",
    args: () => [0, 5],
  },
  "register: no memory": {
    call: register({ resources: resources({ milliCpu: 5, memoryMiB: 0 }) }),
    error: "EmptyResources",
    args: () => [5, 0],
  },
  "register: the largest word as resources": {
    call: register({ resources: 2n ** 128n - 1n, mode: MODE.provider }),
    error: "OfferTooLarge",
    args: () => ["milliCpu", 2n ** 32n - 1n, 2n ** 22n - 1n],
  },
  "register: a CPU tier that does not fit": {
    call: register({ cpuTier: 256 }),
    error: "TierTooLarge",
    args: () => [256, 255],
  },
  "register: a GPU tier that does not fit": {
    call: register({ gpuTier: 65_535 }),
    error: "TierTooLarge",
    args: () => [65_535, 255],
  },
  "register: a foreign operator key": {
    call: async (world) => await register({ operator: addressOf(world.other) })(world),
    error: "BadConsent",
    args: ({ other }) => [addressOf(other), zeroAddress],
  },
  "register: the operator key of another node": {
    call: async (world) => await register({ operator: addressOf(world.operator) })(world),
    error: "OperatorTaken",
    args: ({ operator }) => [addressOf(operator), 1n],
  },
  "setResources: nothing": {
    call: async ({ nodes, nodeOwner }) =>
      await nodes.write.setResources([1n, 0n], { account: nodeOwner.account }),
    error: "EmptyResources",
    args: () => [0, 0],
  },
  "setResources: the largest word": {
    call: async ({ nodes, nodeOwner }) =>
      await nodes.write.setResources([1n, 2n ** 128n - 1n], { account: nodeOwner.account }),
    error: "OfferTooLarge",
    args: () => ["milliCpu", 2n ** 32n - 1n, 32_000n],
  },
  "joinSubnet: subnet 0": {
    call: async ({ nodes, operator }) =>
      await nodes.write.joinSubnet([1n, 0, 1], { account: operator.account }),
    error: "NotAdmitted",
    args: () => [1n, 0],
  },
  "joinSubnet: a cut above 100 %": {
    call: async ({ nodes, operator }) =>
      await nodes.write.joinSubnet([1n, 2, 65_535], { account: operator.account }),
    error: "BadAcceptedCut",
    args: () => [65_535, 10_000],
  },
  "leaveSubnet: subnet 0": {
    call: async ({ nodes, operator }) =>
      await nodes.write.leaveSubnet([1n, 0], { account: operator.account }),
    error: "NotInSubnet",
    args: () => [1n, 0],
  },
  "bond: nothing": {
    call: async ({ nodes, provider }) =>
      await nodes.write.bond([2n], { account: provider.account, value: 0n }),
    error: "ZeroAmount",
    args: () => [2n],
  },
  "thawBond: nothing": {
    call: async ({ nodes, provider }) => await nodes.write.thawBond([2n, 0n], { account: provider.account }),
    error: "ZeroAmount",
    args: () => [2n],
  },
  "thawBond: the largest amount": {
    call: async ({ nodes, provider }) =>
      await nodes.write.thawBond([2n, MAX96], { account: provider.account }),
    error: "ThawTooMuch",
    args: () => [2n, MAX96, PROVIDER_MIN_BOND],
  },
  "cancelThaw: nothing thaws": {
    call: async ({ nodes, provider }) => await nodes.write.cancelThaw([2n], { account: provider.account }),
    error: "NothingThaws",
    args: () => [2n],
  },
  "withdrawBond: nothing thaws": {
    call: async ({ nodes, provider }) => await nodes.write.withdrawBond([2n], { account: provider.account }),
    error: "NothingThaws",
    args: () => [2n],
  },
  "lockBond: a time that is over": {
    call: async ({ nodes, slasher }) => await nodes.write.lockBond([2n, 1n, 0], { account: slasher.account }),
    error: "TimeOutOfRange",
  },
  "lockBond: the largest time": {
    call: async ({ nodes, slasher }) =>
      await nodes.write.lockBond([2n, 1n, MAX40], { account: slasher.account }),
    error: "TimeOutOfRange",
  },
  "suspend: the largest time": {
    call: async ({ nodes, slasher }) => await nodes.write.suspend([2n, MAX40], { account: slasher.account }),
    error: "TimeOutOfRange",
  },
  "suspend: a time that is over": {
    call: async ({ nodes, slasher }) => await nodes.write.suspend([2n, 0], { account: slasher.account }),
    error: "TimeOutOfRange",
  },
  "reinstate: not suspended": {
    call: async ({ nodes, provider }) => await nodes.write.reinstate([2n], { account: provider.account }),
    error: "WrongStatus",
    args: () => [2n, NODE_STATUS.registered],
  },
  "finishExit: not asked for": {
    call: async ({ nodes, stranger }) => await nodes.write.finishExit([1n], { account: stranger.account }),
    error: "WrongStatus",
    args: () => [1n, NODE_STATUS.active],
  },
  "setFeeReceiver: zero": {
    call: async ({ nodes, owner }) =>
      await nodes.write.setFeeReceiver([zeroAddress], { account: owner.account }),
    error: "ZeroFeeReceiver",
  },
  "setSlasher: a second time": {
    call: async ({ nodes, owner }) =>
      await nodes.write.setSlasher([addressOf(owner)], { account: owner.account }),
    error: "SlasherAlreadySet",
    args: ({ slasher }) => [addressOf(slasher)],
  },
};

/** Each call that names a node, by whom it is allowed for node 1. */
const OF_A_NODE: Record<
  string,
  readonly [by: "owner" | "either" | "slasher" | "anyone", args: readonly unknown[]]
> = {
  setResources: ["owner", [resources({ milliCpu: 1, memoryMiB: 1 })]],
  requestExit: ["owner", []],
  bond: ["owner", []],
  thawBond: ["owner", [1n]],
  cancelThaw: ["owner", []],
  withdrawBond: ["owner", []],
  reinstate: ["owner", []],
  joinSubnet: ["either", [2, 1_000]],
  leaveSubnet: ["either", [1]],
  setAcceptedCut: ["either", [1, 1_000]],
  invalidateOptIn: ["either", [1n]],
  setDraining: ["either", [true]],
  finishExit: ["anyone", []],
  lockBond: ["slasher", [1n, MAX40]],
  unlockBond: ["slasher", [1n]],
  slashBond: ["slasher", [1n]],
  suspend: ["slasher", [MAX40]],
};

describe("NodeRegistry: bad input", () => {
  for (const [title, { call, error, args }] of Object.entries(CASES)) {
    it(`${title}: refused with its own error, and nothing changes`, async () => {
      const world = await setup();
      const before = await everything(world);
      const refused = call(world);
      const name = `NodeRegistry_${error}` as never;
      if (args === undefined) await assertions.revertWithCustomError(refused, world.nodes, name);
      else await assertions.revertWithCustomErrorWithArgs(refused, world.nodes, name, args(world));
      expect(await everything(world)).to.deep.equal(before);
    });
  }

  for (const [name, [by, args]] of Object.entries(OF_A_NODE)) {
    it(`${name}: refused for nodes 0 and 99, and nothing changes`, async () => {
      const world = await setup();
      const before = await everything(world);
      const account = by === "slasher" ? world.slasher : world.nodeOwner;
      for (const nodeId of [0n, 99n])
        await assertions.revertWithCustomErrorWithArgs(
          send(world, name, [[nodeId, ...args], account]),
          world.nodes,
          "NodeRegistry_NodeNotFound",
          [nodeId],
        );
      expect(await everything(world)).to.deep.equal(before);
    });

    if (by === "anyone") continue;
    it(`${name}: refused to strangers${by === "owner" ? " and to the operator" : ""}, and nothing changes`, async () => {
      const world = await setup();
      const before = await everything(world);
      const callers = by === "owner" ? [world.stranger, world.operator] : [world.stranger];
      const errors = { owner: "NotOwner", either: "NotOwnerOrOperator", slasher: "NotSlasher" } as const;
      for (const caller of callers)
        await assertions.revertWithCustomErrorWithArgs(
          send(world, name, [[1n, ...args], caller]),
          world.nodes,
          `NodeRegistry_${errors[by]}`,
          by === "slasher" ? [addressOf(caller)] : [1n, addressOf(caller)],
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
  const write = world.nodes.write as unknown as Record<
    string,
    (args: readonly unknown[], options: object) => Promise<Hash>
  >;
  const call = write[name];
  if (call === undefined) throw new Error(name);
  return await call(args, { account: by.account.address, ...(name === "bond" ? { value: 1n } : {}) });
}

/** All that the registry stores about the three nodes, and its coin. */
async function everything({ nodes, publicClient }: World): Promise<unknown> {
  const of = async (nodeId: bigint) => [
    await nodes.read.nodeOf([nodeId]),
    await nodes.read.bondOf([nodeId]),
    await nodes.read.deadlinesOf([nodeId]),
    await nodes.read.membershipOf([nodeId, 1]),
    await nodes.read.membershipOf([nodeId, 2]),
    await nodes.read.isOptInSpent([nodeId, 1n]),
  ];
  return [
    await of(1n),
    await of(2n),
    await of(3n),
    await nodes.read.nodeCount(),
    await nodes.read.feesCollected(),
    await nodes.read.feeReceiver(),
    await nodes.read.slasher(),
    await publicClient.getBalance({ address: nodes.address }),
  ];
}
