import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex, hexToBytes } from "viem";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
export const SALT_BYTES = 32;
/** Random: one key seals far fewer than the 2^32 rows for which that is safe (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What the key is for. Another layout of the rows gets another name. */
const PURPOSE = "fizz/node/state/1";

/**
 * Seals what is kept in the state: AES-256-GCM under a key that HKDF-SHA-256 (RFC 5869) derives from the operator key
 * and the salt of the database. A row is `nonce ‖ ciphertext ‖ tag`, bound to its place: moved to another, it does not open.
 */
export class Vault {
  readonly #key: Uint8Array;

  /** @param salt 32 random bytes of the one database. */
  constructor(operatorKey: Hex, salt: Uint8Array) {
    this.#key = new Uint8Array(hkdfSync("sha256", hexToBytes(operatorKey), salt, PURPOSE, KEY_BYTES));
  }

  /** @param place Table and row, such as `leases/0x12…`. */
  seal(place: string, text: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    const sealed = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
    // A copy of its own: small buffers share memory, and a thread would be sent all of it.
    return new Uint8Array(Buffer.concat(sealed));
  }

  /** @throws ProtocolError STORE_UNUSABLE when it was changed, moved, or sealed under another key */
  open(place: string, sealed: unknown): string {
    try {
      const bytes = Buffer.from(sealed as Uint8Array);
      const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    } catch {
      // The cause says nothing more.
      throw new ProtocolError("STORE_UNUSABLE", `The row ${place} of the state was changed.`);
    }
  }
}
