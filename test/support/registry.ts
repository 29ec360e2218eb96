import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cleanup } from "../../scripts/lib/cleanup.ts";
import { findProgram, REGISTRY } from "../../scripts/lib/ensure-program.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { spawnDaemon } from "../../scripts/lib/spawn-daemon.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";

/** Whether Debian's docker-registry is installed. */
export function hasRegistry(): boolean {
  return findProgram(REGISTRY) !== undefined;
}

/** A real, empty image registry on loopback; gives its `host:port`. */
export async function startRegistry(cleanup: Cleanup): Promise<string> {
  const program = findProgram(REGISTRY) ?? "docker-registry";
  const dir = cleanup.use("registry's folder", await createTempDir("registry"));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(dir.path, "config.yml");
  const storage = `storage: {filesystem: {rootdirectory: ${dir.path}/data}}`;
  await writeFile(config, `version: 0.1\nlog: {level: error}\n${storage}\nhttp: {addr: "${host}"}\n`);
  const daemon = await spawnDaemon({
    name: "registry",
    argv: [program, "serve", config],
    logDir: dir.path,
    readyProbe: async () => (await fetch(`http://${host}/v2/`)).ok,
  });
  cleanup.use("registry", daemon);
  return host;
}
