import { mkdir, readFile, writeFile } from "node:fs/promises";
import { hashFiles } from "../content-hash.ts";
import { inRoot } from "../paths.ts";

const FILE = inRoot(".fizz/mutation/results.json");
/** What every result depends on. */
const COMMON = [
  "contracts/**/*.sol",
  "test/support/contracts/**/*.ts",
  "protocol/src/{capacity,chain,rewards,tiers,typed-data,units}/**/*.ts",
];
const SOLIDITY_TESTS = "test/invariants/**/*.sol";

/** What became of one mutant. */
export interface MutantResult {
  readonly killed: boolean;
  /** The test that failed first. */
  readonly by?: string;
  /** Its file; the Solidity tests when there is none. */
  readonly file?: string;
}

interface Entry extends MutantResult {
  /** Hash of the tests that the result depends on. */
  readonly tests: string;
}

interface Stored {
  readonly common: string;
  readonly results: Readonly<Record<string, Entry>>;
}

/**
 * Results of earlier runs. A kill holds while the contracts and the file of the test that failed stay the same, a
 * survival while all tests do.
 */
export class MutationCache {
  readonly results = new Map<string, MutantResult>();
  readonly #common: string;
  readonly #tests: string;
  readonly #hashes = new Map<string, Promise<string>>();

  private constructor(common: string, tests: string) {
    this.#common = common;
    this.#tests = tests;
  }

  /** @param tests Glob of the TypeScript tests. */
  static async open(tests: string): Promise<MutationCache> {
    const cache = new MutationCache(await hashFiles(COMMON), tests);
    const text = await readFile(FILE, "utf8").catch(() => "");
    if (text === "") return cache;
    const stored = JSON.parse(text) as Stored;
    if (stored.common !== cache.#common) return cache;
    for (const [key, entry] of Object.entries(stored.results)) {
      const { tests: hash, ...result } = entry;
      if (hash === (await cache.#hashOf(result))) cache.results.set(key, result);
    }
    return cache;
  }

  async save(): Promise<void> {
    const results: Record<string, Entry> = {};
    for (const [key, result] of this.results) results[key] = { ...result, tests: await this.#hashOf(result) };
    const stored: Stored = { common: this.#common, results };
    await mkdir(inRoot(".fizz/mutation"), { recursive: true });
    await writeFile(FILE, JSON.stringify(stored, undefined, 1));
  }

  /** Each hash is of the files as they were when it was first asked for. */
  async #hashOf({ killed, file = SOLIDITY_TESTS }: MutantResult): Promise<string> {
    const scope = killed ? [file] : [this.#tests, SOLIDITY_TESTS];
    const key = scope.join(" ");
    const hash = this.#hashes.get(key) ?? hashFiles(scope);
    this.#hashes.set(key, hash);
    return await hash;
  }
}
