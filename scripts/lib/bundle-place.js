// Plain JavaScript without dependencies: what starts a program must not itself need memory.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HASH_CHARS = 16;

/** The folder of a program's bundle: its name tells the sources it was made of, so that it is never of others. */
export function bundleFolder(program) {
  const patterns = [
    `${program}/src/**/*.ts`,
    "protocol/src/**/*.ts",
    "scripts/lib/bundle*",
    "package-lock.json",
  ];
  const hash = createHash("sha256");
  for (const name of globSync(patterns, { cwd: ROOT }).sort())
    hash
      .update(name)
      .update("\0")
      .update(readFileSync(join(ROOT, name)))
      .update("\0");
  return join(ROOT, ".fizz", "bundles", `${program}-${hash.digest("hex").slice(0, HASH_CHARS)}`);
}
