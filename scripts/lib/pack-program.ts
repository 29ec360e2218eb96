import { existsSync } from "node:fs";
import { cp, glob, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { ensureBundle, loadedFromOutside, type Program } from "./bundle.ts";
import { inRoot, ROOT } from "./paths.ts";

const MODULES = "node_modules/";
/** What a program finds beside its sources, beside code. */
const BESIDE: Readonly<Record<Program, readonly string[]>> = {
  "node-agent": ["node-agent/sandbox"],
  relayer: [".fizz/cluster"],
};

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Writes into a folder what a program needs to run from its bundle, and nothing else: no sources, no tools, and of the
 * packages only those that it loads from their own files.
 *
 * @returns The file to run, in that folder.
 */
export async function packProgram(program: Program, folder: string): Promise<string> {
  const main = await ensureBundle(program);
  // As deep as it was: it names packages by the way to them.
  const place = join(folder, ".fizz", "bundles", program);
  await mkdir(dirname(place), { recursive: true });
  await cp(dirname(main), place, { recursive: true });
  const packages = await neededPackages(program);
  for (const path of ["package.json", ...BESIDE[program], ...packages])
    await cp(inRoot(path), join(folder, path), { recursive: true, filter: isOfOnePackage(inRoot(path)) });
  return join(place, basename(main));
}

/** Another package inside of it is copied on its own, where it is needed. */
function isOfOnePackage(path: string): (source: string) => boolean {
  return (source) => !relative(path, source).split("/").includes("node_modules");
}

/** Folders of packages that are not in the bundle, with all that they depend on. */
export async function neededPackages(program: Program): Promise<string[]> {
  const found = new Set<string>();
  const open = [...(await importedPackages(program)), ...(await requiredByName(program))];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const { dependencies, optionalDependencies } = await readPackage(path);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const dependency = findPackage(path, name);
      // What is only needed on other machines is not installed.
      if (dependency !== undefined) open.push(dependency);
    }
  }
  return [...found].sort();
}

/** Of what the bundle imports and does not have. */
async function importedPackages(program: Program): Promise<string[]> {
  return (await loadedFromOutside(program)).flatMap((path) => {
    const at = path.lastIndexOf(MODULES);
    const [, name] = /^((?:@[^/]+\/)?[^/]+)/.exec(path.slice(at + MODULES.length)) ?? [];
    if (at < 0 || name === undefined) return [];
    return [`${path.slice(path.indexOf(MODULES), at)}${MODULES}${name}`];
  });
}

/** Dependencies that sources name where they load by `require`, which no bundler follows. */
async function requiredByName(program: Program): Promise<string[]> {
  const names = Object.keys((await readPackage(program)).dependencies ?? {});
  const found = new Set<string>();
  for await (const file of glob(inRoot(`${program}/src/**/*.ts`))) {
    const text = await readFile(file, "utf8");
    if (!text.includes("createRequire")) continue;
    for (const name of names) if (text.includes(`"${name}"`) || text.includes(`"${name}/`)) found.add(name);
  }
  return [...found].flatMap((name) => findPackage(program, name) ?? []);
}

async function readPackage(path: string): Promise<Package> {
  return JSON.parse(await readFile(inRoot(join(path, "package.json")), "utf8")) as Package;
}

/** As Node looks for it: beside the one that asks, and in each folder above. */
function findPackage(from: string, name: string): string | undefined {
  for (let folder = inRoot(from); ; folder = dirname(folder)) {
    const path = join(folder, MODULES, name);
    if (existsSync(join(path, "package.json"))) return relative(ROOT, path);
    if (relative(ROOT, folder) === "") return undefined;
  }
}
