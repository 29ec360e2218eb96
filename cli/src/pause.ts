import { setTimeout } from "node:timers/promises";

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/** Waits. @throws The signal's reason when it is aborted first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

/** Delays between tries: doubling, up to ten seconds. */
export function backOff(tries: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(tries, 10), MAX_DELAY_MS);
}
