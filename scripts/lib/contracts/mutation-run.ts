import { withProgress } from "../progress.js";
import { ScriptError } from "../script-error.ts";
import { instrumentedEnvironment, runInstrumented } from "./hardhat-command.ts";
import { MUTATION_PROFILE, NOT_FOR_INSTRUMENTED_CODE } from "./instrumented-config.ts";
import { type Mutant } from "./mutant.ts";
import { MutationCache, type MutantResult } from "./mutation-cache.ts";
import { MutationPool } from "./mutation-pool.ts";
import { type MutationSchema } from "./mutation-schema.ts";
import { type MutationAnswer, type MutationTask } from "./mutation-worker.ts";
import { shuffled } from "./sample.ts";
import { findFiles } from "./solidity-ast.ts";

const PARALLEL = 2;
const RECORDING_TIMEOUT_MS = 15 * 60_000;
const MUTANT_TIMEOUT_MS = 5 * 60_000;

/** How the mutants are tested. */
export interface MutationRunOptions {
  /** Glob of the TypeScript tests. */
  readonly tests: string;
  readonly signal: AbortSignal;
}

/** Which tests reach which mutant: file to titles. */
type Reach = ReadonlyMap<number, ReadonlyMap<string, readonly string[]>>;

/** Compiles the schema once, finds out which tests reach which mutant, and runs these under each mutant. */
export async function runMutants(
  schema: MutationSchema,
  wanted: readonly Mutant[],
  options: MutationRunOptions,
): Promise<ReadonlyMap<string, MutantResult>> {
  const { signal } = options;
  const cache = await MutationCache.open(options.tests);
  const { results } = cache;
  const missing = wanted.filter(({ key }) => !results.has(key));
  // In no order of the files: what a run that was ended has tried is a fair sample.
  const todo = shuffled(missing, { seed: "order", keyOf: ({ key }) => key });
  if (todo.length === 0) return results;
  const env = await instrumentedEnvironment({ folder: "mutation", sources: schema.sources });
  // Invariants find a handler only where its file is named as well.
  const solidity = await findFiles("test/invariants/**/*.sol");
  await compile(env, solidity, signal);
  const pool = new MutationPool(PARALLEL, env);
  try {
    const files = await findFiles(options.tests);
    const reach = await withProgress("Which tests reach which mutant", () => record(pool, files, signal));
    let done = 0;
    await withProgress(`${todo.length} mutants`, async (setDetail) => {
      await pool.each(todo, signal, async (mutant, run) => {
        const result = await tryMutant({ mutant, reach, solidity, run });
        results.set(mutant.key, result);
        done += 1;
        setDetail(`${done} done, ${[...results.values()].filter(({ killed }) => !killed).length} survive`);
        if (done % 10 === 0) await cache.save();
      });
    });
  } finally {
    pool.stop();
    await cache.save();
  }
  signal.throwIfAborted();
  return results;
}

/** The Solidity tests must pass as they are, or every mutant would look killed. */
async function compile(
  env: NodeJS.ProcessEnv,
  solidity: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const args = ["test", "solidity", "--test-profile", MUTATION_PROFILE, ...solidity];
  const result = await withProgress("Compiling all mutants at once", () =>
    runInstrumented(args, { env, signal }),
  );
  if (result.status !== 0) {
    const details = `${result.stdout}\n${result.stderr}`.slice(-4_000);
    throw new ScriptError("BASELINE_FAILS", "The Solidity tests fail without any mutant.", { details });
  }
}

async function record(pool: MutationPool, files: readonly string[], signal: AbortSignal): Promise<Reach> {
  const reach = new Map<number, Map<string, string[]>>();
  const failures: string[] = [];
  await pool.each(files, signal, async (file, run) => {
    const task = { kind: "mocha", files: [file], titles: [], exclude: NOT_FOR_INSTRUMENTED_CODE } as const;
    const answer = await run(task, RECORDING_TIMEOUT_MS);
    if (answer === undefined || answer.failures > 0) {
      failures.push(`${file}: ${answer?.failed ?? "It does not end."}`);
      return;
    }
    for (const [path, title, mutants] of answer.reached ?? []) {
      for (const id of mutants) {
        const byFile = reach.get(id) ?? new Map<string, string[]>();
        reach.set(id, byFile.set(path, [...(byFile.get(path) ?? []), title]));
      }
    }
  });
  if (failures.length > 0) {
    const details = failures.join("\n");
    throw new ScriptError("BASELINE_FAILS", "Tests fail without any mutant.", { details });
  }
  return reach;
}

/** The tests that reach it, then all tests of their files (a fixture may have reached it for them), then Solidity's. */
async function tryMutant(init: {
  mutant: Mutant;
  reach: Reach;
  solidity: readonly string[];
  run: (task: MutationTask, timeoutMs: number) => Promise<MutationAnswer | undefined>;
}): Promise<MutantResult> {
  const { mutant, reach, solidity, run } = init;
  const files = [...(reach.get(mutant.id) ?? new Map<string, readonly string[]>())];
  const exclude = NOT_FOR_INSTRUMENTED_CODE;
  const base = { mutant: mutant.id, exclude };
  const tasks: MutationTask[] = files
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([file, titles]) => ({
      ...base,
      kind: "mocha",
      files: [file],
      titles: titles.filter((one) => one !== ""),
    }))
    .filter(({ titles }) => titles.length > 0) as MutationTask[];
  for (const [file] of files) tasks.push({ ...base, kind: "mocha", files: [file], titles: [] });
  tasks.push({ ...base, kind: "solidity", files: solidity, titles: [] });
  for (const task of tasks) {
    const answer = await run(task, MUTANT_TIMEOUT_MS);
    const file = task.kind === "mocha" ? { file: task.files[0] ?? "" } : {};
    if (answer === undefined) return { killed: true, by: "does not end", ...file };
    if (answer.failures > 0) return { killed: true, by: answer.failed ?? "?", ...file };
  }
  return { killed: false };
}
