import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBundle, NODE_FLAGS } from "../../../scripts/lib/bundle.ts";
import { childEnvironment } from "../../../scripts/lib/child-environment.ts";
import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { freePort } from "../../../scripts/lib/free-port.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { ScriptError } from "../../../scripts/lib/script-error.ts";
import { processorMsOf } from "../process-facts.ts";

const WAIT_MS = 240_000;
const LOOK_MS = 10;
const KIB_PER_MIB = 1_024;
const PROGRAM = [inRoot("scripts/launch.js"), "relayer"];

interface Health {
  readonly history: { readonly lag: number | null; readonly events: number } | null;
}

/** MiB. */
export interface Memory {
  readonly resident: number;
  readonly most: number;
  /** Of what is resident: not files; V8's heap; its buffers. */
  readonly anonymous: number;
  readonly heap: number;
  readonly buffers: number;
}

export interface TimedGateway {
  /** Each resolves with the milliseconds since the process was started. */
  ready(): Promise<number>;
  firstPage(): Promise<number>;
  indexed(events: number): Promise<number>;
  /** Milliseconds of processor time that it has taken so far. */
  processorMs(): Promise<number>;
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

/** A gateway's own process, timed from its start. */
export async function startTimedGateway(
  env: Readonly<Record<string, string>>,
  cleanup: Cleanup,
): Promise<TimedGateway> {
  const [apiPort, adminPort] = [await freePort(), await freePort()];
  await ensureBundle("relayer");
  const own = { FIZZ_GATEWAY_API_PORT: String(apiPort), FIZZ_GATEWAY_ADMIN_PORT: String(adminPort) };
  const started = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS.relayer, ...PROGRAM], {
    env: childEnvironment({ ...env, ...own }),
    stdio: "ignore",
  });
  cleanup.defer("gateway", () => child.kill("SIGKILL"));
  const since = (): number => performance.now() - started;
  const [apiUrl, adminUrl] = [`http://127.0.0.1:${apiPort}`, `http://127.0.0.1:${adminPort}`];
  const until = async (ask: () => Promise<boolean>): Promise<number> => {
    while (!(await ask().catch(() => false))) {
      if (since() > WAIT_MS || child.exitCode !== null)
        throw new ScriptError("BENCH_FAILED", "The gateway does not get there.");
      await sleep(LOOK_MS);
    }
    return since();
  };
  return {
    ready: () => until(async () => (await fetch(`${adminUrl}/readyz`)).ok),
    firstPage: () => until(async () => (await fetch(`${apiUrl}/v1/leases/1/history`)).ok),
    indexed: (events) =>
      until(async () => {
        const { history } = (await (await fetch(`${apiUrl}/v1/health`)).json()) as Health;
        return history !== null && history.events >= events && history.lag === 0;
      }),
    processorMs: () => processorMsOf(child.pid ?? 0),
    memory: () => memoryOf(child.pid ?? 0, adminUrl),
    stop: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await new Promise((resolve) => child.once("close", resolve));
    },
  };
}

async function memoryOf(pid: number, adminUrl: string): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  const bytes = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, "m").exec(metrics)?.[1] ?? 0);
  return {
    resident: Math.round(kib("VmRSS") / KIB_PER_MIB),
    most: Math.round(kib("VmHWM") / KIB_PER_MIB),
    anonymous: Math.round(kib("RssAnon") / KIB_PER_MIB),
    heap: mib(bytes("nodejs_heap_size_total_bytes")),
    buffers: mib(bytes("nodejs_external_memory_bytes")),
  };
}

/** MiB that a bare process has resident when it has run a piece of code. */
export async function residentAfter(code: string): Promise<number> {
  const text = `${code}; process.stdout.write(String(process.memoryUsage.rss())); process.exit(0)`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], { cwd: inRoot("relayer") });
  let said = "";
  for await (const piece of child.stdout) said += String(piece);
  return mib(Number(said));
}

function mib(bytes: number): number {
  return Math.round(bytes / KIB_PER_MIB ** 2);
}
