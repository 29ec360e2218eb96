import { parseManifest } from "@fizz/protocol/manifest";
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { inRoot } from "../scripts/lib/paths.ts";
import { ScriptError } from "../scripts/lib/script-error.ts";
import { type Bench, type BenchResult, median } from "./bench.ts";

const FILE = "examples/multi-service.yaml";
const ROUNDS = 15;
const PER_ROUND = 40;
const WARM_UP = 400;
const MAX_RATIO = 2;

/** Milliseconds of one call, averaged over a round. */
function measure(work: () => unknown): number {
  const started = performance.now();
  for (let call = 0; call < PER_ROUND; call++) work();
  return (performance.now() - started) / PER_ROUND;
}

async function run(): Promise<BenchResult> {
  const text = await readFile(inRoot(FILE), "utf8");
  const manifest = (): unknown => {
    const parsed = parseManifest(text);
    if (!parsed.ok) throw new ScriptError("EXAMPLE_INVALID", `${FILE} is not valid.`);
    return parsed;
  };
  const plain = (): unknown => parse(text);
  for (let call = 0; call < WARM_UP; call++) {
    manifest();
    plain();
  }
  const rounds = Array.from({ length: ROUNDS }, () => ({
    manifest: measure(manifest),
    plain: measure(plain),
  }));
  const [ours, theirs] = [
    median(rounds.map((round) => round.manifest)),
    median(rounds.map((round) => round.plain)),
  ];
  const ratio = median(rounds.map((round) => round.manifest / round.plain));
  const row = (name: string, ms: number, times: number): string[] => [
    name,
    `${(1_000 / ms).toFixed(0)}/s`,
    `${ms.toFixed(2)} ms`,
    times.toFixed(2),
  ];
  return {
    rows: [
      ["what", "per second", "median", "× plain yaml"],
      row("parseManifest", ours, ratio),
      row("yaml parse", theirs, 1),
    ],
    missed: ratio > MAX_RATIO ? [`validating takes ${ratio.toFixed(2)} times what plain parsing takes`] : [],
  };
}

export const validateBench: Bench = {
  name: "validate",
  about: `reading and validating ${FILE}, against plain parsing of the same text; wanted: at most ${MAX_RATIO} times`,
  run,
};
