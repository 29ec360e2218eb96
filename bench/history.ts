import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Cleanup } from "../scripts/lib/cleanup.ts";
import { inRoot } from "../scripts/lib/paths.ts";
import { ScriptError } from "../scripts/lib/script-error.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { startPostgresServer } from "../test/support/postgres-server.ts";
import { keySettings } from "../test/relayer/support/key-settings.ts";
import { historyWorld, type HistoryWorld } from "../test/relayer/support/history-world.ts";
import { type Bench, type BenchOptions, type BenchResult, median } from "./bench.ts";
import { fillChain } from "./lib/history/fill-chain.ts";
import { type Memory, residentAfter, startTimedGateway } from "./lib/history/timed-gateway.ts";

const EVENTS = 10_000;
const MAX_READY_MS = 2_000;
const MAX_MIB = 200;
/** Starts on what is there: their medians count. */
const STARTS = 3;
/** Time in which a started gateway comes to rest before its memory is read. */
const REST_MS = 5_000;
const JSON_FILE = inRoot(".fizz/bench-history.json");
const ENGINE = JSON.stringify(inRoot("relayer/src/store/pglite-engine.ts"));
const TITLES = { postgres: "PostgreSQL", pglite: "embedded" } as const;
type Store = keyof typeof TITLES;

interface Found {
  /** Milliseconds since the start of the process. */
  readonly emptyReady: number;
  readonly indexed: number;
  /** Medians, and the memory of the start that had the middle of it. */
  readonly ready: number;
  readonly processor: number;
  readonly page: number;
  readonly memory: Memory;
  readonly afterIndexing: Memory;
  readonly off: Memory;
  /** MiB of a process that has nothing but this database open. */
  readonly alone: number | undefined;
}

/** Indexes from nothing, starts again on what is there, and once more without a history. */
async function measure(world: HistoryWorld, store: Store, cleanup: Cleanup): Promise<Found> {
  const folder = cleanup.use("folder", await createTempDir("history"));
  const env = {
    FIZZ_RPC_URL: world.anvil.rpcUrl,
    FIZZ_CONTRACTS: JSON.stringify(world.contracts),
    ...(await keySettings(folder.path)),
    FIZZ_GATEWAY_API_HOST: "127.0.0.1",
    FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
    FIZZ_GATEWAY_LINK_PORT: "0",
    FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
    FIZZ_GATEWAY_RATE_LIMIT: "1000000",
    FIZZ_GATEWAY_DATA_DIR: folder.path,
    ...(store === "postgres" && { FIZZ_GATEWAY_DATABASE_URL: await newDatabase(cleanup) }),
  };
  const first = await startTimedGateway(env, cleanup);
  const emptyReady = await first.ready();
  const indexed = await first.indexed(EVENTS);
  const afterIndexing = await first.memory();
  await first.stop();

  const starts: Start[] = [];
  for (let start = 0; start < STARTS; start += 1) starts.push(await startAgain(env, cleanup));
  const middle = (of: (start: Start) => number): number => median(starts.map(of));
  const [ready, page] = [middle((start) => start.ready), middle((start) => start.page)];
  const processor = middle((start) => start.processor);
  const resident = middle(({ memory }) => memory.resident);
  const memory = starts.map((start) => start.memory).find((one) => one.resident === resident);
  if (memory === undefined) throw new ScriptError("BENCH_FAILED", "The gateway was never started.");

  const without = await startTimedGateway({ ...env, FIZZ_GATEWAY_HISTORY_FROM: "off" }, cleanup);
  await without.ready();
  await sleep(REST_MS);
  const off = await without.memory();
  await without.stop();

  const open = `await (await import(${ENGINE})).pgliteEngine(${JSON.stringify(folder.path)}).open()`;
  const alone = store === "pglite" ? await residentAfter(open) : undefined;
  return { emptyReady, indexed, afterIndexing, ready, processor, page, memory, off, alone };
}

interface Start {
  readonly ready: number;
  readonly processor: number;
  readonly page: number;
  readonly memory: Memory;
}

async function startAgain(env: Readonly<Record<string, string>>, cleanup: Cleanup): Promise<Start> {
  const gateway = await startTimedGateway(env, cleanup);
  const ready = await gateway.ready();
  const processor = await gateway.processorMs();
  const page = await gateway.firstPage();
  await sleep(REST_MS);
  const memory = await gateway.memory();
  await gateway.stop();
  return { ready, processor, page, memory };
}

async function newDatabase(cleanup: Cleanup): Promise<string> {
  return await cleanup.use("postgres", await startPostgresServer()).database();
}

async function run(_signal: AbortSignal, { stores }: BenchOptions): Promise<BenchResult> {
  const wanted = (Object.keys(TITLES) as Store[]).filter((name) => stores.includes(name));
  const cleanup = new Cleanup();
  try {
    const world = await historyWorld();
    cleanup.use("chain", world.anvil);
    await fillChain(world, EVENTS);
    const found: [Store, Found][] = [];
    for (const store of wanted) found.push([store, await measure(world, store, cleanup)]);
    const bare = await residentAfter("0");
    const json = { events: EVENTS, bare, ...Object.fromEntries(found) };
    await writeFile(JSON_FILE, `${JSON.stringify(json, undefined, 2)}\n`);
    return { rows: rowsOf(found, bare), missed: found.flatMap(missedBy) };
  } finally {
    await cleanup.stop();
  }
}

function missedBy([store, { ready, memory }]: [Store, Found]): string[] {
  const missed: string[] = [];
  const title = TITLES[store];
  if (ready > MAX_READY_MS) missed.push(`${title}: ready after ${ready.toFixed(0)} ms, not ${MAX_READY_MS}`);
  if (memory.resident > MAX_MIB) missed.push(`${title}: ${memory.resident} MiB resident, not ${MAX_MIB}`);
  return missed;
}

function rowsOf(found: readonly [Store, Found][], bare: number): string[][] {
  const seconds = (value: number): string => `${(value / 1_000).toFixed(2)} s`;
  const row = (title: string, tell: (of: Found) => string): string[] => [
    title,
    ...found.map(([, of]) => tell(of)),
  ];
  return [
    [`${EVENTS} events`, ...found.map(([store]) => TITLES[store])],
    row("indexed: from the start of the process to /readyz", ({ ready }) => seconds(ready)),
    row("processor time of the process until then", ({ processor }) => seconds(processor)),
    row("to the first page of a lease's events", ({ page }) => seconds(page)),
    row("resident memory after that", ({ memory }) => `${memory.resident} MiB`),
    row(
      "of this: not files; V8's heap; its buffers",
      ({ memory }) => `${memory.anonymous}; ${memory.heap}; ${memory.buffers} MiB`,
    ),
    row("the most that was resident", ({ memory }) => `${memory.most} MiB`),
    row("the same with historyFrom off", ({ off }) => `${off.resident} MiB`),
    row("Node alone; with the database alone", ({ alone }) => `${bare}; ${alone ?? "–"} MiB`),
    row(
      "from nothing: to /readyz; until all is indexed",
      ({ emptyReady, indexed }) => `${seconds(emptyReady)}; ${seconds(indexed)}`,
    ),
    row("resident memory after indexing", ({ afterIndexing }) => `${afterIndexing.resident} MiB`),
  ];
}

export const historyBench: Bench = {
  name: "history",
  about: `a gateway with ${EVENTS} events in its history; wanted: ready in ${MAX_READY_MS} ms, ${MAX_MIB} MiB resident`,
  run,
};
