import { inRoot } from "../../../scripts/lib/paths.ts";
import { requireCommand } from "../../../scripts/lib/run-command.ts";
import { type PingInit, type PingResult } from "../processes/plans.ts";

const GRACE_MS = 20_000;

/** Small messages from a process of their own. */
export async function measurePing(init: PingInit, signal: AbortSignal): Promise<PingResult> {
  const argv = [process.execPath, inRoot("bench/lib/processes/ping.ts"), JSON.stringify(init)];
  const limit = AbortSignal.any([signal, AbortSignal.timeout(init.seconds * 1_000 + GRACE_MS)]);
  const { stdout } = await requireCommand("BENCH_FAILED", argv, { signal: limit });
  return JSON.parse(stdout) as PingResult;
}
