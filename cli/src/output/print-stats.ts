import { type ReplicaStats } from "@fizz/protocol/messages";
import { showBytes } from "./format.ts";
import { formatTable } from "./table.ts";

const HEADING = ["SERVICE", "CPU", "MEMORY", "NET IN / OUT", "DISK READ / WRITTEN", "PIDS", "RESTARTS"];
const NOT_KNOWN = "-";
const PERCENT = 100;
const MILLI = 1_000;

/** A table of what containers use, against what they may. */
export function formatStats(replicas: readonly ReplicaStats[]): string {
  return formatTable(HEADING, replicas.map(rowOf));
}

function rowOf({ service, replica, restarts, limits, usage }: ReplicaStats): string[] {
  const name = `${service}-${replica}`;
  if (usage === null) return [name, "not running", ...Array<string>(4).fill(NOT_KNOWN), `${restarts}`];
  const { milliCpu, memoryBytes, receivedBytes, sentBytes, readBytes, writtenBytes, pids } = usage;
  const cpu = milliCpu === null ? NOT_KNOWN : shareOf(milliCpu, limits.milliCpu);
  return [
    name,
    `${cpu} of ${limits.milliCpu / MILLI}`,
    `${showBytes(memoryBytes)} of ${showBytes(limits.memoryBytes)} (${shareOf(memoryBytes, limits.memoryBytes)})`,
    `${showBytes(receivedBytes)} / ${showBytes(sentBytes)}`,
    `${showBytes(readBytes)} / ${showBytes(writtenBytes)}`,
    `${pids}`,
    `${restarts}`,
  ];
}

function shareOf(used: number, limit: number): string {
  return limit === 0 ? NOT_KNOWN : `${((used / limit) * PERCENT).toFixed(1)}%`;
}
