import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { inRoot } from "../paths.ts";
import { ScriptError } from "../script-error.ts";
import { NOT_FOR_INSTRUMENTED_CODE } from "./instrumented-config.ts";
import { type Mutant } from "./mutant.ts";
import { type MutationPool } from "./mutation-pool.ts";
import { type MutationReach, type ReachLimits } from "./mutation-reach.ts";
import { type MutantResult, SOLIDITY_TESTS } from "./mutation-record.ts";
import { type MutationTask } from "./mutation-worker.ts";

/** Tests of one kind that all mutants that live meet before any meets the next kind. */
export interface Stage {
  readonly what: string;
  tasksOf(mutant: Mutant): readonly MutationTask[];
}

const NARROW: ReachLimits = { files: 4, titles: 4 };
/** Files that killed the neighbours of a mutant, and are likely to kill it. */
const LIKELY_FILES = 5;
/** The narrow, the likely, all of TypeScript, and the Solidity tests. */
export const STAGES = 4;
/** How many stages come before those that take hours. */
export const LONG_FROM = 2;
/** How many stages come before the Solidity tests. */
export const SOLIDITY_FROM = 3;
/** Time for one task under a mutant, which counts as killed then. */
export const MUTANT_TIMEOUT_MS = 5 * 60_000;

/** Files that reach a mutant, those first that killed the mutants near to it in its file. */
function likelyFiles({ reach, results, mutants }: StageInit, { id, path, line }: Mutant): string[] {
  const scores = new Map(reach.filesOf(id).map((file) => [file, 0]));
  for (const other of mutants) {
    const { file } = results.get(other.key) ?? {};
    const score = file === undefined || other.path !== path ? undefined : scores.get(file);
    if (file !== undefined && score !== undefined)
      scores.set(file, score + 1 / (1 + (other.line - line) ** 2));
  }
  return [...scores].sort(([, a], [, b]) => b - a).map(([file]) => file);
}

/** What stages are made of. */
export interface StageInit {
  readonly reach: MutationReach;
  readonly results: ReadonlyMap<string, MutantResult>;
  readonly mutants: readonly Mutant[];
  readonly solidity: readonly string[];
  readonly units: readonly string[];
}

/** The stages in their order. `init.results` may grow meanwhile: what killed a neighbour is tried first. */
export function stagesOf(init: StageInit): readonly Stage[] {
  const { reach, solidity, units } = init;
  return [
    {
      what: "the tests that are most about them",
      tasksOf: (mutant) => [...ownTasks(units, mutant), ...reach.tasksWithin(mutant.id, NARROW)],
    },
    {
      what: "the files that killed their neighbours",
      tasksOf: (mutant) => reach.tasksIn(mutant.id, likelyFiles(init, mutant).slice(0, LIKELY_FILES)),
    },
    {
      what: "all tests",
      // Again the likely ones: which they were, at an earlier time, is not on record.
      tasksOf: (mutant) => reach.tasksIn(mutant.id, likelyFiles(init, mutant)),
    },
    { what: "the Solidity tests", tasksOf: ({ id }) => [solidityTask(solidity, id)] },
  ];
}

/** Fuzz tests that bear the name of the mutant's file: they take a moment. */
export function ownTasks(units: readonly string[], { id, path }: Mutant): MutationTask[] {
  const own = `${SOLIDITY_TESTS}/${basename(path, ".sol")}.t.sol`;
  return units.includes(own) ? [solidityTask([own], id)] : [];
}

function solidityTask(files: readonly string[], mutant?: number): MutationTask {
  const task = { kind: "solidity", files, titles: [], exclude: NOT_FOR_INSTRUMENTED_CODE } as const;
  return mutant === undefined ? task : { ...task, mutant };
}

/** Files of Solidity tests that need no other, unlike campaigns with their handlers; each must pass by itself. */
export async function findUnits(
  pool: MutationPool,
  solidity: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const units: string[] = [];
  for (const file of solidity.filter((path) => path.endsWith(".t.sol"))) {
    if (!(await readFile(inRoot(file), "utf8")).includes("invariant_")) units.push(file);
  }
  await pool.each(units, signal, async (file, run) => {
    const answer = await run(solidityTask([file]), MUTANT_TIMEOUT_MS);
    if (answer?.failures !== 0)
      throw new ScriptError("BASELINE_FAILS", `${file} fails by itself, without any mutant.`, {
        details: answer?.message ?? "It does not end.",
      });
  });
  return units;
}
