import { type NetworkConnection } from "hardhat/types/network";
import { type Address, type Hex, keccak256, parseEther, toHex, zeroAddress, zeroHash } from "viem";
import {
  fizzDomain,
  leaseTree,
  type Pulse,
  pulseTypedData,
  serviceReceiptTypedData,
} from "@fizz/protocol/typed-data";

export const DAY = 86_400;
export const DEPOSIT = parseEther("0.01");
/** 10^12 wei a second: 0.0864 ETH a day. */
export const WEI_PER_SECOND = 10n ** 12n;
export const LEASE_HASH = keccak256(toHex("lease"));
export const REPORT = { none: 0, open: 1, appealed: 2, compensated: 3, settled: 4, lapsed: 5 } as const;
export const CLAIM = { none: 0, open: 1, voided: 2, released: 3 } as const;
export const FAULT = { none: 0, falseCapacity: 1, falseRoot: 2, omission: 3 } as const;
const LEASE_STATE = { open: 1, active: 2, reclaiming: 3, closed: 4 } as const;

/**
 * The slasher with small stand-ins for the contracts around it: node 1 is a Fizz node with a bond of 0.1 ETH, node 2 a
 * provider with 1 ETH, node 3 a Fizz node without a bond; subnet 1 (1 ETH) has all of them, subnet 2 (1 ETH) is another
 * gateway's. Leases 1, 2, 3 run on those nodes through subnet 1.
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deploySlasher({ viem, networkHelpers }: NetworkConnection) {
  const wallets = await viem.getWalletClients();
  type Wallet = (typeof wallets)[number];
  const [owner, pool, gateway, otherGateway, nodeOwner, operator, tenant, stranger, forwarder] = wallets as [
    Wallet,
    Wallet,
    Wallet,
    Wallet,
    Wallet,
    Wallet,
    Wallet,
    Wallet,
    Wallet,
  ];
  const nodes = await viem.deployContract("MockNodes");
  const subnets = await viem.deployContract("MockSubnets");
  const market = await viem.deployContract("MockMarket");
  const rounds = await viem.deployContract("MockVerdicts");
  const rewards = await viem.deployContract("MockRewards");
  const slasher = await viem.deployContract("Slasher", [
    nodes.address,
    subnets.address,
    market.address,
    rounds.address,
    rewards.address,
    pool.account.address,
    owner.account.address,
    forwarder.account.address,
  ]);
  const publicClient = await viem.getPublicClient();
  const domain = fizzDomain(await publicClient.getChainId(), slasher.address);
  const now = async (): Promise<number> => await networkHelpers.time.latest();

  for (const [nodeId, mode] of [
    [1n, 0],
    [2n, 1],
    [3n, 0],
  ] as const) {
    await nodes.write.setNode([nodeId, nodeOwner.account.address, operator.account.address, mode]);
    await nodes.write.setJoined([nodeId, 1, true]);
  }
  await subnets.write.setSubnet([1, gateway.account.address, gateway.account.address, true]);
  await subnets.write.setSubnet([2, otherGateway.account.address, otherGateway.account.address, true]);
  await nodes.write.stake([1n], { value: parseEther("0.1") });
  await nodes.write.stake([2n], { value: parseEther("1") });
  await subnets.write.stake([1n], { value: parseEther("1") });
  await subnets.write.stake([2n], { value: parseEther("1") });

  const setLease = async (lid: bigint, changes: Partial<MockLease> = {}): Promise<void> => {
    const lease = { ...mockLease(tenant.account.address, lid, await now()), ...changes };
    await market.write.setLease([lid, lease]);
  };
  for (const lid of [1n, 2n, 3n]) await setLease(lid);

  const reports = async () => await slasher.getEvents.ReportFiled({}, { fromBlock: 0n });
  /** Files a report by any of the calls, and returns what its event carried. */
  const file = async (transaction: Promise<Hex>) => {
    await transaction;
    const filed = (await reports()).at(-1);
    if (filed?.args.report === undefined || filed.args.reportId === undefined) throw new Error("no report");
    return { reportId: filed.args.reportId, report: filed.args.report };
  };
  const claim = async (transaction: Promise<Hex>) => {
    await transaction;
    const made = (await slasher.getEvents.DowntimeClaimed({}, { fromBlock: 0n })).at(-1);
    if (made?.args.claim === undefined || made.args.claimId === undefined) throw new Error("no claim");
    return { claimId: made.args.claimId, claim: made.args.claim };
  };
  const noShow = async (lid = 1n) => {
    await market.write.setNoShow([lid]);
    return await file(slasher.write.reportNoShow([lid], { account: stranger.account }));
  };
  const abandonment = async (lid = 1n) =>
    await file(slasher.write.reportAbandonment([lid], { account: tenant.account, value: DEPOSIT }));
  const verdict = async (fault: number, changes: Partial<MockVerdict> = {}) => {
    const id = keccak256(toHex(`verdict ${fault} ${String(changes.nodeId)}`));
    await rounds.write.setVerdict([
      id,
      {
        fault,
        nodeId: 1n,
        subnetId: 1,
        round: 1,
        decidedAt: await now(),
        reporter: stranger.account.address,
        ...changes,
      },
    ]);
    return id;
  };
  const makePulse = async (changes: Partial<Pulse> = {}, leases: readonly Hex[] = [LEASE_HASH]) => ({
    nodeId: 1n,
    subnetId: 1,
    at: await now(),
    leases: leases.length,
    leaseRoot: leaseTree(leases).root,
    ...changes,
  });
  const signPulse = async (pulse: Pulse, signer: Wallet): Promise<Hex> =>
    await signer.signTypedData({ account: signer.account, ...pulseTypedData(domain, pulse) });
  const signService = async (
    { from, until, leaseHash = LEASE_HASH }: { from: number; until: number; leaseHash?: Hex },
    signer: Wallet,
  ) =>
    await signer.signTypedData({
      account: signer.account,
      ...serviceReceiptTypedData(domain, { leaseHash, from, until }),
    });
  /** The next transaction is mined at exactly this time. */
  const at = async (time: number): Promise<void> => {
    await networkHelpers.time.setNextBlockTimestamp(time);
  };
  /** Downtime of node 1 in lease 1: the last `duration` seconds before now, out of a day that is held back. */
  const claimDowntime = async (duration = 3_600) => {
    await market.write.setHeld([1n, DAY, BigInt(DAY) * WEI_PER_SECOND]);
    await setLease(1n, { settledAt: (await now()) - DAY + 1_000 });
    const from = (await now()) - duration;
    return await claim(slasher.write.claimDowntime([1n, from, duration], { account: gateway.account }));
  };

  return {
    ...{ owner, pool, gateway, otherGateway, nodeOwner, operator, tenant, stranger, forwarder, publicClient },
    ...{ nodes, subnets, market, rounds, rewards, slasher, domain, now, at },
    ...{ setLease, file, claim, noShow, abandonment, verdict, makePulse, signPulse, signService },
    claimDowntime,
    /** Wei that each may withdraw. */
    balances: async () => ({
      pool: await slasher.read.balanceOf([pool.account.address]),
      tenant: await slasher.read.balanceOf([tenant.account.address]),
      stranger: await slasher.read.balanceOf([stranger.account.address]),
      nodeOwner: await slasher.read.balanceOf([nodeOwner.account.address]),
    }),
  };
}

type MockLease = ReturnType<typeof mockLease>;

interface MockVerdict {
  readonly nodeId: bigint;
  readonly subnetId: number;
  readonly decidedAt: number;
  readonly reporter: Address;
}

/** An Active lease in the native coin that began at `startedAt`. */
function mockLease(tenant: Address, nodeId: bigint, startedAt: number) {
  return {
    tenant,
    nodeId,
    subnetId: 1,
    token: zeroAddress as Address,
    ratePerSecond: WEI_PER_SECOND * 10n ** 12n,
    balance: 0n,
    settledAt: startedAt,
    deadline: 0,
    state: LEASE_STATE.active as number,
    version: 1,
    resources: 1n,
    scaledRemainder: 0,
    subnetCutBps: 1_000,
    protocolCutBps: 500,
    noticeSeconds: 0,
    reservationSeconds: 0,
    leaseHash: LEASE_HASH,
    manifestHash: zeroHash as Hex,
  };
}
