import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const DAY_MS = 86_400_000;
const SERIAL_BYTES = 16;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface SelfSignedPairInit {
  /** DNS names, the only ones that it is for. */
  readonly names: readonly string[];
  /** Unix milliseconds; it holds from a day before, since clocks differ. */
  readonly now: number;
  readonly validMs: number;
}

/** A certificate of a server that vouches for itself, and its key, both PEM. */
export async function makeSelfSignedPair({
  names,
  now,
  validMs,
}: SelfSignedPairInit): Promise<{ readonly cert: string; readonly key: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const serial = randomBytes(SERIAL_BYTES);
  // RFC 5280 wants a positive number.
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial.toString("hex"),
    // The names stand in the extension: a common name has at most 64 characters.
    name: "CN=Fizz gateway",
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now - DAY_MS + validMs),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
      new BasicConstraintsExtension(false),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { cert: certificate.toString("pem"), key: String(key) };
}
