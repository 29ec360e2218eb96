import { Agent, get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openFileLimit } from "../relayer/src/doctor/check-machine.ts";
import { ScriptError } from "../scripts/lib/script-error.ts";
import { EventReader } from "../test/relayer/support/event-reader.ts";
import { type Bench, type BenchResult, median } from "./bench.ts";
import { AskedProcess } from "./lib/asked-process.ts";

const NODES = 10_000;
const READERS = 1_000;
const OTHER_FILES = 200;
const CHANGES = 20;
const WARM_UP = 30;
const PAGES = 400;
const MAX_P99_MS = 50;
const SETTLE_MS = 1_000;
const LOOK_EVERY_MS = 5;
const WAIT_MS = 10_000;
const GATEWAY = fileURLToPath(new URL("lib/processes/directory-gateway.ts", import.meta.url));
/** About a quarter of the nodes, by price. */
const QUERY =
  "online=true&acceptsOrders=true&region=region-1,region-2,region-3,region-4&minFreeMilliCpu=3000&sort=price&token=native&limit=100";

interface Figures {
  readonly cpuMs: number;
  readonly cursor: string;
}

interface Page {
  readonly total: number;
  readonly nextCursor: string | null;
}

/** Milliseconds of each page, from the question to its last byte; every page after the one before. */
async function timePages(url: string): Promise<{ readonly times: number[]; readonly total: number }> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  let [cursor, total] = ["", 0];
  for (let page = 0; page < WARM_UP + PAGES; page += 1) {
    const started = performance.now();
    const text = await read(`${url}/v1/nodes?${QUERY}${cursor}`, agent);
    if (page >= WARM_UP) times.push(performance.now() - started);
    const { nextCursor, total: all } = JSON.parse(text) as Page;
    cursor = nextCursor === null ? "" : `&cursor=${nextCursor}`;
    total = all;
  }
  agent.destroy();
  return { times, total };
}

async function read(url: string, agent: Agent): Promise<string> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent }, resolve).once("error", reject);
  });
  answer.setEncoding("utf8");
  let text = "";
  for await (const piece of answer) text += String(piece);
  if (answer.statusCode !== 200) throw new ScriptError("BENCH_FAILED", text);
  return text;
}

interface Follower {
  readonly reader: EventReader;
  readonly answer: IncomingMessage;
}

async function follow(url: string, cursor: string): Promise<Follower[]> {
  return await Promise.all(
    Array.from({ length: READERS }, async () => {
      const reader = new EventReader(`${url}/v1/nodes/stream?cursor=${cursor}`);
      return { reader, answer: await reader.begin() };
    }),
  );
}

const bytesOf = (followers: readonly Follower[]): number =>
  followers.reduce((sum, { answer }) => sum + answer.socket.bytesRead, 0);
const deltasOf = (followers: readonly Follower[]): number =>
  followers.reduce((sum, { reader }) => sum + reader.of("delta").length, 0);

async function untilTold(followers: readonly Follower[], changes: number): Promise<void> {
  const until = performance.now() + WAIT_MS;
  while (followers.some(({ reader }) => reader.of("delta").length < changes)) {
    if (performance.now() > until) throw new ScriptError("BENCH_FAILED", "Not every reader was told.");
    await sleep(LOOK_EVERY_MS);
  }
}

async function measureChanges(gateway: AskedProcess, url: string) {
  const { cursor } = await gateway.ask<Figures>("figures");
  const followers = await follow(url, cursor);
  await sleep(SETTLE_MS);
  const idle = await gateway.ask<Figures>("figures");
  const bytes = bytesOf(followers);
  const delays: number[] = [];
  for (let change = 1; change <= CHANGES; change += 1) {
    const asked = performance.now();
    await gateway.ask("change");
    await untilTold(followers, change);
    delays.push(performance.now() - asked);
  }
  const busy = await gateway.ask<Figures>("figures");
  const figures = {
    messages: deltasOf(followers) / CHANGES / READERS,
    bytes: (bytesOf(followers) - bytes) / CHANGES / READERS,
    cpuMs: (busy.cpuMs - idle.cpuMs) / CHANGES,
    delayMs: median(delays),
    open: followers.filter(({ reader }) => !reader.isOver).length,
  };
  for (const { reader } of followers) reader.stop();
  return figures;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0;
}

async function run(): Promise<BenchResult> {
  const files = openFileLimit() ?? Number.POSITIVE_INFINITY;
  if (files < READERS + OTHER_FILES)
    throw new ScriptError("BENCH_FAILED", `This needs ulimit -n ${READERS + OTHER_FILES}, not ${files}.`);
  const gateway = new AskedProcess([GATEWAY, String(NODES)]);
  try {
    const { url } = await gateway.next<{ url: string }>();
    const { times, total } = await timePages(url);
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    const { messages, bytes, cpuMs, delayMs, open } = await measureChanges(gateway, url);
    const missed: string[] = [];
    if (p99 > MAX_P99_MS) missed.push(`a page takes ${p99.toFixed(1)} ms (p99), not ${MAX_P99_MS}`);
    if (messages !== 1) missed.push(`a change costs a reader ${messages} messages, not one`);
    if (open !== READERS) missed.push(`${open} readers are left of ${READERS}`);
    const rows = [
      [`${NODES} nodes`, "figure"],
      [`page of 100 of ${total} nodes that match, p50`, `${p50.toFixed(1)} ms`],
      ["the same, p99", `${p99.toFixed(1)} ms`],
      [`one change, ${READERS} readers: messages each`, messages.toFixed(2)],
      ["bytes each, with beats", bytes.toFixed(0)],
      ["processor time of the gateway, with beats and pulses", `${cpuMs.toFixed(1)} ms`],
      ["time until the last reader has it, with 250 ms of calm", `${delayMs.toFixed(0)} ms`],
    ];
    return { rows, missed };
  } finally {
    gateway.stop();
  }
}

export const directoryBench: Bench = {
  name: "directory",
  about: `the directory of ${NODES} nodes over HTTP, and ${READERS} readers of its stream; wanted: a page in ${MAX_P99_MS} ms (p99), and one message for a change`,
  run,
};
