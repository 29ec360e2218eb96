import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { type Hex, hexToBytes } from "viem";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** Random: one key seals far fewer than the 2^32 rows for which that is safe (NIST SP 800-38D, 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface RowSealerInit {
  /** What the key is for. Another layout of the rows gets another name. */
  readonly purpose: string;
  /** Random bytes of the one database; none where all databases of an operator share the key. */
  readonly salt?: Uint8Array;
}

/**
 * Seals rows of a database that others may read or write: AES-256-GCM under a key that HKDF-SHA-256 (RFC 5869) derives
 * from the operator key. A row is `nonce ‖ ciphertext ‖ tag`, bound to its place: moved to another, it does not open.
 */
export class RowSealer {
  readonly #key: Uint8Array;

  constructor(operatorKey: Hex, { purpose, salt = new Uint8Array(0) }: RowSealerInit) {
    this.#key = new Uint8Array(hkdfSync("sha256", hexToBytes(operatorKey), salt, purpose, KEY_BYTES));
  }

  /** @param place Table and row, such as `leases/0x12…`. */
  seal(place: string, text: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  }

  /** @returns Undefined when it was changed, moved, or sealed under another key: the cause says nothing more. */
  open(place: string, sealed: Buffer): string | undefined {
    try {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(-TAG_BYTES));
      const body = sealed.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    } catch {
      return undefined;
    }
  }
}
