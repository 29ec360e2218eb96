import { cgroupLimits, type ReadText } from "./cgroup-limits.ts";

/** What this process can have of the machine. */
export interface MachineLimits {
  /** Threads of the CPU that it may run on. */
  readonly threads: number;
  /** Thousandths of a CPU: all of these threads, or the quota of a control group. */
  readonly milliCpu: number;
  /** Of the machine, or the limit of a control group. */
  readonly memoryMiB: number;
  /** Of that, what could be taken now. */
  readonly freeMemoryMiB: number;
}

/** By the word of the runtime, where the kernel has no such files. */
export interface KnownMachine {
  readonly threads: number;
  readonly memoryBytes: number;
  readonly freeBytes: number;
}

const MILLI = 1_000;
const KIB = 1_024;
const MIB = 1_024 ** 2;

/** Reads what Linux tells, and what control groups leave of it; elsewhere what the runtime knows. */
export function machineLimits(read: ReadText, known: KnownMachine): MachineLimits {
  const groups = cgroupLimits(read);
  const threads = countOf(fieldOf(read("/proc/self/status"), "Cpus_allowed_list")) ?? known.threads;
  const memory = read("/proc/meminfo");
  const total = kibibytesOf(fieldOf(memory, "MemTotal")) ?? known.memoryBytes;
  const available = kibibytesOf(fieldOf(memory, "MemAvailable")) ?? known.freeBytes;
  const whole = threads * MILLI;
  return {
    threads,
    milliCpu: Math.min(whole, groups.milliCpu ?? whole),
    memoryMiB: Math.floor(Math.min(total, groups.memoryBytes ?? total) / MIB),
    freeMemoryMiB: Math.floor(Math.min(available, groups.freeBytes ?? available) / MIB),
  };
}

function fieldOf(text: string | undefined, name: string): string | undefined {
  const line = (text ?? "").split("\n").find((each) => each.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** @param list Such as `0-3,8`. */
function countOf(list: string | undefined): number | undefined {
  if (list === undefined || !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list)) return undefined;
  return list
    .split(",")
    .map((part) => part.split("-").map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + Math.max(0, last - first + 1), 0);
}

function kibibytesOf(text: string | undefined): number | undefined {
  const match = /^(\d+) kB$/.exec(text ?? "");
  return match === null ? undefined : Number(match[1]) * KIB;
}
