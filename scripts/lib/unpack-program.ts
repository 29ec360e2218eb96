import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { inRoot } from "./paths.ts";
import { withProgress } from "./progress.js";
import { runCommand } from "./run-command.ts";
import { ScriptError } from "./script-error.ts";

/** Where unpacked packages are kept between runs. */
const KEPT_IN = inRoot(".fizz/programs");
const APT = "/usr/bin/apt-get";

/** A program of Debian that tests and measurements run, and that the machine itself does not need. */
export interface DebianProgram {
  /** Path in the package, without the slash in front. */
  readonly path: string;
  /** Debian's packages; what they depend on comes with them. */
  readonly packages: readonly string[];
}

/** Where a program is, and what its environment must say so that it finds its libraries. */
export interface UnpackedProgram {
  readonly path: string;
  /** Folder that stands for `/`. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The machine's own program, or else Debian's, unpacked into `.fizz/programs`. Nothing is installed: a package of a
 * server would start it, on its usual port, for everybody.
 *
 * @throws ScriptError PROGRAM_MISSING when Debian's archive cannot be reached or the machine is none of Debian's.
 */
export async function unpackProgram({ path, packages }: DebianProgram): Promise<UnpackedProgram> {
  if (existsSync(join("/", path))) return { path: join("/", path), root: "/", env: {} };
  const root = join(KEPT_IN, packages.join("+"));
  if (!existsSync(root))
    await withProgress(`Fetching ${packages.join(", ")} from Debian`, () => fetchInto(root, packages));
  const program = join(root, path);
  if (!existsSync(program)) throw missing(packages, `There is no ${path} in these packages.`);
  return { path: program, root, env: { LD_LIBRARY_PATH: (await libraryFolders(root)).join(":") } };
}

/** Downloads the packages with what they lack on this machine, and unpacks all of it. */
async function fetchInto(root: string, packages: readonly string[]): Promise<void> {
  const work = `${root}.${process.pid}`;
  const archives = join(work, "archives");
  const unpacked = join(work, "root");
  try {
    await mkdir(join(archives, "partial"), { recursive: true });
    await mkdir(unpacked);
    await download(archives, packages);
    for (const file of await readdir(archives)) {
      if (!file.endsWith(".deb")) continue;
      const { status, stderr } = await runCommand(["dpkg-deb", "-x", join(archives, file), unpacked]);
      if (status !== 0) throw missing(packages, stderr);
    }
    await rename(unpacked, root).catch((error: unknown) => {
      // Another process was faster.
      if (!existsSync(root)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(archives: string, packages: readonly string[]): Promise<void> {
  if (!existsSync(APT)) throw missing(packages, "There is no apt-get.");
  const options = ["-o", "Debug::NoLocking=1", "-o", `Dir::Cache::archives=${archives}`];
  const argv = [APT, ...options, "install", "-y", "--no-install-recommends", "--download-only", ...packages];
  const first = await runCommand(argv);
  if (first.status === 0) return;
  // The package lists are missing, or older than the archive.
  if (process.getuid?.() === 0) await runCommand([APT, "-o", "DPkg::Lock::Timeout=300", "update"]);
  const second = await runCommand(argv);
  if (second.status !== 0) throw missing(packages, second.stderr);
}

async function libraryFolders(root: string): Promise<string[]> {
  const folders = ["lib", "usr/lib"]
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder));
  const below = folders.map(async (folder) =>
    (await readdir(folder)).filter((name) => name.includes("-linux-")).map((name) => join(folder, name)),
  );
  return (await Promise.all(below)).flat();
}

function missing(packages: readonly string[], details: string): ScriptError {
  const line = `sudo apt-get install ${packages.join(" ")}`;
  return new ScriptError("PROGRAM_MISSING", `A program is missing here. On Debian or Ubuntu: ${line}`, {
    details,
  });
}
