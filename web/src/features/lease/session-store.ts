import { type SignedGrant, signedGrantSchema } from "@fizz/protocol/typed-data";
import { toWire } from "@fizz/protocol/messages";
import { type Hex, isHex } from "viem";
import type { KeyValueStore } from "./lease-store.ts";

/** A session key with the wallet's grant for it. */
export interface Session {
  /** 32 bytes. Fresh for each lease, worth no more than the grant's scopes until it expires. */
  readonly privateKey: Hex;
  readonly signed: SignedGrant;
}

/** Unused time a grant must still have to be worth presenting. */
const MIN_LEFT_SECONDS = 60;

export function saveSession(storage: KeyValueStore, session: Session): void {
  storage.setItem(keyOf(session.signed.grant.leaseHash), toWire(session));
}

/** The session of a lease, if there is one that still holds. @param now Unix time in seconds. */
export function findSession(storage: KeyValueStore, leaseHash: Hex, now: number): Session | undefined {
  const session = readSession(storage.getItem(keyOf(leaseHash)));
  if (session === undefined) return undefined;
  if (session.signed.grant.expiresAt > now + MIN_LEFT_SECONDS) return session;
  removeSession(storage, leaseHash);
  return undefined;
}

export function removeSession(storage: KeyValueStore, leaseHash: Hex): void {
  storage.removeItem(keyOf(leaseHash));
}

function keyOf(leaseHash: Hex): string {
  return `fizz.session.${leaseHash.toLowerCase()}`;
}

function readSession(text: string | null): Session | undefined {
  try {
    const value = JSON.parse(text ?? "null") as { privateKey?: unknown; signed?: unknown } | null;
    const signed = signedGrantSchema.safeParse(value?.signed);
    const privateKey = value?.privateKey;
    return signed.success && isHex(privateKey) ? { privateKey, signed: signed.data } : undefined;
  } catch {
    return undefined;
  }
}
