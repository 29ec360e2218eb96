import { readFile } from "node:fs/promises";
import { inRoot } from "../paths.ts";
import { type NamedMutant } from "./named-mutants.ts";

const LIST = "test/invariants/README.md";
/** A row of a table whose first cell is the number of an invariant. */
const ROW = /^\|\s*([A-Z]?\d+)\s*\|(.*)\|\s*$/;

/** A row of the list in prose. */
export interface ListedInvariant {
  readonly number: string;
  /** What stands in the column of mutants. */
  readonly mutants: string;
}

/** The numbered invariants of test/invariants/README.md, in their order. */
export async function readInvariants(): Promise<readonly ListedInvariant[]> {
  const lines = (await readFile(inRoot(LIST), "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [, number = "", cells = ""] = ROW.exec(line) ?? [];
    const mutants = cells.split("|").at(-1)?.trim() ?? "";
    return number === "" ? [] : [{ number, mutants }];
  });
}

/** Where list and mutants do not agree, one line each. */
export function disagreements(
  listed: readonly ListedInvariant[],
  mutants: readonly NamedMutant[],
): readonly string[] {
  const numbers = new Set(listed.map(({ number }) => number));
  const unknown = mutants.filter(({ number }) => !numbers.has(number));
  return [
    ...unknown.map(({ number, mutant }) => `${number} is not in ${LIST}: ${mutant}`),
    ...listed.flatMap(({ number, mutants: cell }) => {
      const names = mutants.filter((one) => one.number === number).map(({ mutant }) => mutant);
      if (names.length === 0) return [`${number} has no mutant`];
      const wanted = names.join("; ");
      return cell === wanted ? [] : [`${number}: ${LIST} says "${cell}", and its mutants are "${wanted}"`];
    }),
  ];
}
