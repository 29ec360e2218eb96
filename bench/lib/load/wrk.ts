import { requireCommand } from "../../../scripts/lib/run-command.ts";
import { ScriptError } from "../../../scripts/lib/script-error.ts";
import { unpackProgram, WRK } from "../programs.ts";

const GRACE_MS = 20_000;
const MS_OF: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

export interface RequestLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: readonly string[];
  /** Script for wrk. */
  readonly script?: string;
  /** Arguments of the script. */
  readonly args?: readonly (string | number)[];
}

export interface RequestRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One thread of wrk. Answers that are none, or not 200, are a failure. */
export async function measureRequests(load: RequestLoad, signal: AbortSignal): Promise<RequestRate> {
  const { path, env } = await unpackProgram(WRK);
  const { url, connections, seconds, headers = [], script, args = [] } = load;
  const words = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "--timeout", "10s"];
  const argv = [path, ...words, ...headers.flatMap((line) => ["-H", line])];
  if (script !== undefined) argv.push("-s", script);
  argv.push(url, "--", ...args.map(String));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000 + GRACE_MS)]);
  const { stdout } = await requireCommand("BENCH_FAILED", argv, { env: { ...env }, signal: limit });
  return readWrk(stdout);
}

/** Reads what wrk prints. @throws ScriptError BENCH_FAILED when answers failed */
export function readWrk(text: string): RequestRate {
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0);
  const failed = /Socket errors:.*|Non-2xx.*/.exec(text)?.[0];
  if (failed !== undefined || perSecond === 0)
    throw new ScriptError("BENCH_FAILED", `wrk: ${failed ?? "no answer"}`, { details: text });
  return { perSecond, p50Ms: latency(text, 50), p99Ms: latency(text, 99) };
}

function latency(text: string, share: number): number {
  const found = new RegExp(`^\\s+${share}%\\s+([\\d.]+)(us|ms|s)`, "m").exec(text);
  return Number(found?.[1] ?? Number.NaN) * (MS_OF[found?.[2] ?? ""] ?? Number.NaN);
}
