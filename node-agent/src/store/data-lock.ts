import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { storeFailed } from "./atomic-file.ts";

/**
 * One agent per data directory: two would start containers twice.
 *
 * @returns A function that gives the directory free.
 * @throws ProtocolError REQUIREMENT_MISSING when a living process has it
 */
export function lockDataDir(dataDir: string): () => void {
  const path = join(dataDir, "agent.lock");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!tryCreate(path)) {
    const owner = Number(readFileSync(path, "utf8").trim());
    if (isAlive(owner)) {
      const message = `Another agent (process ${owner}) uses ${dataDir}. Stop it, or set FIZZ_NODE_DATA_DIR.`;
      throw new ProtocolError("REQUIREMENT_MISSING", message);
    }
    rmSync(path, { force: true });
    if (!tryCreate(path))
      throw new ProtocolError("REQUIREMENT_MISSING", `Another agent just took ${dataDir}.`);
  }
  return () => {
    rmSync(path, { force: true });
  };
}

function tryCreate(path: string): boolean {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, `${process.pid}\n`);
    closeSync(file);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw storeFailed(`${path} cannot be written.`, cause);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
