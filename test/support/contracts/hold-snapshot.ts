import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";

/**
 * What call data may differ by from run to run: a byte of a signature or of a time costs 12 gas less when it is zero.
 */
const CALL_DATA_GAS = 120;

/** Compares measures of gas with a committed snapshot; `UPDATE_GAS=1` writes what is measured. */
export function holdSnapshot(file: URL, measured: Readonly<Record<string, number>>): void {
  if (process.env["UPDATE_GAS"] === "1") writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
  const snapshot = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
  expect(Object.keys(measured).sort()).to.deep.equal(Object.keys(snapshot).sort());
  for (const [operation, gas] of Object.entries(measured)) {
    expect(gas, operation).to.be.closeTo(snapshot[operation] ?? 0, CALL_DATA_GAS);
  }
}
