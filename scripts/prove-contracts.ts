/**
 * `npm run prove:contracts`: proves the harnesses of test/proofs/ with solc's model checker, for every state and every
 * argument, and that they can fail. Exits with 1 when a claim is not proved, when one is proved because its place is not
 * reached, or when one stays proved of a library with a bug that makes it false. docs/TESTING-CONTRACTS.md says what is
 * assumed.
 */
import { readFile } from "node:fs/promises";
import { modelOfLibrary, modelOfTypes, parseLibrary } from "./lib/contracts/library-model.ts";
import { type Claim, claimNothingIsReached, claimOnly, modelCheck } from "./lib/contracts/model-checker.ts";
import { type Mutant, type Proof, PROOFS } from "./lib/contracts/proofs.ts";
import { solver } from "./lib/contracts/solver.ts";
import { ensureProgram } from "./lib/ensure-program.ts";
import { inRoot } from "./lib/paths.ts";
import { runMain } from "./lib/run-main.ts";
import { ScriptError } from "./lib/script-error.ts";

const Z3 = { paths: ["/usr/bin/z3", "/usr/local/bin/z3"], package: "z3" };
const PROOF_TIMEOUT_S = 60;
/** A counterexample is found soon or never. */
const REFUTATION_TIMEOUT_S = 10;

await runMain(async () => {
  const z3 = await ensureProgram(Z3);
  if (z3 === undefined) throw new ScriptError("NO_Z3", "z3 is missing: apt-get install z3.");
  const started = Date.now();
  let wrong = 0;
  for (const proof of PROOFS) wrong += await prove(z3, proof);
  process.stdout.write(
    wrong === 0
      ? "\nEvery claim is proved, and every bug is found"
      : `\n${wrong} ${wrong === 1 ? "line is" : "lines are"} not as it should be`,
  );
  process.stdout.write(` (${((Date.now() - started) / 1000).toFixed(0)} s).\n`);
  return wrong === 0 ? 0 : 1;
});

/** Reports the claims of one harness, and returns how many lines of the report say NOT. */
async function prove(z3: string, proof: Proof): Promise<number> {
  const { harness, library, mutants } = proof;
  const text = await readFile(inRoot(`test/proofs/${harness}.sol`), "utf8");
  const original = await readFile(inRoot(`contracts/libraries/${library}.sol`), "utf8");
  const types = modelOfTypes(await readFile(inRoot("contracts/types/LeaseRecord.sol"), "utf8"));
  const check = (libraryText: string, harnessText: string, timeoutS: number): Claim[] =>
    modelCheck({
      harness: { name: harness, text: harnessText },
      generated: {
        [`generated/${library}Model.sol`]: modelOf(proof, libraryText),
        "generated/LeaseRecord.sol": types,
      },
      solve: solver(z3, timeoutS),
    });

  let wrong = 0;
  const report = (right: boolean, word: string, line: string): void => {
    if (!right) wrong += 1;
    process.stdout.write(`${(right ? word : `NOT ${word.toUpperCase()}`).padEnd(11)}  ${line}\n`);
  };

  process.stdout.write(`\n${harness}: ${library}.sol\n`);
  for (const claim of check(original, text, PROOF_TIMEOUT_S))
    report(claim.verdict === "proved", "proved", `${describe(claim)}${claim.text}`);

  for (const claim of check(original, claimNothingIsReached(text), REFUTATION_TIMEOUT_S))
    if (claim.verdict !== "refuted") report(false, "reached", describe(claim));

  process.stdout.write(`\n${library}.sol with a bug\n`);
  for (const mutant of mutants) {
    const [claim] = check(withBug(original, mutant), onlyRefuted(text, mutant), REFUTATION_TIMEOUT_S);
    report(claim?.verdict === "refuted", "refuted", `${mutant.name}: ${mutant.refutes.join(": ")}`);
  }
  return wrong;
}

function describe(claim: Claim): string {
  return `line ${claim.line}, ${claim.function}: `;
}

function modelOf({ library, model }: Proof, text: string): string {
  return modelOfLibrary(parseLibrary(`contracts/libraries/${library}.sol`, text), model);
}

function withBug(text: string, { name, edit: [from, to] }: Mutant): string {
  const parts = text.split(from);
  if (parts.length === 2) return parts.join(to);
  throw new ScriptError("MUTANT_OUTDATED", `"${name}": "${from}" is there ${parts.length - 1} times.`);
}

function onlyRefuted(text: string, { name, refutes: [where, claim] }: Mutant): string {
  const only = claimOnly(text, where, claim);
  if (only !== undefined) return only;
  throw new ScriptError("MUTANT_OUTDATED", `"${name}": ${where} does not claim ${claim} once.`);
}
