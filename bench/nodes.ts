/**
 * `npm run bench:nodes`: many idle nodes at one gateway process, with a pulse each a minute. Options: `--nodes 10000`,
 * `--minutes 10`, `--profile` for where the time goes, `--json FILE`, `--write` for docs/PERFORMANCE.md.
 * Exits with 1 when a bar is missed. Run it on a machine that does nothing else.
 */
import { setTimeout as delay } from "node:timers/promises";
import { PULSE_MS } from "@fizz/protocol/messages";
import { openFileLimit } from "../relayer/src/doctor/check-machine.ts";
import { type Cleanup } from "../scripts/lib/cleanup.ts";
import { runMain } from "../scripts/lib/run-main.ts";
import { ScriptError } from "../scripts/lib/script-error.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { type Bar, judge } from "./lib/bars.ts";
import { type NodesOptions, readNodesOptions } from "./lib/nodes-options.ts";
import { type GatewayFacts, type IdleAgentsInit } from "./lib/processes/plans.ts";
import { readFigures, readProfile } from "./lib/read-figures.ts";
import { printReport, type Report, saveJson, writeSection } from "./lib/report.ts";
import { type BenchContext, runProcess } from "./lib/run-process.ts";
import { Samples } from "./lib/samples.ts";

/** Nodes of one process of agents: each is a whole libp2p host. */
const NODES_PER_PROCESS = 1_250;
/** Open files of the gateway besides its nodes. */
const OTHER_FILES = 500;
const CONNECT_TIMEOUT_MS = 40 * 60_000;
const SAMPLE_EVERY_MS = 10_000;
const PROFILE_SECONDS = 20;
const PROFILE_LINES = 20;
const MIB = 1024 * 1024;
const MS_PER_MINUTE = 60_000;

const GATEWAY = "gateway";
const RSS = "resident memory of the gateway, MiB";
const CPU = "processor time of the gateway, % of a core";
const LOST = "nodes lost";
const STALL = "longest stall of the gateway, s";
const AGENTS_STALL = "longest stall of a process of agents, s";
const PULSES = "pulses that both signed, of those that were due, %";
/** Of 10,000 nodes; the same is reached for with 20,000. */
const BARS: readonly Bar[] = [
  { title: RSS, wanted: "at most", bar: 2_560, ratio: (pick) => pick(GATEWAY, RSS) },
  { title: CPU, wanted: "at most", bar: 30, ratio: (pick) => pick(GATEWAY, CPU) },
  { title: LOST, wanted: "at most", bar: 0, ratio: (pick) => pick(GATEWAY, LOST) },
  { title: PULSES, wanted: "at least", bar: 98, ratio: (pick) => pick(GATEWAY, PULSES) },
];

interface World {
  readonly gateway: GatewayFacts;
  /** Figures of each process of agents. */
  readonly agents: readonly number[];
  readonly connectSeconds: number;
}

function checkMachine(nodes: number): void {
  const files = openFileLimit() ?? Number.POSITIVE_INFINITY;
  process.stderr.write(`This machine lets a process open ${files} files.\n`);
  if (files < nodes + OTHER_FILES)
    throw new ScriptError(
      "BENCH_FAILED",
      `${nodes} nodes need ${nodes + OTHER_FILES} open files: ulimit -n ${nodes + OTHER_FILES}`,
    );
}

async function startWorld(nodes: number, context: BenchContext, cleanup: Cleanup): Promise<World> {
  const plan = { nodes: [], idleNodes: nodes };
  const started = await runProcess({ file: "gateway.ts", args: [plan], readyTimeoutMs: 120_000 }, context);
  cleanup.use("gateway", started.daemon);
  const gateway = started.facts as GatewayFacts;
  const from = Date.now();
  const agents: number[] = [];
  // One after the other: handshakes are dear, and together they would starve the gateway until nodes take it for silent.
  for (let first = 0; first < nodes; first += NODES_PER_PROCESS) {
    const count = Math.min(NODES_PER_PROCESS, nodes - first);
    agents.push(await startAgents({ gateway, first, count }, context, cleanup));
  }
  return { gateway, agents, connectSeconds: (Date.now() - from) / 1_000 };
}

async function startAgents(share: IdleAgentsInit, context: BenchContext, cleanup: Cleanup): Promise<number> {
  const { daemon, facts } = await runProcess(
    { file: "idle-agents.ts", args: [share], readyTimeoutMs: CONNECT_TIMEOUT_MS },
    context,
  );
  cleanup.use(daemon.name, daemon);
  return (facts as { readonly figuresPort: number }).figuresPort;
}

async function countAll(ports: readonly number[], what: string, signal: AbortSignal): Promise<number> {
  const counts = await Promise.all(
    ports.map(async (port) => (await readFigures(port, signal)).counts[what] ?? 0),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A node without leases that is silent for 40 s is lost, and so is its gateway for 60 s: by a machine that is too busy. */
async function longestStall(ports: readonly number[], signal: AbortSignal): Promise<number> {
  const figures = await Promise.all(ports.map((port) => readFigures(port, signal)));
  return Math.max(...figures.map(({ maxStallMs }) => maxStallMs));
}

/** Nothing but time goes by. */
async function watch(
  { gateway, agents, connectSeconds }: World,
  { nodes, minutes }: NodesOptions,
  signal: AbortSignal,
): Promise<Samples> {
  const pulsesBefore = await countAll(agents, "pulses", signal);
  const before = await readFigures(gateway.figuresPort, signal);
  const from = performance.now();
  let rss = before.rssBytes;
  while (performance.now() - from < minutes * MS_PER_MINUTE) {
    await delay(SAMPLE_EVERY_MS, undefined, { signal });
    rss = Math.max(rss, (await readFigures(gateway.figuresPort, signal)).rssBytes);
  }
  const after = await readFigures(gateway.figuresPort, signal);
  const elapsed = performance.now() - from;
  const pulses = (await countAll(agents, "pulses", signal)) - pulsesBefore;
  const due = (nodes * elapsed) / PULSE_MS;
  const samples = new Samples();
  samples.add(GATEWAY, {
    "nodes online at the end": after.counts["nodes"] ?? 0,
    "time until all were connected, s": connectSeconds,
    [RSS]: rss / MIB,
    "that of one node, KiB": rss / 1_024 / nodes,
    [CPU]: (100 * (after.cpuMs - before.cpuMs)) / elapsed,
    [STALL]: after.maxStallMs / 1_000,
    [AGENTS_STALL]: (await longestStall(agents, signal)) / 1_000,
    [LOST]: await countAll(agents, "lost", signal),
    [PULSES]: (100 * pulses) / due,
  });
  return samples;
}

await runMain(async ({ cleanup, signal }) => {
  const options = readNodesOptions();
  checkMachine(options.nodes);
  const { path: dir } = cleanup.use("folder", await createTempDir("bench"));
  const world = await startWorld(options.nodes, { dir, signal }, cleanup);
  process.stderr.write(`All are connected; watching for ${options.minutes} min.\n`);
  const samples = await watch(world, options, signal);
  const bars = judge(BARS, samples, 1);
  const titles = { [GATEWAY]: `${options.nodes} nodes` };
  const report: Report = { name: "bench:nodes", rounds: 1, titles, samples, bars, yardstick: GATEWAY };
  printReport(report);
  const isMissed = bars.some(({ verdict }) => verdict === "missed");
  if (isMissed || options.profile)
    for (const { name, share } of (
      await readProfile(world.gateway.figuresPort, PROFILE_SECONDS, signal)
    ).slice(0, PROFILE_LINES))
      process.stdout.write(`${(100 * share).toFixed(1).padStart(5)} %  ${name}\n`);
  if (options.json !== undefined) await saveJson(options.json, report);
  if (options.write) await writeSection(report);
  return isMissed ? 1 : 0;
});
