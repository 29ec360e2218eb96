import { setTimeout as delay } from "node:timers/promises";
import { inRoot } from "../scripts/lib/paths.ts";
import { type Bench, type BenchOptions, type BenchResult, median } from "./bench.ts";
import { startManyLeases } from "./lib/agent/many-leases.ts";
import { startRealNode } from "./lib/agent/real-node.ts";
import { type Bar, judge } from "./lib/bars.ts";
import { printReport, type Report, saveJson, writeSection } from "./lib/report.ts";
import { Samples } from "./lib/samples.ts";

const IDLE_LEASES = 20;
/** Time in which a node whose containers have just started comes to rest. */
const REST_MS = 30_000;
const WATCH_SECONDS = 60;
const MAX_RSS_MIB = 160;
const MAX_CPU_PERCENT = 1;
const MANY_LEASES = 200;
const CHANGES = 50;
/** Leases of which one is closed: others than those that lose a container. */
const FIRST_CLOSED = 100;
/** Between two changes, so that each finds an agent that has nothing to do. */
const BETWEEN_MS = 200;
const MAX_CHANGE_MS = 200;
/** Containers of the real engine that are taken away. */
const LOST = 5;
const JSON_FILE = inRoot(".fizz/bench-agent.json");

const AGENT = "agent";
const P99 = 0.99;
const RSS = `${IDLE_LEASES} leases, idle: resident memory, MiB`;
const MOST_RSS = "the most of it, MiB";
const CPU = `${IDLE_LEASES} leases, idle: processor time, % of a core`;
const REMADE = `${IDLE_LEASES} leases: a container is removed, until Docker has made another, ms`;
const ENDED = `${MANY_LEASES} leases: a container is gone, until another is made`;
const CLOSED = `${MANY_LEASES} leases: one is closed on chain, until its container is stopped`;

const BARS: readonly Bar[] = [
  { title: RSS, wanted: "at most", bar: MAX_RSS_MIB, ratio: (pick) => pick(AGENT, RSS) },
  { title: CPU, wanted: "at most", bar: MAX_CPU_PERCENT, ratio: (pick) => pick(AGENT, CPU) },
  ...[ENDED, CLOSED].map((title): Bar => {
    const p99 = `${title}, p99 ms`;
    return { title: p99, wanted: "at most", bar: MAX_CHANGE_MS, ratio: (pick) => pick(AGENT, p99) };
  }),
];

async function run(signal: AbortSignal, { write }: BenchOptions): Promise<BenchResult> {
  const figures = { ...(await measureMany(signal)), ...(await measureReal(signal)) };
  const samples = new Samples();
  samples.add(AGENT, figures);
  const bars = judge(BARS, samples, 1);
  const titles = { [AGENT]: "agent" };
  const report: Report = { name: "bench:agent", rounds: 1, titles, samples, bars, yardstick: AGENT };
  printReport(report);
  await saveJson(JSON_FILE, report);
  if (write) await writeSection(report);
  const missed = bars.filter(({ verdict }) => verdict === "missed");
  return { rows: [], missed: missed.map(({ title, got, bar }) => `${title}: ${got.toFixed(2)}, not ${bar}`) };
}

async function measureMany(signal: AbortSignal): Promise<Record<string, number>> {
  const leases = await startManyLeases(MANY_LEASES);
  const [ended, closed]: [number[], number[]] = [[], []];
  try {
    for (let index = 0; index < CHANGES; index += 1) {
      ended.push(await leases.loseContainer(index));
      await delay(BETWEEN_MS, undefined, { signal });
      closed.push(await leases.closeLease(FIRST_CLOSED + index));
      await delay(BETWEEN_MS, undefined, { signal });
    }
  } finally {
    await leases.stop();
  }
  return { ...figuresOf(ENDED, ended), ...figuresOf(CLOSED, closed) };
}

function figuresOf(title: string, times: readonly number[]): Record<string, number> {
  const sorted = [...times].sort((a, b) => a - b);
  const p99 = sorted[Math.ceil(P99 * sorted.length) - 1] ?? Number.NaN;
  return { [`${title}, median ms`]: median(times), [`${title}, p99 ms`]: p99 };
}

async function measureReal(signal: AbortSignal): Promise<Record<string, number>> {
  const node = await startRealNode(IDLE_LEASES);
  try {
    await delay(REST_MS, undefined, { signal });
    const { rssMib, cpuPercent } = await node.watch(WATCH_SECONDS, signal);
    const remade: number[] = [];
    for (let count = 0; count < LOST; count += 1) remade.push(await node.removeOne());
    return {
      [RSS]: median(rssMib),
      [MOST_RSS]: Math.max(...rssMib),
      [CPU]: cpuPercent,
      [REMADE]: median(remade),
    };
  } finally {
    await node.stop();
  }
}

export const agentBench: Bench = {
  name: "agent",
  about: `a node agent with ${IDLE_LEASES} leases that does nothing, and one with ${MANY_LEASES} of which one changes`,
  run,
};
