import { expect } from "chai";
import { network } from "hardhat";
import { type Address, encodeFunctionData, type Hex, keccak256, toHex, zeroAddress, zeroHash } from "viem";
import { addressOf } from "../support/contracts/market-fixture.ts";
import { DAY, EXIT_SECONDS, GRACE_SECONDS } from "../support/contracts/governance-fixture.ts";

const { viem, networkHelpers } = await network.create();
const { assertions } = viem;

const MIN_DELAY = BigInt(4 * DAY);
const MAX_DELAY = BigInt(30 * DAY);
const DELAY = BigInt(5 * DAY);
const ROLE = {
  admin: zeroHash,
  proposer: keccak256(toHex("PROPOSER_ROLE")),
  executor: keccak256(toHex("EXECUTOR_ROLE")),
  canceller: keccak256(toHex("CANCELLER_ROLE")),
};

describe("ProtocolTimelock", () => {
  describe("when deployed", () => {
    it("gives each role to its accounts, and administration to nobody but itself", async () => {
      const { timelock, deployer, proposer, canceller } = await setup();
      const has = async (role: Hex, account: Address) => await timelock.read.hasRole([role, account]);
      const [p, c] = [addressOf(proposer), addressOf(canceller)];
      expect(await has(ROLE.proposer, p)).to.equal(true);
      expect(await has(ROLE.canceller, c)).to.equal(true);
      expect(await has(ROLE.executor, zeroAddress)).to.equal(true);
      expect(await has(ROLE.admin, timelock.address)).to.equal(true);
      expect(await has(ROLE.canceller, p)).to.equal(false);
      expect(await has(ROLE.proposer, c)).to.equal(false);
      for (const account of [addressOf(deployer), p, c]) {
        expect(await has(ROLE.admin, account)).to.equal(false);
      }
      expect(await timelock.read.getMinDelay()).to.equal(DELAY);
    });

    it("has bounds around every delay, and the lower one is longer than a node's exit", async () => {
      const { timelock, nodes } = await setup();
      expect(await timelock.read.MIN_DELAY()).to.equal(MIN_DELAY);
      expect(await timelock.read.MAX_DELAY()).to.equal(MAX_DELAY);
      expect(MIN_DELAY > BigInt(await nodes.read.EXIT_SECONDS())).to.equal(true);
    });

    it("takes the bounds themselves, and nothing beyond them", async () => {
      const { deploy, timelock } = await setup();
      expect(await (await deploy({ delay: MIN_DELAY })).read.getMinDelay()).to.equal(MIN_DELAY);
      expect(await (await deploy({ delay: MAX_DELAY })).read.getMinDelay()).to.equal(MAX_DELAY);
      for (const delay of [0n, MIN_DELAY - 1n, MAX_DELAY + 1n]) {
        await assertions.revertWithCustomErrorWithArgs(
          deploy({ delay }),
          timelock,
          "ProtocolTimelock_DelayOutOfRange",
          [delay, MIN_DELAY, MAX_DELAY],
        );
      }
    });

    it("is refused where a node's exit takes as long as the shortest delay", async () => {
      const { deploy, timelock } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        deploy({ exitSeconds: Number(MIN_DELAY) }),
        timelock,
        "ProtocolTimelock_ExitTooLong",
        [MIN_DELAY, MIN_DELAY],
      );
      await deploy({ exitSeconds: Number(MIN_DELAY) - 1 });
    });

    it("is refused without an account for each role, and with zero accounts", async () => {
      const { deploy, timelock, proposer } = await setup();
      const some = addressOf(proposer);
      const roles = [
        ["proposers", ROLE.proposer],
        ["executors", ROLE.executor],
        ["cancellers", ROLE.canceller],
      ] as const;
      for (const [name, role] of roles) {
        await assertions.revertWithCustomErrorWithArgs(
          deploy({ [name]: [] }),
          timelock,
          "ProtocolTimelock_NoAccount",
          [role],
        );
      }
      for (const [name, role] of [roles[0], roles[2]] as const) {
        await assertions.revertWithCustomErrorWithArgs(
          deploy({ [name]: [some, zeroAddress] }),
          timelock,
          "ProtocolTimelock_ZeroAccount",
          [role, 1n],
        );
      }
    });
  });

  describe("an operation", () => {
    it("is executed by anybody once the delay is over, and not a second earlier", async () => {
      const { timelock, target, schedule, execute, setValue, ready } = await setup();
      await schedule(setValue(7n));
      await networkHelpers.time.setNextBlockTimestamp((await ready(setValue(7n))) - 1n);
      await assertions.revertWithCustomError(
        execute(setValue(7n)),
        timelock,
        "TimelockUnexpectedOperationState",
      );
      await networkHelpers.time.setNextBlockTimestamp(await ready(setValue(7n)));
      await execute(setValue(7n));
      expect(await target.read.value()).to.equal(7n);
    });

    it("is executed once", async () => {
      const { timelock, schedule, execute, setValue, ready } = await setup();
      await schedule(setValue(7n));
      await networkHelpers.time.increaseTo(await ready(setValue(7n)));
      await execute(setValue(7n));
      await assertions.revertWithCustomError(
        execute(setValue(7n)),
        timelock,
        "TimelockUnexpectedOperationState",
      );
    });

    it("is void when nobody executed it in time, and can then be scheduled anew with the whole delay", async () => {
      const { timelock, target, schedule, execute, setValue, ready } = await setup();
      await schedule(setValue(7n));
      const end = (await ready(setValue(7n))) + BigInt(GRACE_SECONDS);
      await networkHelpers.time.setNextBlockTimestamp(end + 1n);
      await assertions.revertWithCustomError(
        execute(setValue(7n)),
        timelock,
        "TimelockUnexpectedOperationState",
      );
      await schedule(setValue(7n));
      await assertions.revertWithCustomError(
        execute(setValue(7n)),
        timelock,
        "TimelockUnexpectedOperationState",
      );
      await networkHelpers.time.setNextBlockTimestamp((await ready(setValue(7n))) + BigInt(GRACE_SECONDS));
      await execute(setValue(7n));
      expect(await target.read.value()).to.equal(7n);
    });

    it("is scheduled by proposers alone, and not with less than the delay", async () => {
      const { timelock, schedule, setValue, canceller, stranger } = await setup();
      for (const account of [canceller, stranger]) {
        await assertions.revertWithCustomErrorWithArgs(
          schedule(setValue(7n), { by: account }),
          timelock,
          "AccessControlUnauthorizedAccount",
          [addressOf(account), ROLE.proposer],
        );
      }
      await assertions.revertWithCustomErrorWithArgs(
        schedule(setValue(7n), { delay: DELAY - 1n }),
        timelock,
        "TimelockInsufficientDelay",
        [DELAY - 1n, DELAY],
      );
    });

    it("is stopped by cancellers alone", async () => {
      const { timelock, schedule, execute, setValue, ready, idOf, proposer, canceller } = await setup();
      await schedule(setValue(7n));
      const end = await ready(setValue(7n));
      const id = await idOf(setValue(7n));
      await assertions.revertWithCustomErrorWithArgs(
        timelock.write.cancel([id], { account: proposer.account }),
        timelock,
        "AccessControlUnauthorizedAccount",
        [addressOf(proposer), ROLE.canceller],
      );
      await timelock.write.cancel([id], { account: canceller.account });
      await networkHelpers.time.increaseTo(end);
      await assertions.revertWithCustomError(
        execute(setValue(7n)),
        timelock,
        "TimelockUnexpectedOperationState",
      );
    });

    it("cannot be avoided: not even the proposer owns what the timelock owns", async () => {
      const { target, proposer } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        target.write.setValue([1n], { account: proposer.account }),
        target,
        "OwnableUnauthorizedAccount",
        [addressOf(proposer)],
      );
    });
  });

  describe("updateDelay", () => {
    it("is refused to everybody but the timelock", async () => {
      const { timelock, proposer } = await setup();
      await assertions.revertWithCustomErrorWithArgs(
        timelock.write.updateDelay([MAX_DELAY], { account: proposer.account }),
        timelock,
        "TimelockUnauthorizedCaller",
        [addressOf(proposer)],
      );
    });

    it("moves within the bounds after the old delay", async () => {
      const { timelock, schedule, execute, ready } = await setup();
      const data = updateDelay(MIN_DELAY);
      await schedule(data, { target: timelock.address });
      await networkHelpers.time.increaseTo(await ready(data, timelock.address));
      await execute(data, timelock.address);
      expect(await timelock.read.getMinDelay()).to.equal(MIN_DELAY);
    });

    it("never falls to a node's exit, whoever voted for it", async () => {
      const { timelock, schedule, execute, ready } = await setup();
      for (const delay of [0n, BigInt(EXIT_SECONDS), MIN_DELAY - 1n, MAX_DELAY + 1n]) {
        const data = updateDelay(delay);
        await schedule(data, { target: timelock.address });
        await networkHelpers.time.increaseTo(await ready(data, timelock.address));
        await assertions.revertWithCustomErrorWithArgs(
          execute(data, timelock.address),
          timelock,
          "ProtocolTimelock_DelayOutOfRange",
          [delay, MIN_DELAY, MAX_DELAY],
        );
      }
      expect(await timelock.read.getMinDelay()).to.equal(DELAY);
    });

    function updateDelay(delay: bigint): Hex {
      return encodeFunctionData({ abi: UPDATE_DELAY, functionName: "updateDelay", args: [delay] });
    }
  });

  describe("acceptOwnership", () => {
    it("takes what was offered, at once and whoever calls", async () => {
      const { timelock, deployer, stranger } = await setup();
      const offered = await viem.deployContract("OwnedMock", [deployer.account.address]);
      await offered.write.transferOwnership([timelock.address]);
      await timelock.write.acceptOwnership([offered.address], { account: stranger.account });
      expect(await offered.read.owner()).to.equal(addressOf({ account: timelock }));
    });

    it("calls nothing that was not offered", async () => {
      const { timelock, deployer, stranger } = await setup();
      const kept = await viem.deployContract("OwnedMock", [deployer.account.address]);
      await assertions.revertWithCustomErrorWithArgs(
        timelock.write.acceptOwnership([kept.address], { account: stranger.account }),
        timelock,
        "ProtocolTimelock_NotOffered",
        [addressOf({ account: kept }), zeroAddress],
      );
    });
  });

  async function setup() {
    return await networkHelpers.loadFixture(deployTimelock);
  }
});

const UPDATE_DELAY = [
  {
    type: "function",
    name: "updateDelay",
    stateMutability: "nonpayable",
    inputs: [{ name: "newDelay", type: "uint256" }],
    outputs: [],
  },
] as const;

async function deployTimelock() {
  const wallets = await viem.getWalletClients();
  const [deployer, proposer, canceller, stranger] = wallets as Required4<(typeof wallets)[number]>;
  const nodes = await viem.deployContract("EarningsMock", [EXIT_SECONDS]);
  const deploy = async (input: Partial<TimelockInput> = {}) =>
    await viem.deployContract("ProtocolTimelock", [
      input.delay ?? DELAY,
      input.exitSeconds === undefined
        ? nodes.address
        : (await viem.deployContract("EarningsMock", [input.exitSeconds])).address,
      {
        proposers: input.proposers ?? [proposer.account.address],
        executors: input.executors ?? [zeroAddress],
        cancellers: input.cancellers ?? [canceller.account.address],
      },
    ]);
  const timelock = await deploy();
  const target = await viem.deployContract("OwnedMock", [timelock.address]);

  const setValue = (value: bigint): Hex =>
    encodeFunctionData({ abi: target.abi, functionName: "setValue", args: [value] });
  const idOf = async (data: Hex, to: Address = target.address) =>
    await timelock.read.hashOperation([to, 0n, data, zeroHash, zeroHash]);
  const schedule = async (data: Hex, options: Partial<ScheduleOptions> = {}) =>
    await timelock.write.schedule(
      [options.target ?? target.address, 0n, data, zeroHash, zeroHash, options.delay ?? DELAY],
      { account: (options.by ?? proposer).account.address },
    );
  const execute = async (data: Hex, to: Address = target.address) =>
    await timelock.write.execute([to, 0n, data, zeroHash, zeroHash], { account: stranger.account });
  const ready = async (data: Hex, to: Address = target.address) =>
    await timelock.read.getTimestamp([await idOf(data, to)]);
  return {
    ...{ deployer, proposer, canceller, stranger, nodes, timelock, target },
    ...{ deploy, setValue, idOf, schedule, execute, ready },
  };
}

type Required4<T> = [T, T, T, T];

interface TimelockInput {
  readonly delay: bigint;
  readonly exitSeconds: number;
  readonly proposers: Address[];
  readonly executors: Address[];
  readonly cancellers: Address[];
}

interface ScheduleOptions {
  readonly target: Address;
  readonly delay: bigint;
  readonly by: { readonly account: { readonly address: Address } };
}
