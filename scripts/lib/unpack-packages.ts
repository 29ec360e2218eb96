import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

const APT = "/usr/bin/apt-get";

/** Unpacks packages of Debian's archive below `folder`, installing nothing. Undefined where they cannot be had. */
export async function unpackPackages(names: readonly string[], folder: string): Promise<string | undefined> {
  if (!existsSync(APT)) return undefined;
  const packages = join(folder, "packages");
  const unpacked = join(folder, "unpacked");
  await mkdir(packages);
  const download = [APT, "download", ...names];
  let result = await runCommand(download, { cwd: packages });
  if (result.status !== 0 && process.getuid?.() === 0) {
    await runCommand([APT, "update"]);
    result = await runCommand(download, { cwd: packages });
  }
  if (result.status !== 0) return undefined;
  for (const name of await readdir(packages)) {
    const { status } = await runCommand(["dpkg-deb", "-x", join(packages, name), unpacked]);
    if (status !== 0) return undefined;
  }
  return unpacked;
}
