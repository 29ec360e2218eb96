import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { leaseMarketAbi } from "@fizz/protocol/chain";
import { encodeFunctionData, numberToHex } from "viem";
import { Cleanup } from "../scripts/lib/cleanup.ts";
import { childEnvironment } from "../scripts/lib/child-environment.ts";
import { freePort } from "../scripts/lib/free-port.ts";
import { inRoot } from "../scripts/lib/paths.ts";
import { ScriptError } from "../scripts/lib/script-error.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { GATEWAY_KEY } from "../test/relayer/support/chain-world.ts";
import { historyWorld, type HistoryWorld } from "../test/relayer/support/history-world.ts";
import { type Bench, type BenchResult } from "./bench.ts";

const EVENTS = 10_000;
const LEASES = 20;
const PER_BLOCK = 100;
const MAX_READY_MS = 2_000;
const MAX_MIB = 200;
const WAIT_MS = 240_000;
const LOOK_MS = 10;
/** Time in which a started gateway comes to rest before its memory is read. */
const REST_MS = 5_000;
const KIB_PER_MIB = 1_024;
const MAIN = fileURLToPath(new URL("../relayer/src/main.ts", import.meta.url));
const JSON_FILE = inRoot(".fizz/bench-history.json");

/** Top-ups of a few leases, many in a block; anvil signs for its own accounts. */
async function fillChain(world: HistoryWorld): Promise<void> {
  for (let lease = 0; lease < LEASES; lease += 1) await world.openOne();
  const { client, contracts, tenant, test } = world;
  await test.setAutomine(false);
  let left = EVENTS - LEASES;
  let nonce = await client.getTransactionCount({ address: tenant });
  while (left > 0) {
    const count = Math.min(left, PER_BLOCK);
    const calls = Array.from({ length: count }, (_, at) => {
      const args = [BigInt((at % LEASES) + 1), 1n] as const;
      const data = encodeFunctionData({ abi: leaseMarketAbi, functionName: "topUp", args });
      const call = {
        from: tenant,
        to: contracts.leaseMarket,
        data,
        gas: "0x30d40",
        nonce: numberToHex(nonce + at),
      };
      return client.request({ method: "eth_sendTransaction", params: [call] } as never);
    });
    await Promise.all(calls);
    await test.mine({ blocks: 1 });
    nonce += count;
    left -= count;
  }
  await test.mine({ blocks: 100 });
  await test.setAutomine(true);
}

interface GatewayFacts {
  readonly apiUrl: string;
  readonly adminUrl: string;
}

interface Health {
  readonly history: { readonly lag: number | null; readonly events: number } | null;
}

/** A gateway's own process, timed from its start. */
async function startGateway(env: Readonly<Record<string, string>>, cleanup: Cleanup) {
  const [apiPort, adminPort] = [await freePort(), await freePort()];
  const own = { FIZZ_GATEWAY_API_PORT: String(apiPort), FIZZ_GATEWAY_ADMIN_PORT: String(adminPort) };
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    env: childEnvironment({ ...env, ...own }),
    stdio: "ignore",
  });
  cleanup.defer("gateway", () => child.kill("SIGKILL"));
  const since = (): number => performance.now() - started;
  const facts: GatewayFacts = {
    apiUrl: `http://127.0.0.1:${apiPort}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
  };
  const until = async (ask: () => Promise<boolean>): Promise<number> => {
    while (!(await ask().catch(() => false))) {
      if (since() > WAIT_MS || child.exitCode !== null)
        throw new ScriptError("BENCH_FAILED", "The gateway does not get there.");
      await sleep(LOOK_MS);
    }
    return since();
  };
  return {
    ...facts,
    ready: () => until(async () => (await fetch(`${facts.adminUrl}/readyz`)).ok),
    firstPage: () => until(async () => (await fetch(`${facts.apiUrl}/v1/leases/1/history`)).ok),
    indexed: () =>
      until(async () => {
        const { history } = (await (await fetch(`${facts.apiUrl}/v1/health`)).json()) as Health;
        return history !== null && history.events >= EVENTS && history.lag === 0;
      }),
    memory: () => memoryOf(child.pid ?? 0, facts.adminUrl),
    stop: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await new Promise((resolve) => child.once("close", resolve));
    },
  };
}

/** MiB: resident now and at most, and what V8 and its buffers have of it. */
async function memoryOf(pid: number, adminUrl: string) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  const bytes = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, "m").exec(metrics)?.[1] ?? 0);
  const mib = (value: number): number => Math.round(value / KIB_PER_MIB ** 2);
  return {
    resident: Math.round(kib("VmRSS") / KIB_PER_MIB),
    most: Math.round(kib("VmHWM") / KIB_PER_MIB),
    anonymous: Math.round(kib("RssAnon") / KIB_PER_MIB),
    heap: mib(bytes("nodejs_heap_size_total_bytes")),
    buffers: mib(bytes("nodejs_external_memory_bytes")),
  };
}

/** MiB that a bare process has resident, and with an embedded database of the same settings, opened on a folder. */
async function alone(code: string): Promise<number> {
  const text = `${code}; process.stdout.write(String(process.memoryUsage.rss())); process.exit(0)`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], { cwd: inRoot("relayer") });
  let said = "";
  for await (const piece of child.stdout) said += String(piece);
  return Math.round(Number(said) / KIB_PER_MIB ** 2);
}

async function measure(cleanup: Cleanup) {
  const world = await historyWorld();
  cleanup.use("chain", world.anvil);
  await fillChain(world);
  const folder = cleanup.use("folder", await createTempDir("history"));
  const env = {
    FIZZ_RPC_URL: world.anvil.rpcUrl,
    FIZZ_CONTRACTS: JSON.stringify(world.contracts),
    FIZZ_GATEWAY_KEY: GATEWAY_KEY,
    FIZZ_GATEWAY_API_HOST: "127.0.0.1",
    FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
    FIZZ_GATEWAY_LINK_PORT: "0",
    FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
    FIZZ_GATEWAY_RATE_LIMIT: "1000000",
    FIZZ_GATEWAY_DATA_DIR: folder.path,
  };
  const first = await startGateway(env, cleanup);
  const emptyReady = await first.ready();
  const indexed = await first.indexed();
  const afterIndexing = await first.memory();
  await first.stop();

  const second = await startGateway(env, cleanup);
  const [ready, page] = await Promise.all([second.ready(), second.firstPage()]);
  await sleep(REST_MS);
  const memory = await second.memory();
  await second.stop();

  const without = await startGateway({ ...env, FIZZ_GATEWAY_HISTORY_FROM: "off" }, cleanup);
  await without.ready();
  await sleep(REST_MS);
  const off = await without.memory();
  await without.stop();

  const bare = await alone("0");
  const open = `const { pgliteEngine } = await import(${JSON.stringify(inRoot("relayer/src/store/pglite-engine.ts"))})`;
  const database = await alone(`${open}; await pgliteEngine(${JSON.stringify(folder.path)}).open()`);
  return { emptyReady, indexed, afterIndexing, ready, page, memory, off, bare, database };
}

async function run(): Promise<BenchResult> {
  const cleanup = new Cleanup();
  try {
    const found = await measure(cleanup);
    await writeFile(JSON_FILE, `${JSON.stringify({ events: EVENTS, ...found }, undefined, 2)}\n`);
    const { ready, page, memory, off } = found;
    const missed: string[] = [];
    if (ready > MAX_READY_MS) missed.push(`ready after ${ready.toFixed(0)} ms, not ${MAX_READY_MS}`);
    if (memory.resident > MAX_MIB) missed.push(`${memory.resident} MiB resident, not ${MAX_MIB}`);
    const ms = (value: number): string => `${(value / 1_000).toFixed(2)} s`;
    const rows = [
      [`${EVENTS} events, embedded database`, "figure"],
      ["indexed: from the start of the process to /readyz", ms(ready)],
      ["to the first page of a lease's events", ms(page)],
      ["resident memory after that", `${memory.resident} MiB`],
      [
        "of this: not files; V8's heap; its buffers",
        `${memory.anonymous}; ${memory.heap}; ${memory.buffers} MiB`,
      ],
      ["the most that was resident", `${memory.most} MiB`],
      ["the same with historyFrom off", `${off.resident} MiB`],
      ["a process with Node alone; with the database alone", `${found.bare}; ${found.database} MiB`],
      ["from nothing: to /readyz; until all is indexed", `${ms(found.emptyReady)}; ${ms(found.indexed)}`],
      ["resident memory after indexing", `${found.afterIndexing.resident} MiB`],
    ];
    return { rows, missed };
  } finally {
    await cleanup.stop();
  }
}

export const historyBench: Bench = {
  name: "history",
  about: `a gateway with ${EVENTS} events in its history; wanted: ready in ${MAX_READY_MS} ms, ${MAX_MIB} MiB resident`,
  run,
};
