import { X509Certificate } from "node:crypto";
import { ProtocolError } from "@fizz/protocol/errors";

/** A certificate chain with its key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says about itself. */
export interface CertificateFacts {
  /** DNS names, in lower case. */
  readonly names: readonly string[];
  /** Unix milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256, hexadecimal. */
  readonly fingerprint: string;
}

/** @throws ProtocolError CONFIG_INVALID when it is no certificate, or has no DNS name. */
export function readFacts(cert: string): CertificateFacts {
  const leaf = parse(cert);
  const names = (leaf.subjectAltName ?? "")
    .split(", ")
    .flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice("DNS:".length).toLowerCase()] : []));
  if (names.length === 0) throw new ProtocolError("CONFIG_INVALID", "The certificate is for no DNS name.");
  return {
    names,
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
    fingerprint: leaf.fingerprint256.replaceAll(":", ""),
  };
}

function parse(cert: string): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", "The certificate cannot be read.", { cause });
  }
}
