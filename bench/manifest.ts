import { parseManifest } from "@fizz/protocol/manifest";
import { convertToManifest } from "@fizz/protocol/convert";
import fc from "fast-check";
import { hugeTexts, MANIFEST_NOISE, MANIFEST_TRAPS, TRAP_BYTES } from "../test/support/manifest-traps.ts";
import { type Bench, type BenchResult, median } from "./bench.ts";

const ROUNDS = 5;
/** Times what an honest text of the largest size takes. */
const MAX_RATIO = 10;
/** What the worst of many random texts may take. */
const MAX_MS = 1_000;
const RANDOM_TEXTS = { numRuns: 500, seed: 1 };
const SLOWEST = 10;

/** A text of the largest size that is nothing but ordinary lines. */
function honestText(): string {
  const lines = ['version: "1.0"', "services:", "  web:", "    image: ghcr.io/example/web:1.2.3", "    env:"];
  for (let at = 0, size = 0; size < TRAP_BYTES; at++) {
    const line = `      - SETTING_${at}=value of setting ${at}`;
    lines.push(line);
    size += line.length + 1;
  }
  return lines.join("\n").slice(0, TRAP_BYTES);
}

function measure(text: string): number {
  const started = performance.now();
  parseManifest(text);
  return performance.now() - started;
}

/** The longest that reading and converting one of many random texts takes, and the text. */
function worstOfMany(): { readonly text: string; readonly ms: number } {
  let worst = { text: "", ms: 0 };
  for (const text of fc.sample(hugeTexts, RANDOM_TEXTS)) {
    const started = performance.now();
    convertToManifest(text);
    const ms = Math.max(performance.now() - started, measure(text));
    if (ms > worst.ms) worst = { text, ms };
  }
  return worst;
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
  const worst = worstOfMany();
  const name = `worst of ${RANDOM_TEXTS.numRuns} random texts: ${JSON.stringify(worst.text.slice(0, 24))} …`;
  rows.push([name, `${worst.ms.toFixed(1)} ms`, ""]);
  if (worst.ms > MAX_MS) missed.push(`${name} takes ${worst.ms.toFixed(0)} ms, ${MAX_MS} are wanted`);
  return Promise.resolve({ rows: [["text", "median", "× honest text"], ...rows], missed });
}

export const manifestBench: Bench = {
  name: "manifest",
  about: `parsing texts made to keep a parser busy, against an honest text of the largest size; wanted: at most ${MAX_RATIO} times, and none of many random texts over ${MAX_MS} ms`,
  run,
};
