/** What Linux says of a process, under `/proc/PID`. */
export interface ProcessFiles {
  readonly status: string;
  readonly cgroup: string;
  readonly stat: string;
  /** Of the engine, whole. */
  readonly containerId: string;
}

/** A process as its own container sees it. */
export interface ProcessPlace {
  readonly pid: number;
  /** Clock ticks since the machine started: with the number, it names one process for good. */
  readonly startedAt: string;
}

/** Field 22 of `stat`, counted behind the name, which may hold anything. */
const START_FIELD = 22 - 3;

/**
 * Where a process stands in the process namespace of its container (proc(5): the last number of `NSpid`).
 *
 * @returns Undefined for a process of another container or of none: this machine is not the engine's then.
 */
export function placeOfProcess(files: ProcessFiles): ProcessPlace | undefined {
  if (!files.cgroup.includes(files.containerId)) return undefined;
  const pid = innermost(files.status);
  const startedAt = files.stat.slice(files.stat.lastIndexOf(")") + 2).split(" ")[START_FIELD];
  return pid === undefined || startedAt === undefined ? undefined : { pid, startedAt };
}

/** The first process of a container is its own program; one number alone means no namespace of its own. */
function innermost(status: string): number | undefined {
  const numbers = /^NSpid:([\d\s]+)$/m.exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  const pid = numbers.at(-1);
  return numbers.length > 1 && pid !== undefined && pid > 1 ? pid : undefined;
}
