import { existsSync, readFileSync } from "node:fs";
import { cp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What initdb makes, made once for all gateways by `scripts/lib/database-cluster.ts`, of each version in a folder. */
const CLUSTERS = fileURLToPath(new URL("../../../.fizz/cluster/", import.meta.url));

/**
 * The folder of the embedded PostgreSQL within a gateway's. Where there is none, a cluster that was made before is
 * copied: initdb takes a GiB of memory and ten times as long (docs/adr/0055). Without one PGlite runs it.
 *
 * @param directory Folder that this process alone uses.
 */
export async function databaseFolder(directory: string): Promise<string> {
  const folder = join(directory, "pglite");
  if (existsSync(folder)) return folder;
  const cluster = join(CLUSTERS, pgliteVersion());
  if (!existsSync(cluster)) return folder;
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  try {
    await cp(cluster, unfinished, { recursive: true });
    await rename(unfinished, folder);
  } catch {
    // Whoever made it may have kept it from others: then it is made anew, or fails with what PGlite says.
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** A cluster of another version may not be one that this PostgreSQL can read. */
function pgliteVersion(): string {
  const main = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const { version } = JSON.parse(readFileSync(join(dirname(main), "../package.json"), "utf8")) as {
    version: string;
  };
  return version;
}
