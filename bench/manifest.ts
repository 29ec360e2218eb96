import { parseManifest } from "@fizz/protocol/manifest";
import { MANIFEST_NOISE, MANIFEST_TRAPS } from "../test/support/manifest-traps.ts";
import { type Bench, type BenchResult, median } from "./bench.ts";

const ROUNDS = 5;
/** Times what an honest text of the largest size takes. */
const MAX_RATIO = 60;
const MAX_BYTES = 65_000;
const SLOWEST = 12;

/** A text of the largest size that is nothing but ordinary lines. */
function honestText(): string {
  const lines = ['version: "1.0"', "services:", "  web:", "    image: ghcr.io/example/web:1.2.3", "    env:"];
  for (let at = 0, size = 0; size < MAX_BYTES; at++) {
    const line = `      - SETTING_${at}=value of setting ${at}`;
    lines.push(line);
    size += line.length + 1;
  }
  return lines.join("\n").slice(0, MAX_BYTES);
}

function measure(text: string): number {
  const started = performance.now();
  parseManifest(text);
  return performance.now() - started;
}

function run(): Promise<BenchResult> {
  const honest = honestText();
  const texts = new Map(Object.entries(MANIFEST_TRAPS));
  for (const [name, noise] of Object.entries(MANIFEST_NOISE)) {
    for (const [at, text] of noise.entries()) texts.set(at === 0 ? name : `${name}, in a list`, text);
  }
  for (let warmUp = 0; warmUp < ROUNDS; warmUp++) measure(honest);
  const results = [...texts].map(([name, text]) => {
    const pairs = Array.from({ length: ROUNDS }, () => ({ trap: measure(text), honest: measure(honest) }));
    const trap = median(pairs.map((pair) => pair.trap));
    return { name, trap, ratio: trap / median(pairs.map((pair) => pair.honest)) };
  });
  results.sort((a, b) => b.ratio - a.ratio);
  const rows = results
    .slice(0, SLOWEST)
    .map(({ name, trap, ratio }) => [name, `${trap.toFixed(1)} ms`, ratio.toFixed(2)]);
  const missed = results
    .filter(({ ratio }) => ratio > MAX_RATIO)
    .map(({ name, ratio }) => `${name} takes ${ratio.toFixed(1)} times what an honest text takes`);
  return Promise.resolve({ rows: [["text", "median", "× honest text"], ...rows], missed });
}

export const manifestBench: Bench = {
  name: "manifest",
  about: `parsing texts made to keep a parser busy, against an honest text of the largest size; wanted: at most ${MAX_RATIO} times`,
  run,
};
