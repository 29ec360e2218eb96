import { inRoot } from "../../scripts/lib/paths.ts";
import { ScriptError } from "../../scripts/lib/script-error.ts";
import { type Daemon, spawnDaemon } from "../../scripts/lib/spawn-daemon.ts";
import { READY } from "./processes/ready.ts";

/** What every process of a measurement is started with. */
export interface BenchContext {
  /** Folder for logs and settings. */
  readonly dir: string;
  readonly signal: AbortSignal;
}

export interface BenchProcess {
  readonly file: string;
  readonly args: readonly (string | number | object)[];
  /** Settings of Node. */
  readonly nodeArgs?: readonly string[];
  readonly readyTimeoutMs?: number;
}

let started = 0;

/** Starts a file of `bench/lib/processes`. @returns It, and what it said when it was ready. */
export async function runProcess(
  { file, args, nodeArgs = [], readyTimeoutMs = 30_000 }: BenchProcess,
  { dir, signal }: BenchContext,
): Promise<{ readonly daemon: Daemon; readonly facts: unknown }> {
  started += 1;
  const texts = args.map((value) => (typeof value === "object" ? JSON.stringify(value) : String(value)));
  const daemon = await spawnDaemon({
    name: `${file.replace(/\.ts$/, "")}-${started}`,
    argv: [process.execPath, ...nodeArgs, inRoot(`bench/lib/processes/${file}`), ...texts],
    logDir: dir,
    readyLine: new RegExp(`^${READY} `),
    readyTimeoutMs,
    graceMs: 2_000,
    signal,
  });
  const line = daemon
    .tail()
    .split("\n")
    .find((text) => text.startsWith(`${READY} `));
  if (line === undefined) throw new ScriptError("BENCH_FAILED", `${file} did not say what it serves.`);
  return { daemon, facts: JSON.parse(line.slice(READY.length)) as unknown };
}
