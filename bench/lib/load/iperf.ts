import { setTimeout as delay } from "node:timers/promises";
import { runCommand } from "../../../scripts/lib/run-command.ts";
import { ScriptError } from "../../../scripts/lib/script-error.ts";
import { IPERF3, unpackProgram } from "../programs.ts";

const MEGABYTE_BITS = 8e6;
/** Beyond its time; a hung transfer is a failure. */
const GRACE_MS = 15_000;
const BUSY_MS = 50;
/** Of each second of a test: what ends within it has not begun to measure. */
const EARLY_MS = 500;

export interface BulkLoad {
  /** Loopback when it is not said. */
  readonly host?: string;
  readonly port: number;
  readonly connections: number;
  /** `down` goes to the public side. */
  readonly direction: "up" | "down";
  readonly seconds: number;
}

interface IperfReport {
  readonly error?: string;
  readonly end?: { readonly sum_received?: { readonly bits_per_second?: number } };
}

/** Megabytes per second that arrive. */
export async function measureBulk(load: BulkLoad, signal: AbortSignal): Promise<number> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(load.seconds * 1_000 + GRACE_MS)]);
  for (;;) {
    const started = performance.now();
    const { error, end } = await runIperf(load, limit);
    const rate = end?.sum_received?.bits_per_second;
    if (error === undefined && rate !== undefined) return rate / MEGABYTE_BITS;
    const took = performance.now() - started;
    if (!isTooEarly(error ?? "", took < load.seconds * EARLY_MS))
      throw new ScriptError("BENCH_FAILED", `iperf3 on port ${load.port}: ${error ?? "no result"}`);
    await delay(BUSY_MS, undefined, { signal: limit });
  }
}

/**
 * The server serves one test at a time, and listens anew between two: the one before may still be ending. It refuses with
 * a byte that says so and closes without having read, which resets the connection: the byte may be lost.
 */
function isTooEarly(error: string, hasJustBegun: boolean): boolean {
  const refusals = ["control socket has closed", "Connection reset by peer"];
  return error.includes("busy") || (hasJustBegun && refusals.some((text) => error.includes(text)));
}

async function runIperf(load: BulkLoad, signal: AbortSignal): Promise<IperfReport> {
  const { path, env } = await unpackProgram(IPERF3);
  const { host = "127.0.0.1", port, connections, direction, seconds } = load;
  const words = ["-c", host, "-p", port, "-P", connections, "-t", seconds, "-J"].map(String);
  const argv = [path, ...words, ...(direction === "down" ? ["-R"] : [])];
  const { stdout, stderr } = await runCommand(argv, { env: { ...env }, signal });
  return stdout === "" ? { error: stderr } : (JSON.parse(stdout) as IperfReport);
}
