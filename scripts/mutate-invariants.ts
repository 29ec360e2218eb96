/**
 * `npm run mutate:invariants`: each numbered invariant of test/invariants/README.md must catch the mutants that
 * test/invariants/mutants.json names for it, by its own relation. Option: --only 7 (may be repeated).
 */
import { parseArgs } from "node:util";
import { disagreements, readInvariants } from "./lib/contracts/invariant-list.ts";
import { type MutantProof, proveMutants } from "./lib/contracts/mutant-proof.ts";
import { readNamedMutants } from "./lib/contracts/named-mutants.ts";
import { runMain } from "./lib/run-main.ts";

const MAX_MESSAGE_CHARS = 80;

const { values: options } = parseArgs({
  options: { only: { type: "string", multiple: true, default: [] } },
});

/** One line for each: number, name, and the message that caught it. */
function format(proofs: readonly MutantProof[]): string {
  const rows = proofs.map(({ mutant, isCaught, message }) => [
    mutant.number,
    mutant.mutant,
    `${isCaught ? "" : "NOT CAUGHT: "}${message.slice(0, MAX_MESSAGE_CHARS)}`,
  ]);
  const all = [["no.", "mutant", "caught by"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}

await runMain(async ({ signal }) => {
  const started = Date.now();
  const mutants = await readNamedMutants();
  const problems = disagreements(await readInvariants(), mutants);
  for (const problem of problems) process.stdout.write(`${problem}\n`);

  const isWanted = ({ number }: { readonly number: string }): boolean =>
    options.only.length === 0 || options.only.includes(number);
  const proofs = await proveMutants(mutants, isWanted, signal);
  process.stdout.write(`${format(proofs)}\n`);
  const caught = proofs.filter(({ isCaught }) => isCaught).length;
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  process.stdout.write(`${caught}/${proofs.length} caught in ${minutes} min\n`);
  return problems.length === 0 && caught === proofs.length ? 0 : 1;
});
