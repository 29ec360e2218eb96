import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import { createSecureContext } from "node:tls";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type KeyPair, readFacts } from "./key-pair.ts";
import { readPair, writePair } from "./pair-files.ts";

const DAY_MS = 86_400_000;
/** What browsers take at most. */
const VALID_MS = 397 * DAY_MS;
/** A certificate with less time left is replaced. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
const SERIAL_BYTES = 16;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

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
  const made = await makePair(domain, now);
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

async function makePair(domain: string, now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const serial = randomBytes(SERIAL_BYTES);
  // RFC 5280 wants a positive number.
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial.toString("hex"),
    // The names stand in the extension: a common name has at most 64 characters.
    name: "CN=Fizz gateway",
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now - DAY_MS + VALID_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: "dns", value: `*.${domain}` },
        { type: "dns", value: domain },
      ]),
      new BasicConstraintsExtension(false),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { cert: certificate.toString("pem"), key: String(key) };
}
