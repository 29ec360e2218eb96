import { median } from "../../bench.ts";
import { type ProcessFigures } from "../processes/figures.ts";
import { type ResourceLog } from "./resource-log.ts";

/** Part of the time in which caches and heaps find their size. */
const WARM_UP = 0.25;
/** Timers may come and go with heartbeats: more than these few are a leak. */
const TIMER_SLACK = 4;
const MIB = 1024 * 1024;

export interface SoakVerdict {
  readonly failures: readonly string[];
  readonly notes: readonly string[];
}

/** Nothing may be left of the traffic, and memory may not grow while it goes on. */
export async function judgeSoak(
  log: ResourceLog,
  maxGrowth: number,
  signal: AbortSignal,
): Promise<SoakVerdict> {
  const failures: string[] = [];
  const notes: string[] = [];
  const after = await log.read(signal);
  for (const name of log.names) {
    const [before, now] = [log.baselineOf(name), after[name]];
    if (before === undefined || now === undefined) continue;
    failures.push(...leaksOf(name, before, now));
    const growth = growthOf(log.rssOf(name));
    const text = `${name}: ${(growth.first / MIB).toFixed(0)} MiB in the first third, ${(growth.last / MIB).toFixed(0)} in the last`;
    notes.push(text);
    if (growth.last > growth.first * (1 + maxGrowth)) failures.push(`memory grows: ${text}`);
  }
  return { failures, notes };
}

function leaksOf(name: string, before: ProcessFigures, after: ProcessFigures): string[] {
  const kinds = new Set([...Object.keys(before.resources), ...Object.keys(after.resources)]);
  const resources = [...kinds].flatMap((kind) => {
    const [was, is] = [before.resources[kind] ?? 0, after.resources[kind] ?? 0];
    const slack = kind === "Timeout" || kind === "Immediate" ? TIMER_SLACK : 0;
    return is > was + slack ? [`${name} holds ${is} of ${kind}, ${was} before`] : [];
  });
  const counts = Object.entries(after.counts).flatMap(([kind, is]) => {
    const was = before.counts[kind] ?? 0;
    return is > was ? [`${name} counts ${is} ${kind}, ${was} before`] : [];
  });
  return [...resources, ...counts];
}

/** Medians of the first and the last third after the warm-up. */
function growthOf(values: readonly number[]): { first: number; last: number } {
  const warm = values.slice(Math.floor(values.length * WARM_UP));
  const third = Math.max(1, Math.floor(warm.length / 3));
  return { first: median(warm.slice(0, third)), last: median(warm.slice(-third)) };
}
