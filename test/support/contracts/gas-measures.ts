import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { type Hash } from "viem";

/**
 * What call data may differ by from run to run: a byte of a signature or of a time costs 12 gas less when it is zero.
 */
const CALL_DATA_GAS = 120;

interface ReceiptReader {
  readonly getTransactionReceipt: (init: { hash: Hash }) => Promise<{ readonly gasUsed: bigint }>;
}

/** Measures one transaction, or `per` like things in one. Gives its hash back. */
export type MeasureGas = (operation: string, transaction: Promise<Hash>, per?: number) => Promise<Hash>;

/** Gas of whole transactions, from receipts: intrinsic cost and call data included, all storage cold. */
export class GasMeasures {
  readonly #measured: Record<string, number> = {};
  readonly #file: URL;
  readonly #mayDiffer: (gas: number) => number;

  /**
   * @param name File of the committed snapshot in test/contracts/. `UPDATE_GAS=1` writes what is measured.
   * @param mayDiffer By how much gas a measure may differ from the snapshot's figure.
   */
  constructor(name: string, mayDiffer: (gas: number) => number = () => CALL_DATA_GAS) {
    this.#file = new URL(`../../contracts/${name}`, import.meta.url);
    this.#mayDiffer = mayDiffer;
  }

  from(client: ReceiptReader): MeasureGas {
    return async (operation, transaction, per = 1) => {
      const hash = await transaction;
      const { gasUsed } = await client.getTransactionReceipt({ hash });
      this.#measured[operation] = Math.round(Number(gasUsed) / per);
      return hash;
    };
  }

  gasOf(operation: string): number {
    const gas = this.#measured[operation];
    if (gas === undefined) throw new Error(`${operation} was not measured.`);
    return gas;
  }

  /** Prints all measures, and compares them with the snapshot. */
  hold(): void {
    const rows = Object.entries(this.#measured);
    const width = Math.max(...rows.map(([operation]) => operation.length));
    const line = ([operation, gas]: [string, number]): string =>
      `      ${operation.padEnd(width)}${gas.toLocaleString("en").padStart(12)}\n`;
    process.stdout.write(rows.map(line).join(""));
    if (process.env["UPDATE_GAS"] === "1") {
      writeFileSync(this.#file, `${JSON.stringify(this.#measured, null, 2)}\n`);
    }
    const snapshot = JSON.parse(readFileSync(this.#file, "utf8")) as Record<string, number>;
    expect(Object.keys(this.#measured).sort()).to.deep.equal(Object.keys(snapshot).sort());
    for (const [operation, gas] of rows) {
      const held = snapshot[operation] ?? 0;
      expect(gas, operation).to.be.closeTo(held, this.#mayDiffer(held));
    }
  }
}
