import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { hashFiles } from "../content-hash.ts";
import { inRoot } from "../paths.ts";
import { type Mutant } from "./mutant.ts";

/** Name of the Solidity tests among the files of tests. */
export const SOLIDITY_TESTS = "test/invariants";

const FILE = inRoot("test/contracts/mutation-results.json");
const HASH_LENGTH = 8;

/** What became of one mutant. */
export interface MutantResult {
  readonly killed: boolean;
  /** Of a killed one: the file of the test that failed first, or {@link SOLIDITY_TESTS}. */
  readonly file?: string;
  /** Of a killed one: that test did not fail, it did not end. */
  readonly hangs?: boolean;
  /** Of one that lives: how many stages of tests it outlived. */
  readonly stage?: number;
}

/** Lists of keys are texts, so that a list is a line. */
const contractSchema = z.object({
  /** Hash of the contract's file. */
  source: z.string(),
  /** Keys by "file of the test, its hash". */
  killed: z.record(z.string(), z.string()),
  hangs: z.string(),
  /** Keys by the number of stages. */
  lives: z.record(z.string(), z.string()),
});
const recordSchema = z.object({
  /** Hashes of the files of tests that the mutants that live have met. */
  tests: z.record(z.string(), z.string()),
  contracts: z.record(z.string(), contractSchema),
});
type StoredContract = z.infer<typeof contractSchema>;
type Stored = z.infer<typeof recordSchema>;

/**
 * Results on record, kept with the tests because a run takes hours. They hold while the mutant's file stays the same, and
 * of a kill the file of the test, too: that another contract, or a fixture, makes a killed mutant live is taken for
 * impossible, as in the incremental mode of other mutation testers. `.save` keeps what is on record of other contracts.
 */
export class MutationRecord {
  readonly results = new Map<string, MutantResult>();
  /** Files of tests that are new or changed since the mutants that live were tried. */
  readonly changed: readonly string[];
  readonly #stored: Stored;
  readonly #mutants: readonly Mutant[];
  readonly #sources: ReadonlyMap<string, string>;
  readonly #tests: ReadonlyMap<string, string>;

  private constructor(init: {
    stored: Stored;
    mutants: readonly Mutant[];
    sources: ReadonlyMap<string, string>;
    tests: ReadonlyMap<string, string>;
  }) {
    this.#stored = init.stored;
    this.#mutants = init.mutants;
    this.#sources = init.sources;
    this.#tests = init.tests;
    const { tests } = init.stored;
    const isFirst = Object.keys(tests).length === 0;
    this.changed = isFirst
      ? []
      : [...init.tests].flatMap(([file, hash]) => (tests[file] === hash ? [] : [file]));
    this.#load();
  }

  /** @param files Tests, whatever their language. */
  static async open(mutants: readonly Mutant[], files: readonly string[]): Promise<MutationRecord> {
    const paths = [...new Set(mutants.map(({ path }) => path))];
    const sources = new Map(
      await Promise.all(paths.map(async (path) => [path, await hashFile(path)] as const)),
    );
    const tests = new Map(
      await Promise.all(files.map(async (path) => [path, await hashFile(path)] as const)),
    );
    tests.set(SOLIDITY_TESTS, (await hashFiles([`${SOLIDITY_TESTS}/**/*.sol`])).slice(0, HASH_LENGTH));
    return new MutationRecord({ stored: await readStored(), mutants, sources, tests });
  }

  /** @param complete Whether all mutants that live have met all tests as they are now. */
  async save(complete: boolean): Promise<void> {
    const contracts = new Map(Object.entries(this.#stored.contracts));
    for (const [path, source] of this.#sources) contracts.set(path, this.#contractOf(path, source));
    const stored: Stored = {
      tests:
        complete || this.changed.length === 0
          ? Object.fromEntries([...this.#tests].sort(byName))
          : this.#stored.tests,
      contracts: Object.fromEntries([...contracts].sort(byName)),
    };
    await writeFile(FILE, `${JSON.stringify(stored, undefined, 1)}\n`);
  }

  #load(): void {
    const paths = new Map(this.#mutants.map(({ key, path }) => [key, path]));
    for (const [path, { source, killed, hangs, lives }] of Object.entries(this.#stored.contracts)) {
      if (source !== this.#sources.get(path)) continue;
      const hanging = new Set(keysOf(hangs));
      const add = (key: string, result: MutantResult): void => {
        if (paths.get(key) === path) this.results.set(key, result);
      };
      for (const [test, keys] of Object.entries(killed)) {
        const [file = "", hash] = test.split(" ");
        if (this.#tests.get(file) !== hash) continue;
        for (const key of keysOf(keys)) add(key, { killed: true, file, hangs: hanging.has(key) });
      }
      for (const [stage, keys] of Object.entries(lives))
        for (const key of keysOf(keys)) add(key, { killed: false, stage: Number(stage) });
    }
  }

  #contractOf(path: string, source: string): StoredContract {
    const killed = new Map<string, string[]>();
    const lives = new Map<string, string[]>();
    const hangs: string[] = [];
    const push = (groups: Map<string, string[]>, group: string, key: string): void => {
      groups.set(group, [...(groups.get(group) ?? []), key]);
    };
    for (const mutant of this.#mutants) {
      const result = this.results.get(mutant.key);
      if (result === undefined || mutant.path !== path) continue;
      const { file = SOLIDITY_TESTS } = result;
      if (result.killed) push(killed, `${file} ${this.#tests.get(file) ?? ""}`, mutant.key);
      else push(lives, String(result.stage ?? 0), mutant.key);
      if (result.hangs === true) hangs.push(mutant.key);
    }
    return { source, killed: textsOf(killed), hangs: hangs.sort().join(" "), lives: textsOf(lives) };
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function keysOf(text: string): string[] {
  return text === "" ? [] : text.split(" ");
}

function textsOf(groups: ReadonlyMap<string, readonly string[]>): Record<string, string> {
  const texts = [...groups].map(([name, keys]) => [name, keys.toSorted().join(" ")] as const);
  return Object.fromEntries(texts.sort(byName));
}

async function readStored(): Promise<Stored> {
  const text = await readFile(FILE, "utf8").catch(() => undefined);
  return text === undefined ? { tests: {}, contracts: {} } : recordSchema.parse(JSON.parse(text));
}

async function hashFile(path: string): Promise<string> {
  const text = await readFile(inRoot(path));
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}
