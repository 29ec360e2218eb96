import { type Amount, amount } from "../units/index.ts";
import { ERA_SECONDS } from "./constants.ts";

const BPS = 10_000n;
const TENTHS = 10n;

/** What EraRewards.checkpoint knows when it closes an era. */
export interface EraFacts {
  /** Protocol fees that the subnet's leases paid since the last checkpoint. */
  readonly fees: Amount;
  readonly poolShareBps: bigint;
  readonly targetBps: bigint;
  /** Point-seconds since the last checkpoint, as TierPoints counts: tenths of points × seconds. */
  readonly leased: bigint;
  readonly proven: bigint;
  /** What is reserved for the era's liveness rewards, all subnets together. */
  readonly livenessCap: Amount;
  readonly livenessPerPoint: Amount;
  readonly stake: Amount;
  readonly totalStake: Amount;
  readonly ownPerEra: Amount;
  readonly endowment: Amount;
}

export interface EraBudgets {
  readonly utilisation: Amount;
  readonly liveness: Amount;
  readonly own: Amount;
}

/** Budgets of one subnet for one era, to the wei as contracts/rewards/BudgetMath.sol. */
export function eraBudgets(facts: EraFacts): EraBudgets {
  const share = facts.totalStake === 0n ? 0n : (facts.livenessCap * facts.stake) / facts.totalStake;
  const limit = (facts.proven * facts.livenessPerPoint) / (TENTHS * BigInt(ERA_SECONDS));
  return {
    utilisation: amount((facts.fees * facts.poolShareBps) / BPS),
    liveness: amount(least(whileUnused(share, facts), limit)),
    own: amount(least(whileUnused(facts.ownPerEra, facts), facts.endowment)),
  };
}

/** value × max(0, 1 − utilisation / target); 0 when nothing is proven. */
function whileUnused(value: bigint, { leased, proven, targetBps }: EraFacts): bigint {
  if (proven === 0n) return 0n;
  const whole = targetBps * (leased + proven);
  const used = BPS * leased;
  return used >= whole ? 0n : (value * (whole - used)) / whole;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
