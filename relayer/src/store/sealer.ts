import { ProtocolError } from "@fizz/protocol/errors";
import { RowSealer } from "@fizz/protocol/keystore";
import { type Hex } from "viem";

const PURPOSE = "fizz gateway certificates 1";

/** Seals what lies in a database that others may read or write, under the operator key, which all processes of a gateway have. */
export class Sealer {
  readonly #rows: RowSealer;

  constructor(operatorKey: Hex) {
    this.#rows = new RowSealer(operatorKey, { purpose: PURPOSE });
  }

  /** @param place Table and row, such as `certificates/www.a.test`. @returns base64 */
  seal(place: string, text: string): string {
    return this.#rows.seal(place, text).toString("base64");
  }

  /** @throws ProtocolError STORE_FAILED when it was changed, moved, or sealed under another key */
  open(place: string, sealed: string): string {
    const text = this.#rows.open(place, Buffer.from(sealed, "base64"));
    if (text !== undefined) return text;
    throw new ProtocolError("STORE_FAILED", `The row ${place} was changed, or has another operator key.`);
  }
}
