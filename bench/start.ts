import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inRoot } from "../scripts/lib/paths.ts";
import { runCommand } from "../scripts/lib/run-command.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { ScriptRun } from "../test/support/script-run.ts";
import { type Bench, type BenchResult } from "./bench.ts";

const START_MS = 600_000;
const MAX_SECONDS = 30;
const MAX_BOOTSTRAP_SECONDS = 0.3;
const BOOTSTRAPS = 5;
/** What a first start makes besides fetching and compiling: the exported dApp. */
const BUILT = ["web/out", "web/.next"];

async function secondsOfStart(): Promise<number> {
  const started = performance.now();
  const run = await ScriptRun.start("scripts/start.ts");
  try {
    await run.untilSays("Ctrl-C ends all of it", START_MS);
    return (performance.now() - started) / 1_000;
  } finally {
    await run.stop();
  }
}

/** What `bootstrap.js` adds to a script when everything is there: the least of a few times. */
async function secondsOfBootstrap(): Promise<number> {
  const folder = await createTempDir("bench-start");
  const script = join(folder.path, "nothing.ts");
  await writeFile(script, "");
  const secondsOf = async (argv: readonly string[]): Promise<number> => {
    const started = performance.now();
    await runCommand([process.execPath, ...argv, script]);
    return (performance.now() - started) / 1_000;
  };
  const added: number[] = [];
  for (let turn = 0; turn < BOOTSTRAPS; turn += 1)
    added.push((await secondsOf([inRoot("scripts/bootstrap.js")])) - (await secondsOf([])));
  await folder.stop();
  return Math.min(...added);
}

async function run(): Promise<BenchResult> {
  for (const path of BUILT) await rm(inRoot(path), { recursive: true, force: true });
  const first = await secondsOfStart();
  const second = await secondsOfStart();
  const bootstrap = await secondsOfBootstrap();
  const row = (name: string, seconds: number): string[] => [
    name,
    `${seconds.toFixed(1)} s`,
    (seconds / first).toFixed(2),
  ];
  return {
    rows: [
      ["npm start", "time", "× first"],
      row("first, the dApp not built", first),
      row("second", second),
      row("of it bootstrap.js", bootstrap),
    ],
    missed: [
      ...(second > MAX_SECONDS ? [`the second start takes ${second.toFixed(1)} s, not ${MAX_SECONDS}`] : []),
      ...(bootstrap > MAX_BOOTSTRAP_SECONDS ? [`bootstrap.js adds ${bootstrap.toFixed(2)} s`] : []),
    ],
  };
}

export const startBench: Bench = {
  name: "start",
  about: `npm start the second time, against the first; wanted: at most ${MAX_SECONDS} s on a machine of its own`,
  run,
};
