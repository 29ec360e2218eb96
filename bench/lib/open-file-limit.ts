import { readFile } from "node:fs/promises";

/** How many files this process and its children may open; unlimited where the system does not say. */
export async function readOpenFileLimit(): Promise<number> {
  const text = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
