/** Text of a file of the kernel; undefined when there is none, or it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** What the control groups of this process, and those above them that it sees, leave of the machine. */
export interface CgroupLimits {
  /** Thousandths of a CPU; undefined without a quota. */
  readonly milliCpu: number | undefined;
  /** Bytes; undefined without a limit. */
  readonly memoryBytes: number | undefined;
  /** Bytes below the tightest limit that are free, or given free at once; undefined without a limit. */
  readonly freeBytes: number | undefined;
}

/** Names of the files of one version of control groups. */
interface Version {
  readonly quotaOf: (read: ReadText) => number | undefined;
  readonly limit: string;
  readonly used: string;
  /** In `memory.stat`: page cache that the kernel drops at once. */
  readonly droppable: string;
}

interface Mount {
  /** Folder of the hierarchy that is mounted. */
  readonly root: string;
  readonly point: string;
}

/** Deepest nesting that is looked at. */
const MAX_DEPTH = 64;
const MILLI = 1_000;
/** Version 1 writes its lack of a limit as the largest multiple of a page. */
const NO_LIMIT = 2 ** 60;

const V2: Version = {
  quotaOf: (read) => {
    const [quota, period] = (read("cpu.max") ?? "").trim().split(" ").map(Number);
    return shareOf(quota, period);
  },
  limit: "memory.max",
  used: "memory.current",
  droppable: "inactive_file",
};
const V1: Version = {
  quotaOf: (read) => shareOf(numberIn(read("cpu.cfs_quota_us")), numberIn(read("cpu.cfs_period_us"))),
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  droppable: "total_inactive_file",
};

/** Reads both versions, also side by side. A system without control groups has no limits. */
export function cgroupLimits(read: ReadText): CgroupLimits {
  const cpu = foldersOf("cpu", read);
  const memory = foldersOf("memory", read);
  const inFolder =
    (folder: string): ReadText =>
    (name) =>
      read(`${folder}/${name}`);
  const rooms = memory.folders.map((folder) => roomOf(memory.version, inFolder(folder)));
  return {
    milliCpu: least(cpu.folders.map((folder) => cpu.version.quotaOf(inFolder(folder)))),
    memoryBytes: least(rooms.map((room) => room?.limit)),
    freeBytes: least(rooms.map((room) => room?.free)),
  };
}

/** Folders of the process's group and of those above it, from within outwards. */
function foldersOf(
  controller: "cpu" | "memory",
  read: ReadText,
): { readonly version: Version; readonly folders: string[] } {
  const groups = (read("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"));
  const mounts = (read("/proc/self/mountinfo") ?? "").split("\n");
  const first = groups.find(([, names = ""]) => names.split(",").includes(controller));
  const [version, group] = first === undefined ? [V2, groups.find(([id]) => id === "0")] : [V1, first];
  const mount = mountOf(mounts, version === V1 ? controller : undefined);
  if (group === undefined || mount === undefined) return { version, folders: [] };
  return { version, folders: upwards(mount, group.slice(2).join(":")) };
}

/** @param controller Of version 1; undefined for version 2. */
function mountOf(lines: readonly string[], controller: string | undefined): Mount | undefined {
  for (const line of lines) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root = "", point = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    const isIt =
      controller === undefined
        ? type === "cgroup2"
        : type === "cgroup" && options.split(",").includes(controller);
    if (isIt) return { root, point };
  }
  return undefined;
}

function upwards({ root, point }: Mount, path: string): string[] {
  const base = root === "/" ? "" : root;
  // In a container with no namespace of groups of its own, the mount shows less than the path names.
  const inside = path === base || path.startsWith(`${base}/`) ? path.slice(base.length) : "";
  const parts = inside.split("/").filter((part) => part !== "");
  if (parts.length > MAX_DEPTH || parts.includes("..")) return [point];
  return Array.from({ length: parts.length + 1 }, (_, up) =>
    [point, ...parts.slice(0, parts.length - up)].join("/"),
  );
}

function roomOf(
  version: Version,
  read: ReadText,
): { readonly limit: number; readonly free: number } | undefined {
  const limit = numberIn(read(version.limit));
  if (limit === undefined || limit >= NO_LIMIT) return undefined;
  const used = numberIn(read(version.used)) ?? 0;
  const line = (read("memory.stat") ?? "")
    .split("\n")
    .find((each) => each.startsWith(`${version.droppable} `));
  const droppable = numberIn(line?.split(" ")[1]) ?? 0;
  return { limit, free: Math.max(0, limit - Math.max(0, used - droppable)) };
}

function shareOf(quota: number | undefined, period: number | undefined): number | undefined {
  if (quota === undefined || period === undefined) return undefined;
  return quota > 0 && period > 0 ? Math.max(1, Math.floor((quota * MILLI) / period)) : undefined;
}

/** Undefined for `max`, for what is no number, and for nothing. */
function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text.trim()) ? Number(text) : undefined;
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
