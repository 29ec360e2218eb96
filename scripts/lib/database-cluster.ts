import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { inRoot } from "./paths.ts";
import { ensureBuilt } from "./ensure-built.ts";
import { requireCommand } from "./run-command.ts";

const PGLITE = "node_modules/@electric-sql/pglite";
/** It takes a GiB, which a process of its own gives back. */
const INITDB = `
  import { PGlite } from "@electric-sql/pglite";
  const database = await PGlite.create(process.argv[1]);
  await database.close();`;

/** Runs initdb of the embedded PostgreSQL once: a gateway's folder begins as a copy (docs/adr/0055). */
export async function ensureDatabaseCluster(): Promise<void> {
  const { version } = JSON.parse(await readFile(inRoot(`${PGLITE}/package.json`), "utf8")) as {
    version: string;
  };
  const output = `.fizz/cluster/${version}`;
  await ensureBuilt({
    name: "database-cluster",
    label: "Making an empty database",
    inputs: [`${PGLITE}/package.json`, "scripts/lib/database-cluster.ts"],
    output,
    build: () => makeCluster(inRoot(output)),
  });
}

async function makeCluster(folder: string): Promise<void> {
  const unfinished = `${folder}.new`;
  await rm(dirname(folder), { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  const argv = [process.execPath, "--input-type=module", "-e", INITDB, unfinished];
  await requireCommand("DATABASE_UNUSABLE", argv, { cwd: inRoot(".") });
  await rename(unfinished, folder);
}
