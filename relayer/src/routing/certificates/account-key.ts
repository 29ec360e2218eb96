import { createPrivateKey, generateKeyPairSync } from "node:crypto";

/** A new key of a certificate or an account: P-256, PKCS#8 PEM. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

/** Whether a text is such a key. */
export function isKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === "ec";
  } catch {
    return false;
  }
}
