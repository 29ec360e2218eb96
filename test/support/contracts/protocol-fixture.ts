import { type NetworkConnection } from "hardhat/types/network";
import { type Address, type Hex, keccak256, parseEther, toHex, zeroAddress } from "viem";
import {
  fizzDomain,
  leaseTree,
  type Pulse,
  pulseTypedData,
  serviceReceiptTypedData,
} from "@fizz/protocol/typed-data";
import { deployHoldingMarket, ETHER, SUBNET_CUT_BPS, subnetSettings } from "./market-fixture.ts";

/** 10^12 wei a second: 0.0864 ETH a day. */
export const WEI_PER_SECOND = 10n ** 12n;
export const BOND = parseEther("0.1");
export const DEPOSIT = parseEther("0.01");
export const DAY = 86_400;
export const FAULT = { falseCapacity: 1, falseRoot: 2, omission: 3 } as const;

/**
 * The whole protocol, wired: registries, market with holdback, slasher. Node 1 (Fizz, bond of 0.1 ETH) is in subnet 1
 * (stake 0.05 ETH) alone; subnet 2 is another gateway's. Parts that are stand-ins are deployed by one function each,
 * below: replace what that function deploys, and its `prove`/`reward`, and every suite plays against the real one.
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployProtocol(connection: NetworkConnection) {
  const { viem, networkHelpers } = connection;
  const base = await deployHoldingMarket(connection);
  const { owner, treasury, gateway, nodeOwner, operator, tenant, stranger, nodes, subnets, market } = base;
  const { publicClient, chainId, now } = base;
  const [otherGateway] = (await viem.getWalletClients()).slice(10) as [typeof gateway];
  const { rounds, decide } = await deployRounds(connection);
  const { rewards, reward } = await deployRewards(connection);
  const slasher = await viem.deployContract("Slasher", [
    nodes.address,
    subnets.address,
    market.address,
    rounds.address,
    rewards.address,
    treasury.account.address,
    owner.account.address,
    base.forwarder.address,
  ]);
  const byOwner = { account: owner.account };
  await nodes.write.setSlasher([slasher.address], byOwner);
  await subnets.write.setSlasher([slasher.address], byOwner);
  await market.write.setSlasher([slasher.address], byOwner);
  await nodes.write.bond([1n], { account: nodeOwner.account, value: BOND });
  await subnets.write.registerSubnet([subnetSettings(otherGateway.account.address)], {
    account: otherGateway.account,
    value: parseEther("0.05"),
  });
  const domain = fizzDomain(chainId, slasher.address);
  let closeAt = 0;
  type Wallet = typeof gateway;

  const last = async () => {
    const filed = (await slasher.getEvents.ReportFiled({}, { fromBlock: 0n })).at(-1)?.args;
    if (filed?.report === undefined || filed.reportId === undefined) throw new Error("nothing was reported");
    return { reportId: filed.reportId, report: filed.report };
  };
  /** Waits for what follows `time`, if it is still ahead. */
  const pass = async (time: number) => {
    if ((await now()) <= time) await networkHelpers.time.increaseTo(time + 1);
  };

  return {
    ...{ owner, treasury, gateway, otherGateway, nodeOwner, operator, tenant, stranger },
    ...{ nodes, subnets, market, rounds, rewards, slasher, domain, publicClient, now, pass, decide, reward },
    ...{ makeQuote: base.makeQuote, signQuote: base.signQuote, terms: base.terms },
    ...{ openLease: base.openLease, signReceipt: base.signReceipt },
    /** A lease of the tenant at {@link WEI_PER_SECOND} that runs for `seconds` from now, served or not. */
    runLease: async (seconds: number, prepaidSeconds = 40 * DAY) => {
      const quote = { ratePerSecond: WEI_PER_SECOND * 10n ** 12n, maxSeconds: 60 * DAY };
      const { lid } = await base.startLease({ quote, prepaidSeconds });
      await networkHelpers.time.increase(seconds);
      closeAt = (await now()) + 100;
      return lid;
    },
    /** Files a report and returns its record. */
    file: async (transaction: Promise<Hex>) => {
      await transaction;
      return await last();
    },
    /** Lets the accused have its time, then settles. */
    settle: async (report: Awaited<ReturnType<typeof last>>["report"]) => {
      await pass(report.appealUntil);
      await slasher.write.settle([report], { account: stranger.account });
    },
    claim: async (lid: bigint, from: number, duration: number) => {
      await slasher.write.claimDowntime([lid, from, duration], { account: gateway.account });
      const made = (await slasher.getEvents.DowntimeClaimed({}, { fromBlock: 0n })).at(-1)?.args.claim;
      if (made === undefined) throw new Error("nothing was claimed");
      return made;
    },
    pulse: async (lid: bigint, changes: Partial<Pulse> = {}) => {
      const { leaseHash } = await market.read.leaseOf([lid]);
      const { root: leaseRoot } = leaseTree([leaseHash]);
      return { nodeId: 1n, subnetId: 1, at: await now(), leases: 1, leaseRoot, ...changes };
    },
    signPulse: async (pulse: Pulse, signer: Wallet): Promise<Hex> =>
      await signer.signTypedData({ account: signer.account, ...pulseTypedData(domain, pulse) }),
    signService: async (lid: bigint, span: { from: number; until: number }, signer: Wallet): Promise<Hex> => {
      const { leaseHash } = await market.read.leaseOf([lid]);
      return await signer.signTypedData({
        account: signer.account,
        ...serviceReceiptTypedData(domain, { leaseHash, ...span }),
      });
    },
    joinOther: async () => {
      await nodes.write.joinSubnet([1n, 2, SUBNET_CUT_BPS], { account: operator.account });
    },
    /** Ends a lease at the same second in every play, and brings every unit of it to whom it belongs. */
    finish: async (lid: bigint) => {
      const { state } = await market.read.leaseOf([lid]);
      if (state === 2 || state === 3) {
        if ((await now()) < closeAt) await networkHelpers.time.setNextBlockTimestamp(closeAt);
        await market.write.close([lid, 1], { account: tenant.account });
      }
      await networkHelpers.time.increase(3_601);
      await market.write.settle([lid], { account: stranger.account });
    },
    wealth: async (parties: readonly Wallet[]) => {
      let sum = 0n;
      for (const { account } of parties) sum += await wealthOf(account.address);
      return sum;
    },
  };

  /** Everything that belongs to an account, its coin without what it paid for gas. */
  async function wealthOf(account: Address): Promise<bigint> {
    let sum = (await publicClient.getBalance({ address: account })) + (await gasPaidBy(account));
    sum += await slasher.read.balanceOf([account]);
    sum += await market.read.accountOf([account, zeroAddress]);
    if (isSame(account, nodeOwner)) {
      sum += (await nodes.read.bondOf([1n])).amount;
      sum += (await market.read.earningsOf([1n, 1, zeroAddress]))[0];
    }
    for (const [subnetId, holder] of [
      [1, gateway],
      [2, otherGateway],
    ] as const) {
      if (!isSame(account, holder)) continue;
      sum += (await subnets.read.stakeOf([subnetId])).amount;
      sum += (await market.read.subnetEarningsOf([subnetId, zeroAddress]))[0];
    }
    return sum;
  }

  async function gasPaidBy(account: Address): Promise<bigint> {
    let sum = 0n;
    const head = await publicClient.getBlockNumber();
    for (let blockNumber = 0n; blockNumber <= head; blockNumber++) {
      const { transactions } = await publicClient.getBlock({ blockNumber, includeTransactions: true });
      for (const { from, hash } of transactions) {
        if (from.toLowerCase() !== account.toLowerCase()) continue;
        const { gasUsed, effectiveGasPrice } = await publicClient.getTransactionReceipt({ hash });
        sum += gasUsed * effectiveGasPrice;
      }
    }
    return sum;
  }
}

/** Stand-in for CapacityRounds: `decide` is what a dispute there would end with. */
async function deployRounds({ viem, networkHelpers }: NetworkConnection) {
  const rounds = await viem.deployContract("MockVerdicts");
  return {
    rounds,
    decide: async (fault: number, reporter: Address): Promise<Hex> => {
      const id = keccak256(toHex(`verdict ${fault}`));
      const decidedAt = await networkHelpers.time.latest();
      await rounds.write.setVerdict([id, { fault, nodeId: 1n, subnetId: 1, round: 1, decidedAt, reporter }]);
      return id;
    },
  };
}

/** Stand-in for EraRewards: `reward` gives node 1 something to claim. */
async function deployRewards({ viem }: NetworkConnection) {
  const rewards = await viem.deployContract("MockRewards");
  return {
    rewards,
    reward: async (amount: bigint) => {
      await rewards.write.setClaimable([1n, amount]);
    },
  };
}

function isSame(account: Address, wallet: { account: { address: Address } }): boolean {
  return account.toLowerCase() === wallet.account.address.toLowerCase();
}

export interface Gain {
  readonly strategy: string;
  readonly gain: bigint;
  /** Largest gain that is listed in docs/SECURITY-ASSUMPTIONS.md; 0 where nothing may be gained. */
  readonly bound: bigint;
}

/** What each strategy brought, in ETH, without gas. */
export function printGains(gains: readonly Gain[]): void {
  const rows = gains.map(
    ({ strategy, gain, bound }) => `      ${strategy.padEnd(76)}${inEther(gain)}${inEther(bound)}\n`,
  );
  process.stdout.write(
    `      ${"strategy".padEnd(76)}${"gain".padStart(14)}${"bound".padStart(14)}\n${rows.join("")}`,
  );
}

function inEther(wei: bigint): string {
  return (Number(wei) / Number(ETHER)).toFixed(6).padStart(14);
}
