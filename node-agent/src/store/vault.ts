import { ProtocolError } from "@fizz/protocol/errors";
import { RowSealer } from "@fizz/protocol/keystore";
import { type Hex } from "viem";

export const SALT_BYTES = 32;
const PURPOSE = "fizz/node/state/1";

/** Seals what is kept in the state, under the operator key and the salt of the database. */
export class Vault {
  readonly #rows: RowSealer;

  /** @param salt 32 random bytes of the one database. */
  constructor(operatorKey: Hex, salt: Uint8Array) {
    this.#rows = new RowSealer(operatorKey, { purpose: PURPOSE, salt });
  }

  /** @param place Table and row, such as `leases/0x12…`. */
  seal(place: string, text: string): Uint8Array {
    // A copy of its own: small buffers share memory, and a thread would be sent all of it.
    return new Uint8Array(this.#rows.seal(place, text));
  }

  /** @throws ProtocolError STORE_UNUSABLE when it was changed, moved, or sealed under another key */
  open(place: string, sealed: unknown): string {
    const text = this.#rows.open(place, Buffer.from(sealed as Uint8Array));
    if (text !== undefined) return text;
    throw new ProtocolError("STORE_UNUSABLE", `The row ${place} of the state was changed.`);
  }
}
