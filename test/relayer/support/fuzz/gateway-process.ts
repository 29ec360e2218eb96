import { type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type deployChainWorld } from "../chain-world.ts";
import { gatewayProgram } from "../gateway-program.ts";
import { keySettings } from "../key-settings.ts";

const KIB = 1_024;
/** Log events that tell of a bug, whatever the input was. */
const FAULTS = new Set(["process.rejection", "http.undocumented", "gateway.stop.failed"]);

export interface FuzzedGateway {
  readonly apiUrl: string;
  readonly multiaddrs: readonly string[];
  /** What its log, and its end, say of bugs. */
  readonly faults: string[];
  residentBytes(): number;
  /** Whether it still runs. */
  isAlive(): boolean;
  stop(): Promise<void>;
}

/** A real gateway in a process of its own, on a real chain. */
export async function startFuzzedGateway(
  { anvil, contracts }: Awaited<ReturnType<typeof deployChainWorld>>,
  env: Readonly<Record<string, string>> = {},
): Promise<FuzzedGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), "fizz-fuzz-"));
  const keys = await keySettings(dataDir);
  const start = await gatewayProgram(["--max-old-space-size=1024"]);
  const child = start([], {
    FIZZ_RPC_URL: anvil.rpcUrl,
    FIZZ_CONTRACTS: JSON.stringify(contracts),
    ...keys,
    FIZZ_GATEWAY_API_HOST: "127.0.0.1",
    FIZZ_GATEWAY_API_PORT: "0",
    FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
    FIZZ_GATEWAY_LINK_PORT: "0",
    FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
    FIZZ_GATEWAY_PORTS: "33000-33399",
    FIZZ_GATEWAY_DATA_DIR: dataDir,
    FIZZ_GATEWAY_RATE_LIMIT: "1000000",
    FIZZ_LOG_LEVEL: "warn",
    FIZZ_POLL_MS: "200",
    ...env,
  });
  const faults: string[] = [];
  watchLog(child, faults);
  const ended = new Promise<void>((resolve) => {
    child.once("close", (code, signal) => {
      if (!isStopping) faults.push(`the gateway ended: ${String(code)} ${String(signal)}`);
      resolve();
    });
  });
  let isStopping = false;
  const ready = await readyLine(child);
  return {
    ...ready,
    faults,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    residentBytes: () => {
      const status = readFileSync(`/proc/${String(child.pid)}/status`, "utf8");
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * KIB;
    },
    stop: async () => {
      isStopping = true;
      child.kill("SIGKILL");
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function readyLine(
  child: ChildProcess,
): Promise<{ readonly apiUrl: string; readonly multiaddrs: string[] }> {
  const { stdout } = child;
  if (stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: stdout }))
    if (line.includes("gateway.ready")) return JSON.parse(line) as { apiUrl: string; multiaddrs: string[] };
  throw new Error("The gateway ended without a ready line.");
}

function watchLog({ stderr }: ChildProcess, faults: string[]): void {
  if (stderr === null) throw new Error("no output");
  createInterface({ input: stderr }).on("line", (line) => {
    if (isFault(line) && faults.length < 100) faults.push(line.slice(0, 2_000));
  });
}

/** A stack is only logged of a TypeError and its like. */
function isFault(line: string): boolean {
  try {
    const { event = "", level, error } = JSON.parse(line) as LogLine;
    return FAULTS.has(event) || level === "error" || error?.stack !== undefined || error?.code === "INTERNAL";
  } catch {
    return !line.includes("Warning");
  }
}

interface LogLine {
  readonly event?: string;
  readonly level?: string;
  readonly error?: { readonly stack?: string; readonly code?: string };
}
