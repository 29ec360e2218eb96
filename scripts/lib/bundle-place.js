// Plain JavaScript without dependencies: what starts a program must not itself need memory.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HASH_CHARS = 16;

/** The folder of a program's bundle: its name tells the sources it was made of, so that it is never of others. */
export function bundleFolder(program) {
  const hash = createHash("sha256");
  for (const name of sourcesOf(program))
    hash
      .update(name)
      .update("\0")
      .update(readFileSync(join(ROOT, name)))
      .update("\0");
  return join(ROOT, ".fizz", "bundles", `${program}-${hash.digest("hex").slice(0, HASH_CHARS)}`);
}

/** Sorted. By listing folders: Node's glob takes ten times as long, and this stands before every start. */
function sourcesOf(program) {
  const sources = [`${program}/src`, "protocol/src"].flatMap((folder) =>
    namesIn(folder, { recursive: true }).filter((name) => name.endsWith(".ts")),
  );
  const makers = namesIn("scripts/lib").filter((name) => name.startsWith("scripts/lib/bundle"));
  return [...sources, ...makers, "package-lock.json"].sort();
}

function namesIn(folder, options) {
  return readdirSync(join(ROOT, folder), options).map((name) => `${folder}/${name}`);
}
