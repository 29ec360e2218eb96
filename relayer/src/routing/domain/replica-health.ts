/** Failures in a row after which a replica is out. */
const FAILURES_TO_OUT = 3;
const FIRST_BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 5_000;

/** How a replica did lately. */
export interface ReplicaHealth {
  /** In a row. */
  readonly failures: number;
  /** Milliseconds of a steady clock before which it is not asked again; 0 while it is in. */
  readonly outUntil: number;
}

export const HEALTHY: ReplicaHealth = { failures: 0, outUntil: 0 };

/** After the third failure in a row, and each one after it, a replica is out: 1 s, then twice as long up to 5 s. */
export function afterFailure({ failures }: ReplicaHealth, now: number): ReplicaHealth {
  const count = failures + 1;
  if (count < FAILURES_TO_OUT) return { failures: count, outUntil: 0 };
  const backOff = Math.min(FIRST_BACK_OFF_MS * 2 ** (count - FAILURES_TO_OUT), MAX_BACK_OFF_MS);
  return { failures: count, outUntil: now + backOff };
}

/** A container that listens again is asked again; its next failure puts it out at once. */
export function afterProbe({ failures }: ReplicaHealth): ReplicaHealth {
  return { failures, outUntil: 0 };
}
