import { type LeaseFacts, type ReceiptKey } from "../ports.ts";

/** What this machine's clock may be ahead of the chain's before a manifest is dropped too early, in seconds. */
const CLOCK_MARGIN_SECONDS = 600;

/**
 * Whether nobody can want a kept manifest any more: its lease is over, never started in time, or runs a later version.
 *
 * @param confirmed What the confirmed chain has under the lease's number. Undefined is no answer: it may be too young.
 * @param now Unix seconds.
 */
export function isUnwantedManifest(
  { leaseHash, version }: ReceiptKey,
  confirmed: LeaseFacts | undefined,
  now: number,
): boolean {
  if (confirmed === undefined) return false;
  if (confirmed.leaseHash !== leaseHash || confirmed.state === "closed") return true;
  if (confirmed.state === "open") return now > confirmed.deadline + CLOCK_MARGIN_SECONDS;
  return version < confirmed.version;
}
