import { type ReplicaUsage } from "@fizz/protocol/messages";

/** What a container has used since it started, and holds now, by the engine's clock. */
export interface ContainerUsage {
  /** Unix milliseconds. */
  readonly at: number;
  /** CPU time, in nanoseconds. */
  readonly cpuNanos: number;
  /** Without the page cache that the kernel can drop at once. */
  readonly memoryBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** From and to block devices. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Processes and threads. */
  readonly pids: number;
}

/** Nanoseconds of CPU time in a millisecond of wall time are a million of one CPU; in thousandths of it, a thousand. */
const NANOS_PER_MS_AND_MILLI_CPU = 1_000;

/** What a tenant sees of two readings, one after the other; of one, everything but the CPU's part. */
export function usageBetween(before: ContainerUsage | undefined, now: ContainerUsage): ReplicaUsage {
  return {
    milliCpu: before === undefined ? null : milliCpuBetween(before, now),
    memoryBytes: now.memoryBytes,
    receivedBytes: now.receivedBytes,
    sentBytes: now.sentBytes,
    readBytes: now.readBytes,
    writtenBytes: now.writtenBytes,
    pids: now.pids,
  };
}

/** Null where there is no interval: for two readings of one time, and across a restart, which sets the counter back. */
function milliCpuBetween(before: ContainerUsage, now: ContainerUsage): number | null {
  const [ms, nanos] = [now.at - before.at, now.cpuNanos - before.cpuNanos];
  if (ms <= 0 || nanos < 0) return null;
  return Math.round(nanos / ms / NANOS_PER_MS_AND_MILLI_CPU);
}
