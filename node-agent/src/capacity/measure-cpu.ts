import { type Measurement } from "../domain/measurement.ts";
import { SpeedThread, type Speed } from "./speed-thread.ts";

/** Most threads that compute at once; a machine with more is measured by so many. */
export const MAX_SPEED_THREADS = 256;
/** Beyond the work itself: threads start, and end what they began. Milliseconds. */
const SPARE_MS = 60_000;
/** Part of the time in which one thread computes alone. */
const ALONE_PART = 1 / 3;
const MILLI = 1_000;

export type CpuSpeed = Pick<Measurement["cpu"], "threads" | "alone" | "together" | "gotMilliCpu">;

/**
 * Works one thread, then all at once.
 *
 * @param threads At most {@link MAX_SPEED_THREADS} of them are worked.
 * @param milliseconds Of both together, more or less.
 * @throws ProtocolError CAPACITY_UNMEASURED
 */
export async function measureCpu(
  threads: number,
  milliseconds: number,
  signal: AbortSignal,
): Promise<CpuSpeed> {
  const count = Math.min(Math.max(1, threads), MAX_SPEED_THREADS);
  const workers = Array.from({ length: count }, () => new SpeedThread());
  const limit = AbortSignal.any([signal, AbortSignal.timeout(milliseconds + SPARE_MS)]);
  try {
    await Promise.all(workers.map((worker) => worker.ready(limit)));
    const [first] = workers;
    const one = first === undefined ? [] : [await first.work(milliseconds * ALONE_PART, limit)];
    const all = await Promise.all(
      workers.map(async (worker) => await worker.work(milliseconds * (1 - ALONE_PART), limit)),
    );
    const got = all.reduce((sum, { cpuMs, wallMs }) => sum + cpuMs / wallMs, 0);
    return {
      threads: count,
      alone: labelsPerSecond(one),
      together: labelsPerSecond(all),
      gotMilliCpu: Math.round(got * MILLI),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** In a second of processor time. */
function labelsPerSecond(speeds: readonly Speed[]): number {
  const labels = speeds.reduce((sum, speed) => sum + speed.labels, 0);
  const cpuMs = speeds.reduce((sum, speed) => sum + speed.cpuMs, 0);
  return cpuMs <= 0 ? 0 : Math.round((labels * MILLI) / cpuMs);
}
