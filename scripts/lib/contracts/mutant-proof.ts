import { withProgress } from "../progress.js";
import { ScriptError } from "../script-error.ts";
import { instrumentedEnvironment, runInstrumented } from "./hardhat-command.ts";
import { INVARIANT_PROFILE, UNCHANGED_PROFILE } from "./instrumented-config.ts";
import { MutationPool } from "./mutation-pool.ts";
import { type MutationAnswer, type MutationTask } from "./mutation-worker.ts";
import { type NamedMutant, renderNamedMutants } from "./named-mutants.ts";

/** A number that no mutant has: the contracts run as they are. */
const NO_MUTANT = 0;
const TIMEOUT_MS = 10 * 60_000;
const ONE_LINE = /\s+/g;

/** What a mutant did to its test. */
export interface MutantProof {
  readonly mutant: NamedMutant;
  /** Whether the test failed with the message of this very invariant. */
  readonly isCaught: boolean;
  /** What the test said. */
  readonly message: string;
}

/** Compiles all mutants at once, lets the tests pass without any, and runs each one's test under it, one at a time. */
export async function proveMutants(
  mutants: readonly NamedMutant[],
  isWanted: (mutant: NamedMutant) => boolean,
  signal: AbortSignal,
): Promise<readonly MutantProof[]> {
  const sources = await renderNamedMutants(mutants);
  const env = await instrumentedEnvironment({ folder: "invariant-mutants", sources });
  await build(env, signal);
  const wanted = mutants.filter(isWanted);
  const pool = new MutationPool(1, env);
  const proofs: MutantProof[] = [];
  try {
    await withProgress("Without any mutant", async () => {
      const byFile = Map.groupBy(wanted, ({ test }) => test);
      await pool.each([...byFile], signal, async ([file, mine], run) => {
        const names = [...new Set(mine.map(({ name }) => name))];
        requirePassed(file, await run(taskOf(file, NO_MUTANT, names), TIMEOUT_MS));
      });
    });
    await withProgress(`${wanted.length} mutants`, async (setDetail) => {
      await pool.each(wanted, signal, async (mutant, run) => {
        setDetail(`${mutant.number}: ${mutant.mutant}`);
        const task = taskOf(mutant.test, mutants.indexOf(mutant) + 1, [mutant.name]);
        proofs.push(judge(mutant, await run(task, TIMEOUT_MS)));
      });
    });
  } finally {
    pool.stop();
  }
  signal.throwIfAborted();
  return proofs;
}

async function build(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const result = await withProgress("Compiling all mutants at once", () =>
    runInstrumented(["build"], { env, signal }),
  );
  if (result.status === 0) return;
  const details = `${result.stdout}\n${result.stderr}`.slice(-4_000);
  throw new ScriptError("MUTANTS_DO_NOT_COMPILE", "The contracts do not compile with their mutants.", {
    details,
  });
}

function taskOf(file: string, mutant: number, names: readonly string[]): MutationTask {
  const base = { mutant, files: [file], exclude: "^$" };
  if (!file.endsWith(".sol")) return { ...base, kind: "mocha", titles: names };
  const profile = mutant === NO_MUTANT ? UNCHANGED_PROFILE : INVARIANT_PROFILE;
  return { ...base, kind: "solidity", titles: [], profile, names };
}

function requirePassed(file: string, answer: MutationAnswer | undefined): void {
  if (answer?.failures === 0) return;
  throw new ScriptError("BASELINE_FAILS", `${file} fails without any mutant.`, {
    details:
      answer === undefined
        ? "It does not end, or takes too much memory."
        : `${answer.failed ?? ""}: ${answer.message ?? ""}`,
  });
}

/** The messages of an invariant begin with its number: so it is this relation that failed, and no other. */
function judge(mutant: NamedMutant, answer: MutationAnswer | undefined): MutantProof {
  if (answer === undefined)
    return { mutant, isCaught: false, message: "does not end, or takes too much memory" };
  if (answer.failures === 0) return { mutant, isCaught: false, message: "passes" };
  const message = (answer.message ?? answer.failed ?? "").replace(ONE_LINE, " ");
  const own = new RegExp(`(?<!\\w)${mutant.number}: .*`).exec(message)?.[0];
  return { mutant, isCaught: own !== undefined, message: own ?? message };
}
