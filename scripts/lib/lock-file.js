// Plain JavaScript: the bootstrap uses it under Node 20, before anything is installed.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const POLL_MS = 100;

/** Whether a process with this id exists, ours to signal or not. */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function ownerOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Removes a lock whose owner is gone. The rename makes sure that only one of several waiters does it. */
function breakStale(path) {
  const owner = ownerOf(path);
  if (owner === undefined || owner === "" || isAlive(Number(owner))) return;
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    // Somebody else may have broken it and taken it between the two lines above: give it back.
    if (ownerOf(aside) === owner) rmSync(aside, { force: true });
    else renameSync(aside, path);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

/** Takes the lock at once, or returns undefined when a living process holds it. */
export function tryLock(path) {
  breakStale(path);
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
  } catch (error) {
    if (error.code === "EEXIST") return undefined;
    throw error;
  }
  let held = true;
  return () => {
    if (held) rmSync(path, { force: true });
    held = false;
  };
}

/** Waits for the lock; `onWait` is called once when somebody else holds it. Returns undefined after `timeoutMs`. */
export async function waitForLock(path, { timeoutMs, onWait }) {
  const end = Date.now() + timeoutMs;
  let told = false;
  for (;;) {
    const release = tryLock(path);
    if (release !== undefined) return release;
    if (!told) onWait?.(ownerOf(path));
    told = true;
    if (Date.now() > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
