/**
 * `npm run bench:tunnel`: what two hops of Fizz cost, against other ways of two hops in the same run. Options:
 * `--rounds 5`, `--seconds 2`, `--only NAME` (again and again), `--json FILE`, `--write` for docs/PERFORMANCE.md.
 * Exits with 1 when a bar is missed. Run it on a machine that does nothing else.
 */
import { type Cleanup } from "../scripts/lib/cleanup.ts";
import { runMain } from "../scripts/lib/run-main.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { judge } from "./lib/bars.ts";
import { readRoundOptions, type RoundOptions } from "./lib/options.ts";
import { startOrigins } from "./lib/origins.ts";
import { printReport, type Report, saveJson, writeSection } from "./lib/report.ts";
import { type BenchContext } from "./lib/run-process.ts";
import { roundsOf } from "./lib/rounds.ts";
import { Samples } from "./lib/samples.ts";
import { TUNNEL_BARS } from "./lib/tunnel-bars.ts";
import { type Measure, TUNNEL_MEASURES } from "./lib/tunnel-measures.ts";
import { startFizz } from "./lib/ways/fizz.ts";
import { startNginxStream } from "./lib/ways/nginx.ts";
import { startRawPipe } from "./lib/ways/raw-pipe.ts";
import { startSshReverse } from "./lib/ways/ssh.ts";
import { type Way, WAY_TITLES } from "./lib/ways/way.ts";

async function startWays(context: BenchContext, cleanup: Cleanup): Promise<Way[]> {
  const origins = await startOrigins(context, cleanup);
  const ways: Way[] = [];
  for (const start of [startRawPipe, startNginxStream, startSshReverse, startFizz])
    ways.push(await start(origins, context, cleanup));
  return ways;
}

/** Every way has its turn in every round, one after the other. */
async function measure(
  ways: readonly Way[],
  measures: readonly Measure[],
  { rounds, seconds, signal }: RoundOptions & { readonly signal: AbortSignal },
): Promise<Samples> {
  const samples = new Samples();
  for (const round of roundsOf(rounds))
    for (const { name, ways: names, run } of measures) {
      process.stderr.write(`${round.title}: ${name}\n`);
      for (const way of ways.filter((one) => names.includes(one.name))) {
        signal.throwIfAborted();
        const figures = await run(way, { seconds, signal });
        if (round.counts) samples.add(way.name, figures);
      }
    }
  return samples;
}

await runMain(async ({ cleanup, signal }) => {
  const options = readRoundOptions(TUNNEL_MEASURES.map(({ name }) => name));
  const chosen = TUNNEL_MEASURES.filter(
    ({ name }) => options.only.length === 0 || options.only.includes(name),
  );
  const { path: dir } = cleanup.use("folder", await createTempDir("bench"));
  const ways = await startWays({ dir, signal }, cleanup);
  const samples = await measure(ways, chosen, { ...options, signal });
  const { rounds } = options;
  const bars = judge(TUNNEL_BARS, samples, rounds);
  const report: Report = {
    name: "bench:tunnel",
    rounds,
    titles: WAY_TITLES,
    samples,
    bars,
    yardstick: "pipe",
  };
  printReport(report);
  if (options.json !== undefined) await saveJson(options.json, report);
  if (options.write) await writeSection(report);
  return bars.some(({ verdict }) => verdict === "missed") ? 1 : 0;
});
