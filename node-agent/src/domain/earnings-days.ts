import { type Address } from "viem";

const DAY_MS = 86_400_000;

interface Day {
  /** UTC, as 2026-11-30. */
  readonly day: string;
  readonly token: Address;
  readonly released: bigint;
}

/**
 * What was released since the beginning (UTC) of the day that `count` × 24 hours ago lies in: at least that time, at most
 * a day more.
 *
 * @param now Unix milliseconds.
 */
export function releasedSince(
  days: readonly Day[],
  { token, count, now }: { readonly token: Address; readonly count: number; readonly now: number },
): { readonly since: string; readonly amount: bigint } {
  const since = new Date(now - count * DAY_MS).toISOString().slice(0, 10);
  const amount = days
    .filter((day) => day.token === token && day.day >= since)
    .reduce((sum, { released }) => sum + released, 0n);
  return { since, amount };
}
