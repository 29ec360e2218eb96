import {
  ALL_SESSION_KEYS,
  revokes,
  type SessionGrant,
  type SessionRevocation,
} from "@fizz/protocol/typed-data";
import { type Hex } from "viem";

/** Session keys of one lease that are revoked one by one, at once. */
export const MAX_REVOKED_KEYS = 64;

/** Which grants of one lease are worth nothing any more. Times are Unix seconds. */
export interface RevokedGrants {
  /** All that expire then or before; 0 for none. */
  readonly upTo: number;
  /** Those of one key that expire then or before. */
  readonly keys: readonly { readonly sessionKey: Hex; readonly upTo: number }[];
}

export const NONE_REVOKED: RevokedGrants = { upTo: 0, keys: [] };

/**
 * Adds a revocation, and drops what is covered by another or over. The same one again changes nothing.
 *
 * @param now Unix seconds.
 * @returns Undefined when there are too many keys; there is always room for all at once.
 */
export function withRevocation(
  known: RevokedGrants,
  { sessionKey, upTo }: Pick<SessionRevocation, "sessionKey" | "upTo">,
  now: number,
): RevokedGrants | undefined {
  const isAll = sessionKey === ALL_SESSION_KEYS;
  const all = Math.max(known.upTo, isAll ? upTo : 0);
  const latest = new Map(known.keys.map((entry) => [entry.sessionKey, entry.upTo]));
  if (!isAll) latest.set(sessionKey, Math.max(upTo, latest.get(sessionKey) ?? 0));
  const keys = [...latest]
    .map(([key, keyUpTo]) => ({ sessionKey: key, upTo: keyUpTo }))
    .filter((entry) => entry.upTo > now && entry.upTo > all);
  if (!isAll && keys.length > MAX_REVOKED_KEYS) return undefined;
  return { upTo: all > now ? all : 0, keys };
}

/** Until when grants like this one are revoked, in Unix seconds; undefined when it is not. */
export function revokedUpTo(
  { upTo, keys }: RevokedGrants,
  grant: Pick<SessionGrant, "sessionKey" | "expiresAt">,
): number | undefined {
  const entries = [{ sessionKey: ALL_SESSION_KEYS, upTo }, ...keys];
  return entries.find((entry) => revokes(entry, grant))?.upTo;
}
