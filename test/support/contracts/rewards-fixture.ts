import { type NetworkConnection } from "hardhat/types/network";
import { type Hash, type Hex, keccak256, toHex, zeroAddress } from "viem";
import { eraRewardsAbi } from "@fizz/protocol/chain";
import { eraOf, type RewardEntry, rewardTree } from "@fizz/protocol/rewards";
import { fizzDomain } from "@fizz/protocol/typed-data";
import { amount } from "@fizz/protocol/units";

export const ETHER = 10n ** 18n;
export const DAY = 86_400;
/** A point of TierPoints for a whole era: tenths × seconds. */
export const POINT_ERA = 10n * BigInt(DAY);
export const DELAY = 2 * DAY;
export const STAKE = 10n ** 18n;
export const DATA = keccak256(toHex("published data"));

type Wallets<T> = [T, T, T, T, T, T, T, T];

/** The rewards over mocks of what they read; subnet 1 of `gateway` and subnet 2 of `rival`; nodes 1 and 2. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployRewards({ viem, networkHelpers }: NetworkConnection) {
  const wallets = await viem.getWalletClients();
  const [owner, treasury, gateway, rival, nodeOwner, stranger, slasher, forwarder] = wallets as Wallets<
    (typeof wallets)[number]
  >;
  const registry = await viem.deployContract("RegistryMock");
  const meter = await viem.deployContract("MeterMock");
  const rewards = await viem.deployContract("EraRewards", [
    registry.address,
    registry.address,
    meter.address,
    meter.address,
    treasury.account.address,
    owner.account.address,
    forwarder.account.address,
  ]);
  await registry.write.setFeeReceiver([rewards.address]);
  await meter.write.setTreasury([rewards.address]);
  await registry.write.setSubnet([1, gateway.account.address, gateway.account.address, STAKE]);
  await registry.write.setSubnet([2, rival.account.address, rival.account.address, STAKE]);
  await registry.write.setNode([1n, nodeOwner.account.address]);
  await registry.write.setNode([2n, nodeOwner.account.address]);
  const publicClient = await viem.getPublicClient();
  const now = async (): Promise<number> => await networkHelpers.time.latest();
  const era = async (): Promise<number> => eraOf(await now());

  /** To the first second of the era `count` eras ahead. */
  const nextEra = async (count = 1): Promise<number> => {
    const target = (await era()) + count;
    await networkHelpers.time.increaseTo(target * DAY);
    return target;
  };
  await nextEra();

  const checkpoint = async (subnetId = 1): Promise<Hex> => await rewards.write.checkpoint([subnetId]);
  const pay = async (fees: bigint, points = 0n, subnetId = 1): Promise<Hex> =>
    await meter.write.pay([subnetId, points], { value: fees });
  /** Fees of `fees`, closed at the start of the next era: half of them are in the pool of the subnet. */
  const closeEra = async (fees: bigint, subnetId = 1): Promise<number> => {
    await pay(fees, 0n, subnetId);
    const next = await nextEra();
    await checkpoint(subnetId);
    return next - 1;
  };
  const post = async (
    entries: readonly RewardEntry[],
    changes: { subnetId?: number; era?: number; total?: bigint } = {},
  ) => {
    const subnetId = changes.subnetId ?? 1;
    const { closedEra } = await rewards.read.poolOf([subnetId]);
    const tree = rewardTree(entries);
    const total = changes.total ?? entries.reduce((sum, entry) => sum + entry.cumulative, 0n);
    await rewards.write.postRoot([subnetId, changes.era ?? closedEra, tree.root, total, DATA], {
      account: (subnetId === 1 ? gateway : rival).account,
    });
    return tree;
  };
  const activate = async (): Promise<void> => {
    await networkHelpers.time.increase(DELAY);
  };
  const claimOf = (entry: RewardEntry, entries: readonly RewardEntry[], subnetId = 1) => {
    const tree = rewardTree(entries);
    return { subnetId, ...entry, root: tree.root, proof: tree.proofOf(entry.nodeId) ?? [] };
  };
  /** A root that promises `cumulative` to node 1, active. */
  const promise = async (cumulative: bigint, fees = 2n * cumulative) => {
    await closeEra(fees);
    const entries = [entryOf(1n, cumulative)];
    await post(entries);
    await activate();
    return claimOf(entryOf(1n, cumulative), entries);
  };

  return {
    ...{ owner, treasury, gateway, rival, nodeOwner, stranger, slasher, publicClient, forwarder },
    ...{
      registry,
      meter,
      rewards,
      now,
      era,
      nextEra,
      checkpoint,
      pay,
      closeEra,
      post,
      activate,
      claimOf,
      promise,
    },
    domain: fizzDomain(await publicClient.getChainId(), rewards.address),
    coins: async () => await publicClient.getBalance({ address: rewards.address }),
    /** All that the rewards owe to anybody. */
    owed: async () => await owedBy(rewards, await era()),
  };
}

/** A check that a call reverts with an error of the rewards; only their ABI is used, to decode it. */
export function refusals({
  assertions,
}: NetworkConnection["viem"]): (
  call: Promise<Hash>,
  errorName: string,
  args: readonly unknown[],
) => Promise<void> {
  const holder = { abi: eraRewardsAbi, address: zeroAddress };
  return async (call, errorName, args) => {
    await assertions.revertWithCustomErrorWithArgs(call, holder, errorName as never, args as never);
  };
}

export function entryOf(nodeId: bigint, cumulative: bigint): RewardEntry {
  return { nodeId, cumulative: amount(cumulative) };
}

interface Readable {
  readonly read: {
    readonly totals: () => Promise<readonly [bigint, bigint, bigint]>;
    readonly poolOf: (args: [number]) => Promise<{ readonly free: bigint; readonly latestTotal: bigint }>;
    readonly booksOf: (args: [number]) => Promise<{ readonly claimed: bigint; readonly endowment: bigint }>;
    readonly livenessOf: (args: [number]) => Promise<{ readonly left: bigint }>;
    readonly creditOf: (args: [bigint]) => Promise<readonly [bigint, bigint]>;
  };
}

async function owedBy({ read }: Readable, era: number): Promise<bigint> {
  let sum = (await read.totals()).reduce((total, part) => total + part, 0n);
  for (const subnetId of [1, 2]) {
    const { free, latestTotal } = await read.poolOf([subnetId]);
    const { claimed, endowment } = await read.booksOf([subnetId]);
    sum += free + latestTotal - claimed + endowment;
  }
  for (let offset = 0; offset < 4; offset++) sum += (await read.livenessOf([era - offset])).left;
  for (const nodeId of [1n, 2n]) sum += (await read.creditOf([nodeId]))[0];
  return sum;
}
