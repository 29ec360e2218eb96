import { type Address } from "viem";

const BPS = 10_000n;
const RATE_SCALE = 10n ** 12n;
const SECONDS_PER_HOUR = 3_600n;

/** What one lease holds for the node at one block. Amounts are smallest units of its token. */
export interface LeaseHolding {
  readonly lid: bigint;
  readonly subnetId: number;
  readonly token: Address;
  readonly state: string;
  /** Units × 1e12 per second, before cuts. */
  readonly ratePerSecond: bigint;
  /** Subnet's and protocol's together, in 1/10000. */
  readonly cutsBps: number;
  /** Earned and not released yet, before cuts; what is held back is part of it. */
  readonly unsettled: bigint;
  /** Earned and still held back, before cuts. */
  readonly held: bigint;
  /** Unix seconds; 0 while it does not run. */
  readonly paidUntil: number;
}

/** What the market keeps for a node in one token, through one subnet. */
export interface SubnetBalance {
  readonly subnetId: number;
  readonly token: Address;
  /** Released and not collected. */
  readonly outstanding: bigint;
  /** Released ever. */
  readonly earned: bigint;
}

/** The node's own share of everything, in one token. */
export interface TokenEarnings {
  readonly token: Address;
  /** Of leases that run now, per hour. */
  readonly perHour: bigint;
  /** In leases: earned and not released yet; of this, held back; the rest `withdraw` releases. */
  readonly inLeases: bigint;
  readonly held: bigint;
  /** Released and not yet on the owner's account. */
  readonly outstanding: bigint;
  /** Released ever; moved to the owner's account ever. */
  readonly released: bigint;
  readonly collected: bigint;
}

/** The node's share of an amount before cuts, rounded down as the contract does for the node at worst. */
export function nodeShare(amount: bigint, cutsBps: number): bigint {
  return (amount * (BPS - BigInt(cutsBps))) / BPS;
}

/** Whether a lease is billed now. @param chainTime Unix seconds of the head block */
export function isEarning({ state, paidUntil }: LeaseHolding, chainTime: number): boolean {
  return (state === "active" || state === "reclaiming") && paidUntil > chainTime;
}

/** What a node earns per hour from one lease. */
export function hourlyOf({ ratePerSecond, cutsBps }: LeaseHolding): bigint {
  return (nodeShare(ratePerSecond, cutsBps) * SECONDS_PER_HOUR) / RATE_SCALE;
}

/** By token; only tokens in which there is, or was, something. @param chainTime Unix seconds of the head block */
export function earningsByToken(
  leases: readonly LeaseHolding[],
  balances: readonly SubnetBalance[],
  chainTime: number,
): TokenEarnings[] {
  const tokens = [...new Set([...leases, ...balances].map(({ token }) => token))];
  return tokens.map((token) => {
    const own = leases.filter((lease) => lease.token === token);
    const kept = balances.filter((balance) => balance.token === token);
    const sum = <Item>(items: readonly Item[], pick: (item: Item) => bigint): bigint =>
      items.reduce((total, item) => total + pick(item), 0n);
    const outstanding = sum(kept, (balance) => balance.outstanding);
    const released = sum(kept, (balance) => balance.earned);
    return {
      token,
      perHour: sum(
        own.filter((lease) => isEarning(lease, chainTime)),
        hourlyOf,
      ),
      inLeases: sum(own, ({ unsettled, cutsBps }) => nodeShare(unsettled, cutsBps)),
      held: sum(own, ({ held, cutsBps }) => nodeShare(held, cutsBps)),
      outstanding,
      released,
      collected: released - outstanding,
    };
  });
}

/** Leases of which something can be released now: what is earned and no longer held back. */
export function releasable(leases: readonly LeaseHolding[]): LeaseHolding[] {
  return leases.filter(({ state, unsettled, held }) => state !== "open" && unsettled > held);
}
