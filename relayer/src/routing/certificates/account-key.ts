import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Logger } from "../../ports.ts";
import { writeWhole } from "./whole-file.ts";

/** A new key of a certificate or an account: P-256, PKCS#8 PEM. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

/**
 * The key of the account at the authority. One that is broken makes way for a new one, with a new account: certificates
 * do not depend on it.
 *
 * @throws ProtocolError STORE_FAILED when the file cannot be read or written.
 */
export function accountKey(path: string, logger: Logger): string {
  try {
    const kept = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (kept !== undefined && isKey(kept)) return kept;
    if (kept !== undefined) {
      const error = new ProtocolError("STORE_FAILED", `${path} is no private key.`);
      logger.warn(
        { event: "certificate.broken", file: path, error },
        "The account at the authority is made anew.",
      );
    }
    const made = newKey();
    writeWhole(path, made);
    return made;
  } catch (cause) {
    throw new ProtocolError("STORE_FAILED", `The account's key ${path} cannot be read or written.`, {
      cause,
    });
  }
}

function isKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === "ec";
  } catch {
    return false;
  }
}
