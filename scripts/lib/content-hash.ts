import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { ROOT } from "./paths.ts";

/** Hash of names and contents of the files that match, relative to the repository; order does not matter. */
export async function hashFiles(
  patterns: readonly string[],
  exclude: readonly string[] = [],
): Promise<string> {
  const names = new Set<string>();
  for await (const entry of glob([...patterns], { cwd: ROOT, exclude: [...exclude], withFileTypes: true })) {
    if (entry.isFile()) names.add(`${entry.parentPath}/${entry.name}`);
  }
  const hash = createHash("sha256");
  for (const name of [...names].sort()) {
    hash.update(name.slice(ROOT.length)).update("\0");
    hash.update(await readFile(name)).update("\0");
  }
  return hash.digest("hex");
}
