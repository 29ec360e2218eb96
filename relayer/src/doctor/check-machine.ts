import { accessSync, constants, mkdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { type Config } from "../config.ts";
import { fail, ok, type Verdict, warn } from "./verdict.ts";

/** Open files of a gateway besides public connections and doors: HTTP, the store, logs. */
const OTHER_FILES = 2_048 + 512;
const LOW_DISK_BYTES = 256n * 1024n * 1024n;
const OTHERS_MAY_READ = 0o077;
const MIB = 1024n * 1024n;

/** Open files that this process may have; undefined where the system does not say. */
export function openFileLimit(limits = readLimits()): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/** @param limit Open files that the process may have. */
export function checkOpenFiles(config: Config, limit: number | undefined): Verdict {
  const name = "open files";
  const doors = config.ports.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const most = config.maxConnections + config.maxNodes + doors + OTHER_FILES;
  const settings = `maxConnections ${config.maxConnections}, maxNodes ${config.maxNodes}, ${doors} doors`;
  if (limit === undefined)
    return warn(name, "this system does not tell its limit", `Allow ${most} open files.`);
  if (limit >= most) return ok(name, `${limit} are allowed, at most ${most} are needed (${settings})`);
  const advice = `Set LimitNOFILE=${most} in the unit, or ulimit -n ${most}; or lower maxConnections or maxNodes.`;
  const found = `${limit} are allowed, ${most} may be needed (${settings})`;
  return limit < config.maxConnections ? fail(name, found, advice) : warn(name, found, advice);
}

export function checkDataDir({ dataDir }: Config): Verdict[] {
  const name = "data folder";
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [fail(name, `${dataDir} cannot be written`, "Give it to the account that runs the gateway.")];
  }
  const { bavail, bsize } = statfsSync(dataDir, { bigint: true });
  const free = bavail * bsize;
  const verdicts = [
    free < LOW_DISK_BYTES
      ? warn(name, `${dataDir} has ${free / MIB} MiB left`, "Make room: a full disk stops the store.")
      : ok(name, `${dataDir} can be written, ${free / MIB} MiB are free`),
  ];
  if ((statSync(dataDir).mode & OTHERS_MAY_READ) !== 0)
    verdicts.push(warn(name, "other accounts may look into it", `Run: chmod 700 ${dataDir}`));
  return verdicts;
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return "";
  }
}
