import { withProgress } from "../progress.js";
import { ScriptError } from "../script-error.ts";
import { instrumentedEnvironment, runInstrumented } from "./hardhat-command.ts";
import { MUTATION_PROFILE } from "./instrumented-config.ts";
import { type Mutant } from "./mutant.ts";
import { MutationPool } from "./mutation-pool.ts";
import { MutationReach } from "./mutation-reach.ts";
import { type MutantResult, MutationRecord, SOLIDITY_TESTS } from "./mutation-record.ts";
import { type MutationSchema } from "./mutation-schema.ts";
import {
  findUnits,
  LONG_FROM,
  MUTANT_TIMEOUT_MS,
  ownTasks,
  SOLIDITY_FROM,
  type Stage,
  STAGES,
  stagesOf,
} from "./mutation-stages.ts";
import { type MutationAnswer, type MutationTask } from "./mutation-worker.ts";
import { shuffled } from "./sample.ts";
import { findFiles } from "./solidity-ast.ts";

const PARALLEL = 2;
const SAVE_EVERY = 10;

type RunTask = (task: MutationTask, timeoutMs: number) => Promise<MutationAnswer | undefined>;

/** How the mutants are tested. */
export interface MutationRunOptions {
  /** Glob of the TypeScript tests. */
  readonly tests: string;
  /** How many stages are run: each takes what the one before left, and much longer for each mutant. */
  readonly stages: number;
  /** Keys of mutants that live for a known reason: the long stages are not for them. */
  readonly explained: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** Compiles the schema once, finds out which tests reach which mutant, and runs these under each mutant. */
export async function runMutants(
  schema: MutationSchema,
  wanted: readonly Mutant[],
  { tests, stages, explained, signal }: MutationRunOptions,
): Promise<ReadonlyMap<string, MutantResult>> {
  const files = await findFiles(tests);
  // Invariants find a handler only where its file is named as well.
  const solidity = await findFiles(`${SOLIDITY_TESTS}/**/*.sol`);
  const record = await MutationRecord.open(schema.mutants, [...files, ...solidity]);
  const { results } = record;
  const lives = ({ key }: Mutant): boolean => results.get(key)?.killed !== true;
  const stageOf = ({ key }: Mutant): number => results.get(key)?.stage ?? 0;
  const mayMeet = ({ key }: Mutant, index: number): boolean => index < LONG_FROM || !explained.has(key);
  const changedOf = (all: readonly string[]): string[] => all.filter((file) => record.changed.includes(file));
  const isOpen = (mutant: Mutant): boolean =>
    lives(mutant) &&
    (record.changed.length > 0 || (stageOf(mutant) < stages && mayMeet(mutant, stageOf(mutant))));
  if (stages === 0 || !wanted.some(isOpen)) return results;

  const env = await instrumentedEnvironment({ folder: "mutation", sources: schema.sources });
  await compile(env, solidity, signal);
  const pool = new MutationPool(PARALLEL, env);
  const run = async (stage: Stage, mutants: readonly Mutant[], outlived: (mutant: Mutant) => number) => {
    // In no order of the files: what a run that was ended has tried is a fair sample.
    const todo = shuffled(mutants, { seed: "order", keyOf: ({ key }) => key });
    let [done, killed] = [0, 0];
    await withProgress(`${todo.length} mutants, by ${stage.what}`, async (setDetail) => {
      await pool.each(todo, signal, async (mutant, runTask) => {
        const result = await tryTasks(stage.tasksOf(mutant), runTask);
        results.set(mutant.key, result.killed ? result : { killed: false, stage: outlived(mutant) });
        if (result.killed) killed += 1;
        done += 1;
        setDetail(`${done} tried, ${killed} killed`);
        if (done % SAVE_EVERY === 0) await record.save(false);
      });
    });
  };
  let complete = false;
  try {
    const reach = await withProgress("Which tests reach which mutant", () =>
      MutationReach.record(pool, files, signal),
    );
    // Workers that recorded hold gigabytes.
    pool.stop();
    const units = await findUnits(pool, solidity, signal);
    const solidityChanged = record.changed.includes(SOLIDITY_TESTS);
    await run(
      {
        what: "tests that changed",
        tasksOf: (mutant) => [
          ...(solidityChanged ? ownTasks(units, mutant) : []),
          ...reach.tasksIn(mutant.id, changedOf(reach.filesOf(mutant.id))),
        ],
      },
      wanted.filter((mutant) => lives(mutant) && stageOf(mutant) > 0 && record.changed.length > 0),
      (mutant) => Math.min(stageOf(mutant), solidityChanged ? SOLIDITY_FROM : STAGES),
    );
    for (const [index, stage] of stagesOf({ reach, results, mutants: schema.mutants, solidity, units })
      .slice(0, stages)
      .entries())
      await run(
        stage,
        wanted.filter((mutant) => lives(mutant) && stageOf(mutant) <= index && mayMeet(mutant, index)),
        () => index + 1,
      );
    complete = wanted.length === schema.mutants.length && !signal.aborted;
  } finally {
    pool.stop();
    await record.save(complete);
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
    const [first = "", ...others] = task.files;
    const file = others.length === 0 ? first : SOLIDITY_TESTS;
    if (answer === undefined) return { killed: true, file, hangs: true };
    if (answer.failures > 0) return { killed: true, file };
  }
  return { killed: false };
}
