import { TokenBucket } from "./token-bucket.ts";

/** Burst that a rate allows, as time of it, and the least that a burst may be. */
const BURST_SECONDS = 0.25;
const MIN_BURST_BYTES = 256 * 1024;

/**
 * Bytes per second with a small burst.
 *
 * @param now Milliseconds of any clock that never goes back.
 */
export function byteRate(bytesPerSecond: number, now: number): TokenBucket {
  const burst = Math.max(MIN_BURST_BYTES, bytesPerSecond * BURST_SECONDS);
  return new TokenBucket({ perSecond: bytesPerSecond, burst }, now);
}
