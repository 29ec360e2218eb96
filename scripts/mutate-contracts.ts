/**
 * `npm run mutate:contracts`: changes the contracts in one place at a time and expects a test to fail. Options:
 * --contract Name (may be repeated), --limit N and --seed S for a sample, --only <glob of tests>, --stages N to try no
 * more than the tests that are most about a mutant (1), the files that killed their neighbours (2), all (3), and the Solidity tests (4), --check to
 * fail when fewer than 95 % are killed or a survivor has no reason in scripts/mutation-survivors.json.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Mutant } from "./lib/contracts/mutant.ts";
import {
  describe,
  problemsOf,
  readExplanations,
  type TriedMutant,
  writePage,
} from "./lib/contracts/mutation-report.ts";
import { runMutants } from "./lib/contracts/mutation-run.ts";
import { createSchema } from "./lib/contracts/mutation-schema.ts";
import { sample } from "./lib/contracts/sample.ts";
import { STAGES } from "./lib/contracts/mutation-stages.ts";
import { parseContracts } from "./lib/contracts/solidity-ast.ts";
import { percent } from "./lib/contracts/text-table.ts";
import { inRoot } from "./lib/paths.ts";
import { withProgress } from "./lib/progress.js";
import { runMain } from "./lib/run-main.ts";
import { ScriptError } from "./lib/script-error.ts";

const DEFAULT_TESTS = "test/contracts/**/*.test.ts";
const REPORT = inRoot(".fizz/mutation/report.json");

const { values: options } = parseArgs({
  options: {
    contract: { type: "string", multiple: true, default: [] },
    only: { type: "string", default: DEFAULT_TESTS },
    limit: { type: "string" },
    seed: { type: "string", default: "1" },
    stages: { type: "string", default: String(STAGES) },
    check: { type: "boolean", default: false },
  },
});

const isWanted = (path: string): boolean =>
  options.contract.length === 0 || options.contract.some((name) => path.endsWith(`/${name}.sol`));

function choose(mutants: readonly Mutant[]): readonly Mutant[] {
  if (options.limit === undefined) return mutants;
  return sample(mutants, { limit: Number(options.limit), seed: options.seed, keyOf: ({ key }) => key });
}

await runMain(async ({ signal }) => {
  const started = Date.now();
  const parsed = await parseContracts();
  const schema = await withProgress("Making mutants", () => Promise.resolve(createSchema(parsed, isWanted)));
  const chosen = choose(schema.mutants);
  if (chosen.length === 0)
    throw new ScriptError("NO_MUTANTS", "No contract of that name has anything to change.");
  const { length } = schema.mutants;
  process.stdout.write(`${chosen.length} of ${length} mutants; ${schema.discarded} more do not compile\n`);

  const explanations = await readExplanations();
  const results = await runMutants(schema, chosen, {
    tests: options.only,
    stages: Number(options.stages),
    explained: new Set(Object.keys(explanations)),
    signal,
  });
  const tried = chosen.flatMap((mutant): TriedMutant[] => {
    const result = results.get(mutant.key);
    return result === undefined ? [] : [{ ...mutant, ...result }];
  });
  const complete = options.contract.length === 0 && options.only === DEFAULT_TESTS && tried.length === length;
  await mkdir(inRoot(".fizz/mutation"), { recursive: true });
  await writeFile(REPORT, JSON.stringify(tried, undefined, 1));
  if (complete) await writePage(tried, explanations);

  const survivors = tried.filter(({ killed }) => !killed);
  for (const mutant of survivors) process.stdout.write(`survives  ${describe(mutant)}\n`);
  const share = percent({ all: tried.length, hit: tried.length - survivors.length });
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  process.stdout.write(
    `${tried.length - survivors.length}/${tried.length} killed (${share}) in ${minutes} min\n`,
  );
  if (!options.check) return 0;
  const problems = problemsOf(tried, explanations, complete);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  return problems.length === 0 ? 0 : 1;
});
