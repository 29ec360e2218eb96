import { MAX_PULSE_AHEAD_SECONDS } from "./pulse-rules.ts";

/** Interval at which a process says that it is there, and looks at what the others say. */
export const BEAT_MS = 2_000;
/** Interval at which it says what is new of its nodes. */
export const PUBLISH_EVERY_MS = 500;
/** Silence after which the others count a process as gone, by the database's clock. */
export const GONE_AFTER_MS = 6_000;
/** Silence after which its row is removed. */
export const FORGET_AFTER_MS = 600_000;
/** A process signs pulses for so long after it looked at who has which node; then another may have it. */
export const SIGN_WITHIN_MS = 5_000;
/** How far the clocks of two processes may differ. */
const MAX_CLOCK_SKEW_SECONDS = 10;
const MS_PER_SECOND = 1_000;

export function isThere({ silentMs }: { readonly silentMs: number }): boolean {
  return silentMs < GONE_AFTER_MS;
}

/**
 * The last second for which the process that had a node before may have signed a pulse of it: what comes later cannot
 * contradict it. It signs for SIGN_WITHIN_MS at most without having heard that the node is another's, and for
 * MAX_PULSE_AHEAD_SECONDS ahead of its clock.
 *
 * @param claimedAt Unix milliseconds.
 */
export function lastForeignPulse(claimedAt: number): number {
  const until = Math.ceil((claimedAt + SIGN_WITHIN_MS) / MS_PER_SECOND);
  return until + MAX_PULSE_AHEAD_SECONDS + MAX_CLOCK_SKEW_SECONDS;
}
