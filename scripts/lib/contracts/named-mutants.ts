import { readFile } from "node:fs/promises";
import { z } from "zod";
import { inRoot } from "../paths.ts";
import { ScriptError } from "../script-error.ts";
import { applyWraps, type Wrap } from "./probe-library.ts";

const FILE = "test/invariants/mutants.json";

const namedMutantSchema = z.strictObject({
  /** Number of the invariant in test/invariants/README.md. */
  number: z.string(),
  /** What is wrong with the contracts under it, in words. */
  mutant: z.string(),
  file: z.string().startsWith("contracts/"),
  /** A statement that declares nothing, or an expression. */
  as: z.enum(["statement", "expression"]),
  /** Where the search begins, for text that is there more than once: behind this, which is there once. */
  after: z.string().optional(),
  find: z.string().min(1),
  replace: z.string(),
  /** File of the test that must fail. */
  test: z.string(),
  /** Name of a Solidity test, or full title of a TypeScript test. */
  name: z.string(),
});

/** A change of the contracts that one numbered invariant must notice. */
export type NamedMutant = z.infer<typeof namedMutantSchema>;

/** Reads the mutants; the place in the list is the number that the block's coinbase carries, counted from 1. */
export async function readNamedMutants(): Promise<readonly NamedMutant[]> {
  const result = z.array(namedMutantSchema).safeParse(JSON.parse(await readFile(inRoot(FILE), "utf8")));
  if (result.success) return result.data;
  throw new ScriptError("MUTANTS_INVALID", `${FILE} is not as it should be.`, {
    details: z.prettifyError(result.error),
  });
}

/** The contracts with every mutant behind its switch, by repository path. */
export async function renderNamedMutants(mutants: readonly NamedMutant[]): Promise<Record<string, string>> {
  const wraps = new Map<string, Wrap[]>();
  const texts = new Map<string, string>();
  for (const [index, mutant] of mutants.entries()) {
    const { file } = mutant;
    const text = texts.get(file) ?? (await readFile(inRoot(file), "latin1"));
    texts.set(file, text);
    wraps.set(file, [...(wraps.get(file) ?? []), wrapOf(mutant, index + 1, text)]);
  }
  return Object.fromEntries(
    [...texts].map(([file, text]) => [file, applyWraps(text, wraps.get(file) ?? [])]),
  );
}

function wrapOf(mutant: NamedMutant, id: number, text: string): Wrap {
  const from = mutant.after === undefined ? 0 : placeOf(mutant, mutant.after, text) + mutant.after.length;
  const start =
    mutant.after === undefined ? placeOf(mutant, mutant.find, text) : text.indexOf(mutant.find, from);
  if (start < 0) throw notOnce(mutant, mutant.find, "is not there");
  const end = start + mutant.find.length;
  if (mutant.as === "statement") {
    return { start, end, before: `{ if (Probe.on(${id})) { ${mutant.replace} } else { `, after: " } }" };
  }
  return { start, end, before: `(Probe.on(${id}) ? (${mutant.replace}) : (`, after: "))" };
}

/** Where a text begins that must be there once. */
function placeOf(mutant: NamedMutant, wanted: string, text: string): number {
  const start = text.indexOf(wanted);
  if (start < 0) throw notOnce(mutant, wanted, "is not there");
  if (text.includes(wanted, start + 1)) throw notOnce(mutant, wanted, "is there more than once");
  return start;
}

function notOnce({ number, mutant, file }: NamedMutant, wanted: string, what: string): ScriptError {
  return new ScriptError("MUTANT_HAS_NO_PLACE", `${number}, "${mutant}": in ${file} this ${what}:`, {
    details: wanted,
  });
}
