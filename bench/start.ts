import { rm } from "node:fs/promises";
import { inRoot } from "../scripts/lib/paths.ts";
import { ScriptRun } from "../test/support/script-run.ts";
import { type Bench, type BenchResult } from "./bench.ts";

const START_MS = 600_000;
const MAX_SECONDS = 30;
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

async function run(): Promise<BenchResult> {
  for (const path of BUILT) await rm(inRoot(path), { recursive: true, force: true });
  const first = await secondsOfStart();
  const second = await secondsOfStart();
  const row = (name: string, seconds: number): string[] => [
    name,
    `${seconds.toFixed(1)} s`,
    (seconds / first).toFixed(2),
  ];
  return {
    rows: [["npm start", "time", "× first"], row("first, the dApp not built", first), row("second", second)],
    missed: second > MAX_SECONDS ? [`the second start takes ${second.toFixed(1)} s, not ${MAX_SECONDS}`] : [],
  };
}

export const startBench: Bench = {
  name: "start",
  about: `npm start the second time, against the first; wanted: at most ${MAX_SECONDS} s on a machine of its own`,
  run,
};
