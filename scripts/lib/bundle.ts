import { existsSync } from "node:fs";
import { glob, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { build, type BuildOptions, type Metafile } from "esbuild";
import { commonJsStaysOutside, modulesKnowTheirPlace, PLACE } from "./bundle-plugins.ts";
import { bundleFolder } from "./bundle-place.js";
import { ensureDatabaseCluster } from "./database-cluster.ts";
import { waitForLock } from "./lock-file.js";
import { inRoot } from "./paths.ts";
import { runCommand } from "./run-command.ts";
import { withProgress } from "./progress.js";
import { ScriptError } from "./script-error.ts";

const LOCK_TIMEOUT_MS = 5 * 60_000;
const KEPT_MS = 24 * 3_600_000;

/** What `npm run node` and `npm run gateway` give Node: docs/adr/0056-what-is-over-dies-young.md. */
export const NODE_FLAGS = {
  "node-agent": ["--max-semi-space-size=8", "--no-allocation-site-pretenuring"],
  relayer: ["--max-semi-space-size=4", "--initial-old-space-size=128", "--no-allocation-site-pretenuring"],
} as const;

/** The programs that run for long. */
const PROGRAMS = ["node-agent", "relayer"] as const;

export type Program = (typeof PROGRAMS)[number];

/** Its sources that are started as processes; threads are found by themselves. */
const ENTRIES = { "node-agent": ["main", "reach-main"], relayer: ["main"] } as const;

export function isProgram(name: string): name is Program {
  return (PROGRAMS as readonly string[]).includes(name);
}

/**
 * Puts the ES modules of a program into one file (docs/adr/0042-programs-run-as-one-file.md), unless that is done: Node
 * keeps some 40 KiB for each, and there are a thousand of them.
 *
 * @returns The file to run.
 * @throws ScriptError BUILD_LOCKED, BUNDLE_UNUSABLE, DATABASE_UNUSABLE; what esbuild says of sources that it cannot read
 */
export async function ensureBundle(program: Program): Promise<string> {
  const folder = bundleFolder(program);
  const main = join(folder, "main.js");
  if (existsSync(main)) return main;
  await mkdir(dirname(folder), { recursive: true });
  const release = await waitForLock(`${dirname(folder)}/${program}.lock`, { timeoutMs: LOCK_TIMEOUT_MS });
  if (release === undefined)
    throw new ScriptError("BUILD_LOCKED", `Another build of ${program} does not end.`);
  try {
    if (existsSync(main)) return main;
    if (program === "relayer") await ensureDatabaseCluster();
    await withProgress(`Bundling ${program}`, () => bundle(program, folder));
    await removeOld(program, folder);
    return main;
  } finally {
    release();
  }
}

async function bundle(program: Program, folder: string): Promise<void> {
  const temporary = `${folder}.new`;
  await rm(temporary, { recursive: true, force: true });
  const { metafile } = await build({
    ...(await optionsOf(program, folder)),
    outdir: temporary,
    metafile: true,
  });
  await writeFile(outsideFile(folder), JSON.stringify(outsideOf(metafile)));
  await rename(temporary, folder);
  await tryOut(program, folder);
}

/** Files that a program's bundle loads and does not have, paths as seen from its folder. It is made where there is none. */
export async function loadedFromOutside(program: Program): Promise<string[]> {
  const folder = dirname(await ensureBundle(program));
  return JSON.parse(await readFile(outsideFile(folder), "utf8")) as string[];
}

function outsideOf({ outputs }: Metafile): string[] {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const paths = imports.flatMap(({ path, external }) => (external === true ? [path] : []));
  return [...new Set(paths)].sort();
}

/** Beside the folder: in it are the program's own files alone. */
function outsideFile(folder: string): string {
  return `${folder}.outside.json`;
}

async function optionsOf(program: Program, folder: string): Promise<BuildOptions> {
  const entries = ENTRIES[program].map((name) => inRoot(`${program}/src/${name}.ts`));
  const files = [...entries, ...(await threadsOf(program))];
  return {
    absWorkingDir: inRoot("."),
    entryPoints: Object.fromEntries(files.map((file) => [basename(file, ".ts"), file])),
    bundle: true,
    platform: "node",
    mainFields: ["module", "main"],
    target: "node24",
    format: "esm",
    // What reads the name of a class or a function finds what it finds in the sources.
    keepNames: true,
    minifyWhitespace: true,
    lineLimit: 200,
    legalComments: "none",
    logLevel: "silent",
    plugins: [commonJsStaysOutside(folder), modulesKnowTheirPlace(folder)],
  };
}

/** Runs it, which also compiles it into the cache of compiled scripts: a start without takes some 25 MiB more. */
async function tryOut(program: Program, folder: string): Promise<void> {
  const argv = [process.execPath, ...NODE_FLAGS[program], join(folder, "main.js"), "--version"];
  const { status, stderr } = await runCommand(argv);
  if (status === 0) return;
  await rm(folder, { recursive: true, force: true });
  throw new ScriptError("BUNDLE_UNUSABLE", `The bundle of ${program} does not run.`, { details: stderr });
}

async function threadsOf(program: Program): Promise<string[]> {
  const found = new Set<string>();
  for await (const file of glob(inRoot(`${program}/src/**/*.ts`)))
    for (const [, , name] of (await readFile(file, "utf8")).matchAll(PLACE))
      if (name !== undefined) found.add(join(dirname(file), `${name}.ts`));
  return [...found];
}

/** Bundles of other sources; a program that runs one may still start a thread of it. */
async function removeOld(program: Program, folder: string): Promise<void> {
  const all = dirname(folder);
  for (const name of await readdir(all)) {
    const path = join(all, name);
    if (!name.startsWith(`${program}-`) || path.startsWith(folder)) continue;
    if (Date.now() - (await stat(path)).mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}
