/** `npm test`: every test of the project, in order, summed up in the last line. `npm test -- unit e2e` runs parts. */
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildContracts, buildWeb } from "./lib/build-steps.ts";
import { type Cleanup } from "./lib/cleanup.ts";
import { ensureDatabaseCluster } from "./lib/database-cluster.ts";
import { ensureDocker } from "./lib/docker/ensure-docker.ts";
import { ensureProgram, IP, REGISTRY } from "./lib/ensure-program.ts";
import { CHROMIUM } from "./lib/find-chromium.ts";
import { ensureHelloImage } from "./lib/hello-image.ts";
import { inRoot, ROOT } from "./lib/paths.ts";
import { type CommandOptions, runCommand } from "./lib/run-command.ts";
import { runMain } from "./lib/run-main.ts";
import { describeError, ScriptError } from "./lib/script-error.ts";
import { createTempDir } from "./lib/temp-dir.ts";
import {
  addCounts,
  atLeastOneFailure,
  type Counts,
  countHardhat,
  describeCounts,
  describeFailures,
  emptyCounts,
  oneFailure,
} from "./lib/test-counts.ts";
import { type Part, PARTS } from "./lib/test-parts.ts";

const MOCHA = inRoot("node_modules/mocha/bin/mocha.js");
const HARDHAT = inRoot("node_modules/hardhat/dist/src/cli.js");
const REPORTER = inRoot("scripts/lib/mocha-reporter.cjs");

/** The fuzz tests, which are compiled first, beside two halves of the tests on a chain: each works on a core or so. */
async function runContracts(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Counts> {
  const tests = filesOf("test/contracts/**/*.test.ts");
  // The contracts have been compiled: nobody does it twice at the same time.
  const halves = [0, 1].map((half) => ["--no-compile", ...tests.filter((_, index) => index % 2 === half)]);
  // Invariants call whatever their worlds deploy: named one by one, the compiler would leave out what only those know.
  const shares = [...halves, ["solidity"]];
  return await sumOf(shares, (argv, tee) => runHardhat(argv, { env, signal, ...tee }));
}

function filesOf(pattern: string): string[] {
  const files = globSync(pattern, { cwd: ROOT }).sort();
  if (files.length === 0) throw new ScriptError("NO_TESTS", `There is no file ${pattern}.`);
  return files;
}

async function runHardhat(share: readonly string[], options: CommandOptions): Promise<Counts> {
  const argv = [process.execPath, HARDHAT, "test", ...share];
  const result = await runCommand(argv, { ...options, env: { ...options.env, NO_COLOR: "1" } });
  if (options.tee === undefined) process.stdout.write(`${result.stdout}\n${result.stderr}\n`);
  return atLeastOneFailure(countHardhat(result.stdout), result.status, `hardhat test ${share.join(" ")}`);
}

async function runMochas(part: Part, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Counts> {
  return await sumOf(part.patterns, (pattern, tee) => runMocha(pattern, { env, signal, ...tee }));
}

/** Runs all at the same time. The first is seen as it runs; what runs beside it is printed when it is over. */
async function sumOf<T>(
  shares: readonly T[],
  run: (share: T, options: Pick<CommandOptions, "tee">) => Promise<Counts>,
): Promise<Counts> {
  const runs = shares.map((share, index) => run(share, index === 0 ? { tee: process.stdout } : {}));
  // Nothing is still under way when one of them throws.
  await Promise.allSettled(runs);
  const sum = emptyCounts();
  for (const counts of await Promise.all(runs)) addCounts(sum, counts);
  return sum;
}

async function runMocha(pattern: string, options: CommandOptions): Promise<Counts> {
  const folder = await createTempDir("counts");
  try {
    const counts = join(folder.path, "counts.json");
    const argv = [process.execPath, MOCHA, "--reporter", REPORTER, "--reporter-option", `counts=${counts}`];
    const result = await runCommand([...argv, pattern], options);
    if (options.tee === undefined) process.stdout.write(`${result.stdout}\n${result.stderr}\n`);
    // Mocha refuses to run without a file; a part without tests has none to fail.
    if (result.stderr.includes("No test files found")) return emptyCounts();
    const text = await readFile(counts, "utf8").catch(() => JSON.stringify(emptyCounts()));
    return atLeastOneFailure(JSON.parse(text) as Counts, result.status, pattern);
  } finally {
    await folder.stop();
  }
}

/** Engine, browser, registry and namespaces, where the machine allows them; without one its tests skip themselves. */
async function prepare(cleanup: Cleanup, signal: AbortSignal): Promise<NodeJS.ProcessEnv> {
  await buildContracts(signal);
  await ensureDatabaseCluster();
  const env = { ...process.env };
  for (const program of [CHROMIUM, REGISTRY, IP]) await orSkip(() => ensureProgram(program));
  await orSkip(async () => {
    const docker = cleanup.use("Docker Engine", await ensureDocker({ signal }));
    env["DOCKER_HOST"] = docker.host;
    await ensureHelloImage(docker.client);
  });
  return env;
}

async function orSkip(step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    process.stderr.write(`${describeError(error)}\nTests that need it are skipped.\n`);
  }
}

async function runPart(part: Part, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Counts> {
  if (part.name === "contracts") return await runContracts(env, signal);
  if (part.name === "browser") await buildWeb(signal);
  return await runMochas(part, env, signal);
}

/** One part that cannot even begin is a failure, and no reason to leave out the others. */
async function runPartOrFail(part: Part, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Counts> {
  try {
    return await runPart(part, env, signal);
  } catch (error) {
    signal.throwIfAborted();
    process.stdout.write(`${describeError(error)}\n`);
    return oneFailure(`${part.name}: ${describeError(error)}`);
  }
}

await runMain(async ({ cleanup, signal }) => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    const names = PARTS.map((part) => part.name).join(", ");
    throw new ScriptError("USAGE", `There is no part ${unknown.join(", ")}. Parts: ${names}.`);
  }
  const env = await prepare(cleanup, signal);
  const sum = emptyCounts();
  const lines: string[] = [];
  for (const part of PARTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    signal.throwIfAborted();
    const started = Date.now();
    process.stdout.write(`\n== ${part.name}\n`);
    const counts = await runPartOrFail(part, env, signal);
    addCounts(sum, counts);
    lines.push(`${part.name}: ${describeCounts(counts)} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
  process.stdout.write(`${describeFailures(sum)}\n${lines.join("\n")}\n${describeCounts(sum)}\n`);
  return sum.failed === 0 ? 0 : 1;
});
