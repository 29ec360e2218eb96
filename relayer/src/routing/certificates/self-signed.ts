import { createSecureContext } from "node:tls";
import { makeSelfSignedPair } from "../../self-signed-pair.ts";
import { type KeyPair, readFacts } from "./key-pair.ts";
import { readPair, writePair } from "./pair-files.ts";

const DAY_MS = 86_400_000;
/** What browsers take at most. */
const VALID_MS = 397 * DAY_MS;
/** A certificate with less time left is replaced. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

export interface SelfSignedInit {
  /** Where it is kept, without an ending. */
  readonly path: string;
  readonly domain: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/** The kept certificate of a domain and its wildcard, or a new one when it is missing, of another name, or ends soon. */
export async function selfSignedPair({ path, domain, now }: SelfSignedInit): Promise<KeyPair> {
  const kept = readPair(path);
  if (kept !== undefined && isGood(kept, domain, now)) return kept;
  const made = await makeSelfSignedPair({ names: [`*.${domain}`, domain], now, validMs: VALID_MS });
  writePair(path, made);
  return made;
}

function isGood(pair: KeyPair, domain: string, now: number): boolean {
  try {
    const { names, notAfter } = readFacts(pair.cert);
    createSecureContext(pair);
    return names.includes(`*.${domain}`) && notAfter - now > RENEW_BEFORE_MS;
  } catch {
    return false;
  }
}
