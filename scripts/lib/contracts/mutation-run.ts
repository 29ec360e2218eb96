import { withProgress } from "../progress.js";
import { ScriptError } from "../script-error.ts";
import { instrumentedEnvironment, runInstrumented } from "./hardhat-command.ts";
import { MUTATION_PROFILE, NOT_FOR_INSTRUMENTED_CODE } from "./instrumented-config.ts";
import { type Mutant } from "./mutant.ts";
import { MutationCache, type MutantResult } from "./mutation-cache.ts";
import { MutationPool } from "./mutation-pool.ts";
import { MutationReach } from "./mutation-reach.ts";
import { type MutationSchema } from "./mutation-schema.ts";
import { type MutationAnswer, type MutationTask } from "./mutation-worker.ts";
import { shuffled } from "./sample.ts";
import { findFiles } from "./solidity-ast.ts";

const PARALLEL = 2;
const SAVE_EVERY = 10;
const MUTANT_TIMEOUT_MS = 5 * 60_000;

type RunTask = (task: MutationTask, timeoutMs: number) => Promise<MutationAnswer | undefined>;

/** How the mutants are tested. */
export interface MutationRunOptions {
  /** Glob of the TypeScript tests. */
  readonly tests: string;
  readonly signal: AbortSignal;
}

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
  const tryAll = async (
    what: string,
    mutants: readonly Mutant[],
    attempt: (mutant: Mutant, run: RunTask) => Promise<boolean>,
  ): Promise<void> => {
    let [done, killed] = [0, 0];
    await withProgress(what, async (setDetail) => {
      await pool.each(mutants, signal, async (mutant, run) => {
        if (await attempt(mutant, run)) killed += 1;
        done += 1;
        setDetail(`${done} tried, ${killed} killed`);
        if (done % SAVE_EVERY === 0) await cache.save();
      });
    });
  };
  try {
    const files = await findFiles(options.tests);
    const reach = await withProgress("Which tests reach which mutant", () =>
      MutationReach.record(pool, files, signal),
    );
    const left: Mutant[] = [];
    const solidityTask = ({ id }: Mutant): MutationTask => ({
      kind: "solidity",
      mutant: id,
      files: solidity,
      titles: [],
      exclude: NOT_FOR_INSTRUMENTED_CODE,
    });
    await tryAll(
      `${todo.length} mutants, by the tests that are most about them`,
      todo,
      async (mutant, run) => {
        const result = await tryTasks(reach.firstTasks(mutant.id), run);
        if (result.killed) results.set(mutant.key, result);
        else left.push(mutant);
        return result.killed;
      },
    );
    await tryAll(`${left.length} mutants, by all tests`, left, async (mutant, run) => {
      const tasks = [...reach.allTasks(mutant.id), solidityTask(mutant)];
      const result = await tryTasks(tasks, run);
      results.set(mutant.key, result);
      return result.killed;
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

/** Runs tasks one after the other until one fails. */
async function tryTasks(tasks: readonly MutationTask[], run: RunTask): Promise<MutantResult> {
  for (const task of tasks) {
    const answer = await run(task, MUTANT_TIMEOUT_MS);
    const file = task.kind === "mocha" ? { file: task.files[0] ?? "" } : {};
    if (answer === undefined) return { killed: true, by: "does not end", ...file };
    if (answer.failures > 0) return { killed: true, by: answer.failed ?? "?", ...file };
  }
  return { killed: false };
}
