import { readFile } from "node:fs/promises";

const KIB_PER_MIB = 1_024;
/** In `/proc/<pid>/stat`, after the name; in ticks. */
const [USER_TIME, SYSTEM_TIME] = [11, 12];
const MS_PER_TICK = 10;

/** Milliseconds of processor time that all threads of a process have taken so far. Linux. */
export async function processorMsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return [USER_TIME, SYSTEM_TIME].reduce((sum, at) => sum + Number(fields[at]) * MS_PER_TICK, 0);
}

/** MiB of a process that are resident. Linux. */
export async function residentMibOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN) / KIB_PER_MIB;
}
