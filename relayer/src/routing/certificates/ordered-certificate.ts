import { createSecureContext } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import { type OrderedCertificate } from "../../certificate-ports.ts";
import { readFacts } from "./key-pair.ts";

const SPREAD_DIGITS = 8;

type Parts = Pick<OrderedCertificate, "name" | "cert" | "key" | "directory">;

/** @throws ProtocolError CONFIG_INVALID when it is not for this name, or not of this key. */
export function orderedCertificate(parts: Parts): OrderedCertificate {
  const { name, cert, key } = parts;
  const { names, notBefore, notAfter, fingerprint } = readFacts(cert);
  if (!names.includes(name))
    throw new ProtocolError("CONFIG_INVALID", "The certificate is for another name.");
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", "The key does not belong to the certificate.", { cause });
  }
  const spread = Number.parseInt(fingerprint.slice(0, SPREAD_DIGITS), 16) / 16 ** SPREAD_DIGITS;
  return { ...parts, notBefore, notAfter, spread };
}
