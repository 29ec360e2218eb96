/** Wait before the first restart of a container, in milliseconds; it doubles with each further one. */
const FIRST_RESTART_MS = 1_000;
const MAX_RESTART_MS = 60_000;
/** A run of at least this time clears the count, in milliseconds. */
const STABLE_RUN_MS = 10 * 60_000;

/** Starts that a container may fail before its deployment, not yet confirmed, counts as failed. */
export const MAX_START_ATTEMPTS = 3;

/** Restarts that count after a run of `ranMs` ended. */
export function restartsAfter(count: number, ranMs: number): number {
  return ranMs >= STABLE_RUN_MS ? 1 : count + 1;
}

/** Wait before restart number `count` (from 1), in milliseconds. */
export function restartDelayMs(count: number): number {
  return Math.min(MAX_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.min(30, Math.max(0, count - 1)));
}

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/**
 * Wait before another try to reach something outside, in milliseconds.
 *
 * @param attempt Failures in a row, from 1.
 * @param jitter Random share from 0 to 1: a quarter of the wait, so that nodes do not come back in step.
 */
export function retryDelayMs(attempt: number, jitter: number): number {
  const base = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(30, Math.max(0, attempt - 1)));
  return Math.round(base * (0.75 + 0.25 * jitter));
}

/** For so long a gateway counts as restarting: many nodes may wait for it, and each of them soon. */
const RESTART_MS = 5 * 60_000;
const MAX_RESTART_RETRY_MS = 1_000;

export interface LostGateway {
  /** Tries in a row that failed, from 1. */
  readonly attempt: number;
  /** Time since the node was last connected, in milliseconds. */
  readonly awayMs: number;
  /** The gateway answered, and does not want the node as it is. */
  readonly isRefused: boolean;
  /** As in `retryDelayMs`. */
  readonly jitter: number;
}

/** Wait before the next try to reach the gateway, in milliseconds: at most 1 s while it may be restarting. */
export function reconnectDelayMs({ attempt, awayMs, isRefused, jitter }: LostGateway): number {
  const delay = retryDelayMs(attempt, jitter);
  return isRefused || awayMs > RESTART_MS
    ? delay
    : Math.min(delay, MAX_RESTART_RETRY_MS * (0.75 + 0.25 * jitter));
}
