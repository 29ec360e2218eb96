import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex, hexToBytes } from "viem";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** Random: one key seals far fewer than the 2^32 rows for which that is safe (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What the key is for. Another layout of the rows gets another name. */
const PURPOSE = "fizz gateway certificates 1";

/**
 * Seals what lies in a database that others may read or write: AES-256-GCM under a key that HKDF-SHA-256 (RFC 5869)
 * derives from the operator key, which all processes of a gateway have. A row is base64 of `nonce ‖ ciphertext ‖ tag`,
 * bound to its place: moved to another, it does not open.
 */
export class Sealer {
  readonly #key: Uint8Array;

  constructor(operatorKey: Hex) {
    this.#key = new Uint8Array(hkdfSync("sha256", hexToBytes(operatorKey), "", PURPOSE, KEY_BYTES));
  }

  /** @param place Table and row, such as `certificates/www.a.test`. */
  seal(place: string, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(sealed).toString("base64");
  }

  /** @throws ProtocolError STORE_FAILED when it was changed, moved, or sealed under another key */
  open(place: string, sealed: string): string {
    try {
      const bytes = Buffer.from(sealed, "base64");
      const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    } catch {
      // The cause says nothing more.
      throw new ProtocolError("STORE_FAILED", `The row ${place} was changed, or has another operator key.`);
    }
  }
}
