import { type NetworkConnection } from "hardhat/types/network";
import { type Hex, parseEther } from "viem";
import { eraOf, type RewardEntry, rewardTree } from "@fizz/protocol/rewards";
import { deployCapacity } from "./capacity-fixture.ts";
import { deployHoldingMarket, ETHER, HOLDBACK, NATIVE, REASON, subnetSettings } from "./market-fixture.ts";
import { BOND, DAY, WEI_PER_SECOND } from "./protocol-fixture.ts";
import { DATA, DELAY, entryOf } from "./rewards-fixture.ts";

/** What {@link deployWhole}'s `earn` costs the tenant. */
export const PAID = 10_000n * WEI_PER_SECOND;
export const SYBIL_STAKE = parseEther("0.15");
const EARN_SECONDS = 10_000;

/**
 * All contracts, none of them a stand-in. Subnet 1 (stake 0.05 ETH) has nodes 1 (bond 0.1 ETH) and 2; subnet 2 has the
 * larger stake ({@link SYBIL_STAKE}) and no node. The slasher's pool is an account of its own, `pool`.
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployWhole(connection: NetworkConnection) {
  const { viem, networkHelpers } = connection;
  const base = await deployCapacity(connection, deployHoldingMarket);
  const { owner, treasury, feeReceiver: pool, gateway, nodeOwner, tenant, stranger } = base;
  const { nodes, subnets, market, rounds, now, at, publicClient } = base;
  const [rival] = (await viem.getWalletClients()).slice(11) as [typeof gateway];
  const forwarder = await nodes.read.trustedForwarder();
  const rewards = await viem.deployContract("EraRewards", [
    nodes.address,
    subnets.address,
    market.address,
    rounds.address,
    treasury.account.address,
    owner.account.address,
    forwarder,
  ]);
  const slasher = await viem.deployContract("Slasher", [
    nodes.address,
    subnets.address,
    market.address,
    rounds.address,
    rewards.address,
    pool.account.address,
    owner.account.address,
    forwarder,
  ]);
  const byOwner = { account: owner.account };
  await nodes.write.setSlasher([slasher.address], byOwner);
  await subnets.write.setSlasher([slasher.address], byOwner);
  await market.write.setSlasher([slasher.address], byOwner);
  await rewards.write.setSlasher([slasher.address], byOwner);
  await nodes.write.setFeeReceiver([rewards.address], byOwner);
  await market.write.setTreasury([rewards.address], byOwner);
  await nodes.write.bond([1n], { account: nodeOwner.account, value: BOND });
  await subnets.write.registerSubnet([subnetSettings(rival.account.address)], {
    account: rival.account,
    value: SYBIL_STAKE,
  });

  /** To the first second of the next era. */
  const nextEra = async (): Promise<number> => {
    const era = eraOf(await now()) + 1;
    await networkHelpers.time.increaseTo(era * DAY);
    return era;
  };
  await nextEra();

  /** A lease on node 1 that costs {@link PAID}, over and paid out: nothing of it is held back any more. */
  const earn = async (): Promise<bigint> => {
    const quote = { ratePerSecond: WEI_PER_SECOND * 10n ** 12n };
    const { lid, startedAt } = await base.startLease({ quote, prepaidSeconds: 2 * EARN_SECONDS });
    await at(startedAt + EARN_SECONDS);
    await market.write.close([lid, REASON.tenant], { account: tenant.account });
    await at(startedAt + EARN_SECONDS + HOLDBACK);
    await market.write.settle([lid], { account: stranger.account });
    return lid;
  };
  const checkpoint = async (subnetId: number): Promise<Hex> =>
    await rewards.write.checkpoint([subnetId], { account: stranger.account });
  const post = async (entries: readonly RewardEntry[], total: bigint): Promise<Hex> => {
    const { closedEra } = await rewards.read.poolOf([1]);
    const { root } = rewardTree(entries);
    return await rewards.write.postRoot([1, closedEra, root, total, DATA], { account: gateway.account });
  };
  const claimOf = (entry: RewardEntry, entries: readonly RewardEntry[]) => {
    const tree = rewardTree(entries);
    return { subnetId: 1, ...entry, root: tree.root, proof: tree.proofOf(entry.nodeId) ?? [] };
  };

  return {
    ...{ ...base, pool, rival, rewards, slasher },
    ...{ nextEra, earn, checkpoint, post, claimOf },
    activate: async (): Promise<void> => {
      await networkHelpers.time.increase(DELAY);
    },
    /** Gives node 1 the whole budget of a lease, as credit. */
    reward: async (): Promise<bigint> => {
      await earn();
      await nextEra();
      await checkpoint(1);
      const { free } = await rewards.read.poolOf([1]);
      const entries = [entryOf(1n, free)];
      await post(entries, free);
      await networkHelpers.time.increase(DELAY);
      await rewards.write.claim([claimOf(entryOf(1n, free), entries)]);
      return free;
    },
    /** Reports what the rounds decided, lets the accused have its time, and settles. */
    punish: async (verdictId: Hex) => {
      await slasher.write.reportVerdict([verdictId], { account: tenant.account });
      const filed = (await slasher.getEvents.ReportFiled({}, { fromBlock: 0n })).at(-1)?.args;
      if (filed?.report === undefined || filed.reportId === undefined)
        throw new Error("nothing was reported");
      const { report, reportId } = filed;
      await networkHelpers.time.increaseTo(report.appealUntil + 1);
      const settled = slasher.write.settle([report], { account: tenant.account });
      await settled;
      return { report, reportId, settled };
    },
    /** Wei that the slasher owes to each. */
    shares: async () => ({
      reporter: await slasher.read.balanceOf([base.reporter.account.address]),
      pool: await slasher.read.balanceOf([pool.account.address]),
      tenant: await slasher.read.balanceOf([tenant.account.address]),
    }),
    stakeOf: async (subnetId: number) => (await subnets.read.stakeOf([subnetId])).amount,
    bondOf: async (nodeId: bigint) => (await nodes.read.bondOf([nodeId])).amount,
    /** Coins that lie in each contract. */
    coins: async () => ({
      nodes: await publicClient.getBalance({ address: nodes.address }),
      subnets: await publicClient.getBalance({ address: subnets.address }),
      market: await publicClient.getBalance({ address: market.address }),
      rounds: await publicClient.getBalance({ address: rounds.address }),
      rewards: await publicClient.getBalance({ address: rewards.address }),
      slasher: await publicClient.getBalance({ address: slasher.address }),
    }),
    free: async (wallet: typeof gateway) => await market.read.accountOf([wallet.account.address, NATIVE]),
    escrow: 10n * ETHER,
  };
}
