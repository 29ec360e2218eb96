/**
 * Runs the tests of the contracts again and again in one process, each time on chains whose coinbase names a mutant.
 * Talks with {@link MutationPool} over the channel of `fork`.
 */
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import hre from "hardhat";
import Mocha from "mocha";
import { inRoot } from "../paths.ts";
import { MUTATION_PROFILE } from "./instrumented-config.ts";
import { coinbaseOf, RECORDING_COINBASE } from "./probe-library.ts";

/** What the worker is asked for. Without `mutant` the tests run unchanged, and say which mutants they reach. */
export interface MutationTask {
  readonly kind: "mocha" | "solidity";
  readonly mutant?: number;
  /** Test files by repository path. */
  readonly files: readonly string[];
  /** Full titles; all tests of the files when there are none. */
  readonly titles: readonly string[];
  /** Tests whose titles match are left out. */
  readonly exclude: string;
  /** Profile of the Solidity tests; {@link MUTATION_PROFILE} when there is none. */
  readonly profile?: string;
  /** Names of the Solidity tests that run; all of the files when there are none. */
  readonly names?: readonly string[];
}

/** What the worker answers. */
export interface MutationAnswer {
  readonly failures: number;
  /** First test that failed. */
  readonly failed?: string;
  /** What it says. */
  readonly message?: string;
  /** Mutants reached, by test file and full title; the empty title is the file itself. */
  readonly reached?: readonly (readonly [file: string, title: string, mutants: readonly number[]])[];
}

/** A test that takes as long under a mutant hangs: on a busy machine honest ones take up to half of it. */
const TEST_TIMEOUT_MS = 60_000;
/** Coverage is slow. */
const RECORDING_TIMEOUT_MS = 240_000;
const ESCAPED = /[.*+?^${}()|[\]\\]/g;
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), "hex"));

// Under a mutant it does not matter how short the shortest failing example is.
fc.configureGlobal({ endOnFailure: true });

type Connection = Awaited<ReturnType<typeof hre.network.create>>;
const connections: Connection[] = [];
/** Where hits are counted while recording. */
let reachedNow = new Set<number>();
let round = 0;

hre.hooks.registerHandlers("network", {
  newConnection: async (context, next) => {
    const connection = await next(context);
    connections.push(connection);
    return connection;
  },
});

async function runMocha(task: MutationTask): Promise<MutationAnswer> {
  const recording = task.mutant === undefined;
  setCoinbase(recording ? RECORDING_COINBASE : coinbaseOf(task.mutant));
  const mocha = new Mocha({
    timeout: recording ? RECORDING_TIMEOUT_MS : TEST_TIMEOUT_MS,
    bail: !recording,
    reporter: Mocha.reporters.Base,
    ...grepOf(task),
  });
  const reached = new Map<string, Set<number>>();
  round += 1;
  for (const file of task.files) {
    reachedNow = new Set();
    reached.set(`${file}\0`, reachedNow);
    await loadFile(mocha, file);
  }
  let failed: { readonly failed: string; readonly message: string } | undefined;
  const failures = await new Promise<number>((resolve) => {
    mocha
      .run(resolve)
      .on("test", (test) => {
        const file = test.file?.slice(inRoot("").length) ?? "";
        reachedNow = new Set();
        reached.set(`${file}\0${test.fullTitle()}`, reachedNow);
      })
      .on("fail", (test, error: unknown) => {
        failed ??= { failed: test.fullTitle(), message: messageOf(error) };
      });
  });
  mocha.dispose();
  for (const connection of connections.splice(0)) await connection.close();
  const rows = [...reached].map(([key, ids]) => {
    const [file = "", title = ""] = key.split("\0");
    return [file, title, [...ids]] as const;
  });
  return { failures, ...failed, ...(recording ? { reached: rows } : {}) };
}

/** Mocha's own loader would keep a file, and the chain it connected to, for the next mutant. */
async function loadFile(mocha: Mocha, path: string): Promise<void> {
  const file = inRoot(path);
  mocha.suite.emit("pre-require", globalThis, file, mocha);
  const loaded: unknown = await import(`${pathToFileURL(file).href}?round=${round}`);
  mocha.suite.emit("require", loaded, file, mocha);
  mocha.suite.emit("post-require", globalThis, file, mocha);
}

function grepOf({ titles, exclude }: MutationTask): { grep: RegExp } {
  if (titles.length === 0) return { grep: new RegExp(`^(?![\\s\\S]*(?:${exclude}))`) };
  return { grep: new RegExp(`^(?:${titles.map((title) => title.replace(ESCAPED, "\\$&")).join("|")})$`) };
}

function setCoinbase(coinbase: string): void {
  const config = hre.config.networks["default"] as { coinbase: Uint8Array };
  config.coinbase = bytesOf(coinbase);
}

/** What the task of Solidity's tests comes to. */
interface SolidityOutcome {
  readonly success: boolean;
  readonly value?: SolidityResult;
  readonly error?: SolidityResult;
}

interface SolidityResult {
  readonly suiteResults: readonly {
    readonly testResults: readonly {
      readonly name: string;
      readonly status: string;
      readonly reason?: string;
    }[];
  }[];
}

async function runSolidity(task: MutationTask): Promise<MutationAnswer> {
  const testProfile = task.profile ?? MUTATION_PROFILE;
  const profile = hre.config.test.solidity.profiles[testProfile] as { coinbase?: string };
  if (task.mutant === undefined) delete profile.coinbase;
  else profile.coinbase = coinbaseOf(task.mutant);
  const previous = process.exitCode;
  const grep = task.names === undefined ? {} : { grep: `^(?:${task.names.join("|")})\\b` };
  const outcome = (await hre.tasks
    .getTask(["test", "solidity"])
    .run({ testFiles: [...task.files], testProfile, noCompile: true, ...grep })) as SolidityOutcome;
  process.exitCode = previous;
  return answerOf(outcome);
}

function answerOf({ success, value, error }: SolidityOutcome): MutationAnswer {
  if (success) return { failures: 0 };
  const tests = (value ?? error)?.suiteResults.flatMap(({ testResults }) => testResults) ?? [];
  const failed = tests.find(({ status }) => status === "Failure");
  return { failures: 1, failed: failed?.name ?? "a Solidity test", message: failed?.reason ?? "" };
}

/** What an error says, and what the errors below it say: a property's own error is the cause of fast-check's. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${messageOf(error.cause)}\n${error.message}`;
}

process.on("message", (task: MutationTask) => {
  const run = task.kind === "mocha" ? runMocha : runSolidity;
  if (task.kind === "mocha" && task.mutant === undefined) {
    hre.hooks.registerHandlers("network", {
      onCoverageData: (_context, tags) => {
        for (const tag of tags) reachedNow.add(Number(BigInt(`0x${tag}`)));
        return Promise.resolve();
      },
    });
  }
  run(task).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failures: 1, failed: `cannot run: ${String(error)}` }),
  );
});
