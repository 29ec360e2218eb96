import { closeSync, openSync, readSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { type MachineLimits, machineLimits } from "./domain/machine-limits.ts";

/** What is read of a file of the kernel, in bytes. */
const MAX_TEXT = 1_024 ** 2;

/** What this process can have of the machine now. Node.js itself sees no limit of a group above its own. */
export function ownLimits(): MachineLimits {
  const known = { threads: availableParallelism(), memoryBytes: totalmem(), freeBytes: freemem() };
  return machineLimits(readText, known);
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
