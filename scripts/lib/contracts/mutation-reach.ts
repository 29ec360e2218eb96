import { ScriptError } from "../script-error.ts";
import { NOT_FOR_INSTRUMENTED_CODE } from "./instrumented-config.ts";
import { type MutationPool } from "./mutation-pool.ts";
import { type MutationTask } from "./mutation-worker.ts";

const RECORDING_TIMEOUT_MS = 30 * 60_000;

/** How many files of tests, and how many tests of each. */
export interface ReachLimits {
  readonly files: number;
  readonly titles: number;
}

/** A test that reaches a mutant. The empty title is what runs while the file is loaded. */
interface Witness {
  readonly file: string;
  readonly title: string;
}

/** Which tests reach which mutant, and how many mutants each test reaches: the fewer, the more it is about them. */
export class MutationReach {
  readonly #witnesses = new Map<number, Witness[]>();
  readonly #sizes = new Map<string, number>();

  /** Runs all tests unchanged; they must pass, or every mutant would look killed. */
  static async record(
    pool: MutationPool,
    files: readonly string[],
    signal: AbortSignal,
  ): Promise<MutationReach> {
    const reach = new MutationReach();
    const failures: string[] = [];
    await pool.each(files, signal, async (file, run) => {
      const task = { kind: "mocha", files: [file], titles: [], exclude: NOT_FOR_INSTRUMENTED_CODE } as const;
      const answer = await run(task, RECORDING_TIMEOUT_MS);
      if (answer === undefined || answer.failures > 0) {
        failures.push(`${file}: ${answer?.failed ?? "It does not end."}`);
        return;
      }
      for (const [path, title, mutants] of answer.reached ?? []) reach.#add({ file: path, title }, mutants);
    });
    if (failures.length === 0) return reach;
    throw new ScriptError("BASELINE_FAILS", "Tests fail without any mutant.", {
      details: failures.join("\n"),
    });
  }

  /** The tests that are most about a mutant, within limits. */
  tasksWithin(mutant: number, limits: ReachLimits): MutationTask[] {
    const byFile = new Map<string, string[]>();
    for (const { file, title } of this.#ranked(mutant)) {
      if (title === "" || (!byFile.has(file) && byFile.size === limits.files)) continue;
      const titles = byFile.get(file) ?? [];
      if (titles.length < limits.titles) byFile.set(file, [...titles, title]);
    }
    return [...byFile].map(([file, titles]) => taskOf(mutant, file, titles));
  }

  /** Files of which a test reaches a mutant. */
  filesOf(mutant: number): string[] {
    return [...new Set(this.#ranked(mutant).map(({ file }) => file))];
  }

  /** All tests of some files: what a fixture reached for one test, others rely on. */
  tasksIn(mutant: number, files: readonly string[]): MutationTask[] {
    return files.map((file) => taskOf(mutant, file, []));
  }

  #ranked(mutant: number): Witness[] {
    const size = (witness: Witness): number => this.#sizes.get(keyOf(witness)) ?? 0;
    return (this.#witnesses.get(mutant) ?? []).toSorted((a, b) => size(a) - size(b));
  }

  #add(witness: Witness, mutants: readonly number[]): void {
    this.#sizes.set(keyOf(witness), mutants.length);
    for (const id of mutants) {
      const witnesses = this.#witnesses.get(id);
      if (witnesses === undefined) this.#witnesses.set(id, [witness]);
      else witnesses.push(witness);
    }
  }
}

function keyOf({ file, title }: Witness): string {
  return `${file}\0${title}`;
}

function taskOf(mutant: number, file: string, titles: readonly string[]): MutationTask {
  return { kind: "mocha", mutant, files: [file], titles, exclude: NOT_FOR_INSTRUMENTED_CODE };
}
