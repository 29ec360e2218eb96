/** Adds the builds for other platforms to package-lock.json that npm left out. Run it after `npm install`. */
import { readFile, writeFile } from "node:fs/promises";
import { findMissingOptional, type LockPackages } from "./lib/lock-completeness.ts";
import { inRoot } from "./lib/paths.ts";

const SYSTEMS = ["darwin", "linux", "win32", "freebsd", "android", "openharmony"];
const PROCESSORS = ["arm64", "x64", "amd64", "arm", "ppc64", "riscv64", "s390x", "ia32", "wasm32"];
const FILE = inRoot("package-lock.json");

/** Platform packages carry their platform in their name. */
function platformOf(name: string): { cpu?: string[]; os?: string[] } {
  const os = SYSTEMS.find((system) => name.includes(system));
  const cpu = PROCESSORS.find((processor) => name.includes(processor));
  return {
    ...(cpu === undefined ? {} : { cpu: [cpu === "amd64" ? "x64" : cpu] }),
    ...(os === undefined ? {} : { os: [os] }),
  };
}

const lock = JSON.parse(await readFile(FILE, "utf8")) as { packages: LockPackages };
const missing = findMissingOptional(lock.packages);
const added = missing.map(({ name, version, dev }) => {
  const entry = { version, ...(dev ? { dev } : {}), optional: true, ...platformOf(name) };
  return [`node_modules/${name}`, entry] as const;
});
const sorted = [...Object.entries(lock.packages), ...added].sort(([a], [b]) => a.localeCompare(b, "en"));
await writeFile(
  FILE,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries<object>(sorted) }, undefined, 2)}\n`,
);
process.stdout.write(`added ${added.length} entries to package-lock.json\n`);
