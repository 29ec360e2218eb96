import { closeSync, openSync, readSync, statfsSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { type MachineLimits, machineLimits } from "./domain/machine-limits.ts";

/** What is read of a file of the kernel, in bytes. */
const MAX_TEXT = 1_024 ** 2;

/** What this process can have of the machine now. Node.js itself sees no limit of a group above its own. */
export function ownLimits(): MachineLimits {
  const known = { threads: availableParallelism(), memoryBytes: totalmem(), freeBytes: freemem() };
  return machineLimits(readText, known);
}

/** The file system of a folder, in bytes; free is what this account may still write. @throws the system's error where there is no such folder */
export function ownDisk(folder: string): { readonly totalBytes: bigint; readonly freeBytes: bigint } {
  const { blocks, bavail, bsize } = statfsSync(folder, { bigint: true });
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** Files of the kernel have no size of their own. */
function readText(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const bytes = Buffer.alloc(MAX_TEXT);
    let length = 0;
    for (;;) {
      const more = readSync(file, bytes, length, MAX_TEXT - length, null);
      length += more;
      if (more === 0 || length === MAX_TEXT) return bytes.toString("utf8", 0, length);
    }
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
