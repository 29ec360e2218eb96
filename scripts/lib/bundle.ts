import { existsSync } from "node:fs";
import { glob, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { bundleFolder } from "./bundle-place.js";
import { waitForLock } from "./lock-file.js";
import { inRoot } from "./paths.ts";
import { runCommand } from "./run-command.ts";
import { withProgress } from "./progress.js";
import { ScriptError } from "./script-error.ts";

const LOCK_TIMEOUT_MS = 5 * 60_000;
const KEPT_MS = 24 * 3_600_000;

/** Where a source says where it is; what stands before it when it starts a thread, and the thread's name. */
const PLACE = /(?:(new Worker\(\s*new URL\("\.\/([\w-]+))\.ts", )?import\.meta\.url/g;

/** What `npm run node` and `npm run gateway` give Node. */
export const NODE_FLAGS = {
  "node-agent": ["--max-semi-space-size=8"],
  relayer: ["--max-semi-space-size=4"],
} as const;

/** The programs that run for long. */
const PROGRAMS = ["node-agent", "relayer"] as const;

export type Program = (typeof PROGRAMS)[number];

export function isProgram(name: string): name is Program {
  return (PROGRAMS as readonly string[]).includes(name);
}

/**
 * Puts the ES modules of a program into one file (docs/adr/0042-programs-run-as-one-file.md), unless that is done: Node
 * keeps some 40 KiB for each, and there are a thousand of them.
 *
 * @returns The file to run.
 * @throws ScriptError BUILD_LOCKED, BUNDLE_UNUSABLE; what esbuild says of sources that it cannot read
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
    await withProgress(`Bundling ${program}`, () => bundle(program, folder));
    await removeOld(program, folder);
    return main;
  } finally {
    release();
  }
}

async function bundle(program: Program, folder: string): Promise<void> {
  const files = [inRoot(`${program}/src/main.ts`), ...(await threadsOf(program))];
  const temporary = `${folder}.new`;
  await rm(temporary, { recursive: true, force: true });
  await build({
    entryPoints: Object.fromEntries(files.map((file) => [basename(file, ".ts"), file])),
    outdir: temporary,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // What reads the name of a class or a function finds what it finds in the sources.
    keepNames: true,
    minifyWhitespace: true,
    lineLimit: 200,
    legalComments: "none",
    logLevel: "silent",
    plugins: [commonJsStaysOutside(folder), modulesKnowTheirPlace(folder)],
  });
  await rename(temporary, folder);
  await tryOut(program, folder);
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

/** A CommonJS package is loaded from its own files, as Node does it: native code and threads are found beside them. */
function commonJsStaysOutside(folder: string): Plugin {
  const asked = "fizz-resolve";
  return {
    name: "commonjs-stays-outside",
    setup: (options) => {
      options.onResolve({ filter: /./ }, async ({ path, pluginData, ...how }) => {
        if (pluginData === asked || how.kind === "entry-point" || path.startsWith("node:")) return undefined;
        const found = await options.resolve(path, { ...how, pluginData: asked });
        if (found.errors.length > 0 || found.external || !(await isCommonJs(found.path))) return found;
        return { path: relative(folder, found.path), external: true };
      });
    },
  };
}

async function isCommonJs(path: string): Promise<boolean> {
  if (/\.(cjs|node|json)$/.test(path)) return true;
  if (!path.endsWith(".js")) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { type?: string }).type !== "module";
    if (folder === dirname(folder)) return true;
  }
}

/** `import.meta.url` goes on to say where the source is; a thread is started from the file beside the program's. */
function modulesKnowTheirPlace(folder: string): Plugin {
  return {
    name: "modules-know-their-place",
    setup: (options) => {
      options.onLoad({ filter: /\/(protocol|node-agent|relayer)\/src\/.*\.ts$/ }, async ({ path }) => {
        const place = `new URL(${JSON.stringify(relative(folder, path))}, import.meta.url).href`;
        const contents = (await readFile(path, "utf8")).replaceAll(PLACE, (_, thread?: string) =>
          thread === undefined ? place : `${thread}.js", import.meta.url`,
        );
        return { contents, loader: "ts" };
      });
    },
  };
}

/** Bundles of other sources; a program that runs one may still start a thread of it. */
async function removeOld(program: Program, folder: string): Promise<void> {
  const all = dirname(folder);
  for (const name of await readdir(all)) {
    const path = join(all, name);
    if (!name.startsWith(`${program}-`) || path === folder) continue;
    if (Date.now() - (await stat(path)).mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}
