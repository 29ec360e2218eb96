/**
 * `npm run coverage:contracts`: which outcomes of which conditions of contracts/ the tests reach. Hardhat's own
 * coverage knows lines only. Exits with 1 when a test fails or fewer than 95 % of the branches are reached.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { BranchInstrumenter, type BranchProbe } from "./lib/contracts/branch-probes.ts";
import { instrumentedEnvironment, runInstrumented } from "./lib/contracts/hardhat-command.ts";
import { NOT_FOR_INSTRUMENTED_CODE } from "./lib/contracts/instrumented-config.ts";
import { applyWraps } from "./lib/contracts/probe-library.ts";
import { parseContracts } from "./lib/contracts/solidity-ast.ts";
import { formatTable, percent } from "./lib/contracts/text-table.ts";
import { inRoot } from "./lib/paths.ts";
import { runMain } from "./lib/run-main.ts";
import { withProgress } from "./lib/progress.js";

const THRESHOLD = 95;
const DATA = inRoot("coverage/data");
const REPORT = inRoot(".fizz/coverage/branches.json");

/** Ids of the probes that a run of the tests sent. */
async function readHits(): Promise<Set<number>> {
  const hits = new Set<number>();
  for (const kind of ["mocha", "solidity"]) {
    for (const name of await readdir(`${DATA}/${kind}`).catch(() => [])) {
      const counts = JSON.parse(await readFile(`${DATA}/${kind}/${name}`, "utf8")) as Record<string, number>;
      for (const tag of Object.keys(counts)) hits.add(Number(BigInt(`0x${tag}`)));
    }
  }
  return hits;
}

function report(probes: readonly BranchProbe[], hits: ReadonlySet<number>): number {
  const count = (kind: BranchProbe["kind"], path?: string): { all: number; hit: number } => {
    const mine = probes.filter((probe) => probe.kind === kind && (path ?? probe.path) === probe.path);
    return { all: mine.length, hit: mine.filter(({ id }) => hits.has(id)).length };
  };
  const row = (label: string, path?: string): string[] => {
    const [branches, functions] = [count("branch", path), count("function", path)];
    return [label, percent(branches), `${branches.hit}/${branches.all}`, `${functions.hit}/${functions.all}`];
  };
  const paths = [...new Set(probes.map(({ path }) => path))];
  const header = ["file", "branches", "reached", "functions"];
  process.stdout.write(`\n${formatTable([header, ...paths.map((path) => row(path, path)), row("all")])}\n`);
  for (const { id, path, line, kind, what } of probes) {
    if (!hits.has(id)) process.stdout.write(`not reached  ${path}:${line}  ${kind}  ${what}\n`);
  }
  const { all, hit } = count("branch");
  return (100 * hit) / all;
}

await runMain(async ({ signal }) => {
  const instrumenter = new BranchInstrumenter();
  const sources: Record<string, string> = {};
  for (const source of await parseContracts()) {
    const wraps = instrumenter.instrument(source);
    if (wraps.length > 0) sources[source.path] = applyWraps(source.text, wraps);
  }
  const env = await instrumentedEnvironment({ folder: "coverage", sources });
  await rm(DATA, { recursive: true, force: true });

  const parts = {
    mocha: ["test", "mocha", "--grep-exclude", NOT_FOR_INSTRUMENTED_CODE],
    solidity: ["test", "solidity"],
  };
  let failed = false;
  for (const [name, args] of Object.entries(parts)) {
    const run = runInstrumented(["--coverage", ...args], { env, signal });
    const result = await withProgress(`Tests of the contracts (${name})`, () => run);
    if (result.status === 0) continue;
    failed = true;
    process.stdout.write(`${result.stdout}${result.stderr}\n`);
  }

  const hits = await readHits();
  const reached = report(instrumenter.probes, hits);
  await mkdir(inRoot(".fizz/coverage"), { recursive: true });
  const rows = instrumenter.probes.map((probe) => ({ ...probe, reached: hits.has(probe.id) }));
  await writeFile(REPORT, JSON.stringify(rows, undefined, 1));
  const verdict = reached >= THRESHOLD ? "at least" : "LESS than";
  process.stdout.write(
    `${reached.toFixed(1)} % of the branches are reached, ${verdict} the ${THRESHOLD} % wanted.\n`,
  );
  if (failed) process.stdout.write("Tests FAILED under instrumentation; see above.\n");
  return failed || reached < THRESHOLD ? 1 : 0;
});
