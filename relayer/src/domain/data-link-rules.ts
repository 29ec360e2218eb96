const FIRST_RETRY_MS = 10_000;
const MAX_RETRY_MS = 600_000;
/** A link that carried nothing for so long is given back; the next connection opens another. */
const UNUSED_MS = 600_000;
/**
 * Bytes after which a link takes no more connections. AES-GCM is good for 2^24.5 records of 16 KiB under one key
 * (RFC 8446, section 5.5), which is 388 GB; Node.js changes no key of a connection.
 */
export const WORN_BYTES = 2 ** 37;

/** Wait before a link is tried again, in milliseconds. @param failures In a row, from 1. */
export function dataLinkRetryMs(failures: number): number {
  return Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(30, failures - 1));
}

/** @param idleMs Time without a connection, in milliseconds. */
export function isUnused(idleMs: number): boolean {
  return idleMs >= UNUSED_MS;
}
